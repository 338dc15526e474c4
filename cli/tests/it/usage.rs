//! Help, version and wrong usage.

use super::kr;

#[test]
fn help_shows_what_there_is() {
    let ran = kr(&["--help"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    for noun in ["topic", "group", "cluster", "quorum", "produce", "consume", "context", "dev"] {
        assert!(ran.stdout.lines().any(|line| line.trim_start().starts_with(noun)), "{noun}\n{}", ran.stdout);
    }
    assert!(!ran.stdout.contains("--brokers "), "old spellings are taken, not shown");
}

#[test]
fn version_is_printed_on_stdout() {
    let ran = kr(&["--version"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, concat!("kr ", env!("CARGO_PKG_VERSION"), "\n")));
}

#[test]
fn wrong_usage_is_2_and_on_stderr() {
    for args in [
        &["topik", "list"][..],
        &["topic", "list", "--no-such-flag"],
        &["topic", "describe"],
        &["topic", "create", "t", "-p", "0"],
        &["topic", "create", "t", "-C", "novalue"],
        &["consume"],
        &["consume", "t", "--commit"],
        &["consume", "t", "-f", "%q"],
        &["produce"],
        &["topic", "list", "-X", "novalue"],
        &["topic", "list", "-X", "security.protocol=SASL_SSL"],
        &["topic", "list", "-b", "no address:x"],
    ] {
        let ran = kr(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args:?}: {}", ran.stderr);
        assert!(!ran.stderr.is_empty());
    }
}

#[test]
fn consume_with_output_as_offset_gets_a_hint() {
    insta::assert_snapshot!(kr(&["consume", "t", "-o", "json"]).page(), @r#"
    [exit 2]
    [stderr]
    error: -o is where to begin, and "json" is no place
    hint: the form of the output is --output json, or -J
    "#);
}

#[test]
fn what_is_not_supported_is_refused_and_not_ignored() {
    insta::assert_snapshot!(kr(&["topic", "list", "-X", "security.protocol=SASL_SSL"]).page(), @r"
    [exit 2]
    [stderr]
    error: sasl.mechanism is missing: security.protocol asks for SASL, and Java's default GSSAPI is not built in
    ");
}

#[test]
fn plural_and_short_nouns_are_taken() {
    for args in [&["topics", "ls", "--help"][..], &["t", "list", "--help"], &["groups", "ls", "--help"]] {
        assert_eq!(kr(args).code, 0, "{args:?}");
    }
}
