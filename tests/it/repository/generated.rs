//! `docs/protocol.md`: what is served, made from the tables and the handlers' headers.
//!
//! Fails when the page is stale; `UPDATE=1 cargo test -p kr-tests --test repository` writes it anew.
//! The `versions:` lines of the headers are held to the table, so neither can promise what the other does not.

use std::fmt::Write as _;
use std::{env, fs};

use kr_node::{Listener, served};
use kr_wire::api::{self, ApiRow};

use crate::tree;

const PAGE: &str = "docs/protocol.md";
const HANDLERS: &str = "devcluster/node/src/handlers";

const INTRODUCTION: &str = "\
# Protocol

What `kr` speaks: the APIs and versions of Apache Kafka 4.1 that its nodes serve. Generated from the tables and the
headers of the handlers by the test `repository`; `UPDATE=1` rewrites it.

What is not listed is not served and not advertised. *Forwarded* requests are passed on by a broker to the active
controller (KIP-590). Produce is advertised from version 0 on, which older librdkafka needs, and refused below the
version that stands here.
";

/// What the header of a handler says.
#[derive(Debug)]
struct Header {
    file: String,
    title: String,
    versions: String,
    behaviours: String,
    kips: String,
    left_out: String,
}

#[test]
fn protocol_page_is_fresh() {
    let page = page(&headers());
    if env::var_os("UPDATE").is_some() {
        fs::write(tree::root().join(PAGE), &page).expect("the page can be written");
    }
    let found = fs::read_to_string(tree::root().join(PAGE)).unwrap_or_default();
    let stale = found.lines().zip(page.lines()).find(|(found, wanted)| found != wanted);
    assert!(found == page, "{PAGE} is stale, UPDATE=1 rewrites it; found and wanted: {stale:?}");
}

#[test]
fn headers_claim_the_versions_that_are_served() {
    for header in headers() {
        for (name, versions) in claims(&header) {
            let row = api::rows().iter().find(|row| row.name == name);
            let row = row.unwrap_or_else(|| panic!("{}: there is no API {name}", header.file));
            assert_eq!(versions, range(row), "{}: versions of {name}", header.file);
            let is_served = [Listener::Broker, Listener::Controller].map(|on| served(on).contains(&row.key));
            assert_ne!(is_served, [false, false], "{}: {name} is not served", header.file);
        }
    }
}

fn page(headers: &[Header]) -> String {
    let mut page = INTRODUCTION.to_owned();
    page.push_str(
        "\n| key | API | versions | broker | controller | forwarded |\n|---|---|---|---|---|---|\n",
    );
    let (broker, controller) = (served(Listener::Broker), served(Listener::Controller));
    for row in api::rows() {
        let (on_broker, on_controller) = (broker.contains(&row.key), controller.contains(&row.key));
        if on_broker || on_controller {
            line(
                &mut page,
                format_args!(
                    "| {} | {} | {} | {} | {} | {} |",
                    row.key,
                    row.name,
                    range(row),
                    mark(on_broker),
                    mark(on_controller),
                    mark(on_broker && row.forwardable),
                ),
            );
        }
    }
    page.push_str(
        "\n## How they behave\n\nWhat the controller and the quorum answer is theirs to describe: ",
    );
    page.push_str("`devcluster/metadata` and `devcluster/raft`.\n");
    for header in headers {
        line(&mut page, format_args!("\n### {}\n", header.title));
        let items = [
            ("Versions", &header.versions),
            ("Behaviours", &header.behaviours),
            ("KIPs", &header.kips),
            ("Left out", &header.left_out),
        ];
        for (name, text) in items {
            line(&mut page, format_args!("- {name}: {text}"));
        }
    }
    page
}

fn line(page: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(page, "{text}").expect("a string takes everything");
}

fn mark(is_so: bool) -> &'static str {
    if is_so { "yes" } else { "" }
}

fn range(row: &ApiRow) -> String {
    if row.min == row.max { row.min.to_string() } else { format!("{}-{}", row.min, row.max) }
}

/// The headers of all handlers that have one, by title.
fn headers() -> Vec<Header> {
    let files = tree::files(HANDLERS, &[".rs"]);
    let mut headers: Vec<Header> = files.iter().filter_map(|file| header(&file.path, &file.text)).collect();
    assert!(!headers.is_empty(), "no handler has a header");
    headers.sort_by(|a, b| a.title.cmp(&b.title));
    headers
}

fn header(path: &str, text: &str) -> Option<Header> {
    let comment: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim).collect();
    let title = comment.first()?.trim_end_matches('.').to_owned();
    let field = |name: &str| {
        let mut lines = comment.iter().skip_while(|line| !line.starts_with(name));
        let first = lines.next()?.strip_prefix(name)?.trim();
        let is_field = |line: &&&str| FIELDS.iter().all(|field| !line.starts_with(field)) && !line.is_empty();
        Some(lines.take_while(is_field).fold(first.to_owned(), |all, line| format!("{all} {line}")))
    };
    let versions = field(FIELDS[0])?;
    let [behaviours, kips, left_out] = [FIELDS[1], FIELDS[2], FIELDS[3]]
        .map(|name| field(name).unwrap_or_else(|| panic!("{path} has versions and no line `{name}`")));
    Some(Header { file: path.to_owned(), title, versions, behaviours, kips, left_out })
}

const FIELDS: [&str; 4] = ["versions:", "behaviours:", "kips:", "left out:"];

/// API and versions that a header names: `0-2` of the API in the title, `Heartbeat 0-4`, or `0-2 (AlterConfigs)`.
fn claims(header: &Header) -> Vec<(String, String)> {
    let title = header.title.split([' ', ':']).next().unwrap_or_default();
    let parts = header.versions.split(", ");
    let claim = |part: &str| match part.split_once(' ') {
        None => (title.to_owned(), part.to_owned()),
        Some((versions, name)) if name.starts_with('(') => {
            (name.trim_matches(['(', ')']).to_owned(), versions.to_owned())
        }
        Some((name, versions)) => (name.to_owned(), versions.to_owned()),
    };
    parts.map(claim).collect()
}
