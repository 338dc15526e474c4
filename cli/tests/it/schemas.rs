//! Every JSON document that a test sees is held against the published schema of its kind.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jsonschema::Validator;
use kr::schemas;
use kr::tree;
use serde_json::Value;

use super::kr;

/// Panics when `stdout` is a document that its schema does not describe; anything else passes.
///
/// `run_in` calls this for every command of every test.
pub(crate) fn hold(stdout: &str, args: &[&str]) {
    static VALIDATORS: OnceLock<BTreeMap<&str, Validator>> = OnceLock::new();
    let Ok(document) = serde_json::from_str::<Value>(stdout) else { return };
    let Some(kind) = document.get("kind").and_then(Value::as_str) else { return };
    let validators = VALIDATORS.get_or_init(|| {
        let validator = |published: &&schemas::Published| {
            let schema = published.schema();
            let validator = jsonschema::validator_for(&schema);
            (published.kind, validator.unwrap_or_else(|error| panic!("{}: {error}", published.kind)))
        };
        schemas::all().iter().map(validator).collect()
    });
    // What nobody publishes fails in `every_command_with_a_form_of_output_publishes_its_schema`.
    let Some(validator) = validators.get(kind) else { return };
    let wrong: Vec<String> =
        validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{args:?} prints what the schema of {kind} does not describe: {wrong:?}");
}

#[test]
fn every_command_with_a_form_of_output_publishes_its_schema() {
    let root = tree::command();
    let leaves = tree::leaves(&root);
    let has_form = |leaf: &&tree::Leaf<'_>| {
        !leaf.is_hidden && leaf.command.get_arguments().any(|arg| arg.get_id() == "output_schema")
    };
    let published = schemas::all();
    let is_silent = |path: &&String| !published.iter().any(|published| published.covers(path));
    let silent: Vec<&String> =
        leaves.iter().filter(has_form).map(|leaf| &leaf.path).filter(is_silent).collect();
    assert!(silent.is_empty(), "no published!(Item, \"{{command}}\") for: {silent:?}");
    let idle = published.iter().filter(|published| !leaves.iter().any(|leaf| published.covers(&leaf.path)));
    let idle: Vec<&str> = idle.map(|published| published.kind).collect();
    assert!(idle.is_empty(), "published for commands that are not there: {idle:?}");
}

#[test]
fn a_kind_has_one_shape() {
    let all = schemas::all();
    let twice: Vec<&str> =
        all.windows(2).filter(|pair| pair[0].kind == pair[1].kind).map(|pair| pair[0].kind).collect();
    assert!(twice.is_empty(), "two items claim {twice:?}");
}

#[test]
fn the_schema_is_printed_without_a_cluster_and_without_what_the_command_needs() {
    let ran = kr(&["-b", "nowhere:1", "topic", "create", "--output-schema"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let schema: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(schema["title"], "kr.topic.create/v1");
    let ran = kr(&["completion", "bash", "--output-schema"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
}
