//! `kr acl`: what is asked, what is changed, what is said; against a broker with a small authorizer.

use std::sync::{Arc, Mutex};

use kr_wire::error_code::ErrorCode;
use kr_wire::message::{self, RequestKind, ResponseKind, StrBytes};
use kr_wire::messages::*;

use super::fake::{FakeCluster, Reply, Seen};
use super::{kr, kr_on};

/// Name, principal, operation, permission of ACLs for topics; all are literal and for all hosts.
type Acls = Arc<Mutex<Vec<(String, String, i8, i8)>>>;

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

pub fn respond(seen: &Seen<'_>, response: ResponseKind) -> Reply {
    let header = seen.header;
    let frame =
        message::encode_response(header.correlation_id, header.api_key, header.api_version, &response);
    Reply::Raw(frame.unwrap().concat())
}

pub fn request(seen: &Seen<'_>) -> RequestKind {
    message::decode_request(seen.header.api_key, seen.header.api_version, seen.body.clone()).unwrap()
}

/// A cluster of one broker that also serves these APIs, by a script.
pub fn cluster_with(keys: &[i16]) -> FakeCluster {
    let cluster = FakeCluster::start(1);
    for key in keys {
        let row = kr_wire::api::row(*key).unwrap();
        cluster.world().apis.insert(*key, (row.min, row.max));
    }
    cluster
}

fn describe(acls: &Acls) -> DescribeAclsResponse {
    use describe_acls_response::{AclDescription, DescribeAclsResource};
    let resource = |(name, principal, operation, permission): &(String, String, i8, i8)| {
        let acl = AclDescription::default()
            .with_principal(text(principal))
            .with_host(text("*"))
            .with_operation(*operation)
            .with_permission_type(*permission);
        DescribeAclsResource::default()
            .with_resource_type(2)
            .with_resource_name(text(name))
            .with_pattern_type(3)
            .with_acls(vec![acl])
    };
    let acls = acls.lock().unwrap();
    DescribeAclsResponse::default()
        .with_error_message(None)
        .with_resources(acls.iter().map(resource).collect())
}

/// A broker that refuses ACLs for the topic "forbidden".
fn cluster(rules: &[(&str, &str, i8, i8)]) -> (FakeCluster, Acls) {
    let cluster = cluster_with(&[29, 30, 31]);
    let rules = rules.iter().map(|(name, who, op, way)| ((*name).to_owned(), (*who).to_owned(), *op, *way));
    let acls: Acls = Arc::new(Mutex::new(rules.collect()));
    let shared = Arc::clone(&acls);
    cluster.script(move |seen, _| match seen.header.api_key {
        29 => Some(respond(seen, describe(&shared).into())),
        30 => {
            let RequestKind::CreateAcls(request) = request(seen) else { unreachable!() };
            let mut acls = shared.lock().unwrap();
            let mut results = Vec::new();
            for acl in &request.creations {
                let is_refused = acl.resource_name.as_str() == "forbidden";
                let code = if is_refused { ErrorCode::INVALID_REQUEST.0 } else { 0 };
                if !is_refused {
                    let name = acl.resource_name.to_string();
                    acls.push((name, acl.principal.to_string(), acl.operation, acl.permission_type));
                }
                results.push(create_acls_response::AclCreationResult::default().with_error_code(code));
            }
            Some(respond(seen, CreateAclsResponse::default().with_results(results).into()))
        }
        31 => {
            let RequestKind::DeleteAcls(request) = request(seen) else { unreachable!() };
            let mut acls = shared.lock().unwrap();
            for filter in &request.filters {
                let name = filter.resource_name_filter.as_ref().unwrap().to_string();
                let who = filter.principal_filter.as_ref().unwrap().to_string();
                acls.retain(|acl| {
                    *acl != (name.clone(), who.clone(), filter.operation, filter.permission_type)
                });
            }
            let result = delete_acls_response::DeleteAclsFilterResult::default();
            let results = vec![result; request.filters.len()];
            Some(respond(seen, DeleteAclsResponse::default().with_filter_results(results).into()))
        }
        _ => None,
    });
    (cluster, acls)
}

const READ: i8 = 3;
const DENY: i8 = 2;
const ALLOW: i8 = 3;

#[test]
fn acls_are_listed_by_what_is_asked_for() {
    let (cluster, _) = cluster(&[("t", "User:a", READ, ALLOW), ("*", "User:eve", READ, DENY)]);
    insta::assert_snapshot!(kr_on(&cluster, &["acl", "list"]).page(), @"
    [exit 0]
    PRINCIPAL  PERMISSION  OPERATION  RESOURCE  NAME  PATTERN  HOST
    User:eve   deny        read       topic     *     literal  *
    User:a     allow       read       topic     t     literal  *
    ");
    insta::assert_snapshot!(kr_on(&cluster, &["acl", "ls", "--deny", "eve", "-o", "json"]).page(), @r#"
    [exit 0]
    {
      "kind": "kr.acl.list/v1",
      "context": null,
      "items": [
        {
          "principal": "User:eve",
          "permission": "deny",
          "operation": "read",
          "resource_type": "topic",
          "resource_name": "*",
          "pattern": "literal",
          "host": "*"
        }
      ],
      "errors": []
    }
    "#);
}

#[test]
fn adding_names_each_failure_and_is_not_repeated_for_what_exists() {
    let (cluster, acls) = cluster(&[("t", "User:a", READ, ALLOW)]);
    let args = ["acl", "add", "--allow", "a", "--op", "read", "-t", "t", "-t", "u", "-t", "forbidden"];
    insta::assert_snapshot!(kr_on(&cluster, &args).page(), @r#"
    [exit 1]
    PRINCIPAL  PERMISSION  OPERATION  RESOURCE  NAME  PATTERN  HOST  OUTCOME
    User:a     allow       read       topic     t     literal  *     exists
    User:a     allow       read       topic     u     literal  *     added
    [stderr]
    error: cannot add the ACL: allow User:a read on topic "forbidden": the request contradicts itself or the protocol (INVALID_REQUEST)
    "#);
    assert_eq!(acls.lock().unwrap().len(), 2);
    let ran = kr_on(&cluster, &args[..10]);
    assert_eq!((ran.code, cluster.count(30)), (0, 1), "{}", ran.page());
}

#[test]
fn a_dry_run_of_acls_sends_no_write() {
    let (cluster, _) = cluster(&[("t", "User:a", READ, ALLOW)]);
    let ran = kr_on(&cluster, &["acl", "add", "--deny", "b", "--op", "all", "-t", "t", "--dry-run"]);
    insta::assert_snapshot!(ran.page(), @"
    [exit 0]
    PRINCIPAL  PERMISSION  OPERATION  RESOURCE  NAME  PATTERN  HOST  OUTCOME
    User:b     deny        all        topic     t     literal  *     would be added
    ");
    assert_eq!(kr_on(&cluster, &["acl", "rm", "--principal", "a", "--dry-run"]).code, 0);
    assert_eq!((cluster.count(30), cluster.count(31)), (0, 0));
}

#[test]
fn acls_are_removed_only_when_somebody_agrees_and_only_those_shown() {
    let rules = [("t", "User:a", READ, ALLOW), ("u", "User:a", READ, ALLOW), ("t", "User:b", READ, ALLOW)];
    let (cluster, acls) = cluster(&rules);
    insta::assert_snapshot!(kr_on(&cluster, &["acl", "remove", "--principal", "a"]).page(), @"
    [exit 6]
    [stderr]
    error: did not remove 2 ACLs: it needs a confirmation and there is no terminal to ask on
    hint: look at it with --dry-run, then repeat with --yes
    ");
    assert_eq!(cluster.count(31), 0);
    let ran = kr_on(&cluster, &["acl", "remove", "--principal", "a", "-y", "-o", "name"]);
    insta::assert_snapshot!(ran.page(), @"
    [exit 0]
    allow/User:a/read/topic/literal/t/*
    allow/User:a/read/topic/literal/u/*
    ");
    assert_eq!(acls.lock().unwrap().len(), 1);
}

#[test]
fn removing_everything_must_be_said() {
    insta::assert_snapshot!(kr(&["acl", "remove", "-y"]).page(), @"
    [exit 2]
    [stderr]
    error: it is not said which ACLs to remove
    hint: name a principal, a resource or an operation, or say --all
    ");
}

#[test]
fn whether_somebody_may_is_the_exit_code() {
    let (cluster, _) = cluster(&[("t", "User:a", READ, ALLOW), ("*", "User:eve", READ, DENY)]);
    for (args, code, allowed) in [
        (["a", "read", "topic:t"], 0, "yes"),
        (["a", "describe", "topic:t"], 0, "yes"),
        (["eve", "read", "topic:t"], 3, "no"),
        (["a", "write", "topic:t"], 3, "no"),
    ] {
        let ran = kr_on(&cluster, &[&["acl", "can"], &args[..], &["-o", "name"]].concat());
        assert_eq!((ran.code, ran.stdout.trim()), (code, allowed), "{args:?}");
    }
    insta::assert_snapshot!(kr_on(&cluster, &["acl", "who-can", "read", "topic:t"]).page(), @"
    [exit 0]
    PRINCIPAL  HOST  ALLOWED  BECAUSE
    User:a     *     yes      allow/User:a/read/topic/literal/t/*
    User:eve   *     no       deny/User:eve/read/topic/literal/*/*
    ");
}

#[test]
fn a_cluster_without_an_authorizer_says_so() {
    let cluster = cluster_with(&[29]);
    cluster.script(|seen, _| {
        let refused = DescribeAclsResponse::default()
            .with_error_message(None)
            .with_error_code(ErrorCode::SECURITY_DISABLED.0);
        (seen.header.api_key == 29).then(|| respond(seen, refused.into()))
    });
    insta::assert_snapshot!(kr_on(&cluster, &["acl", "list"]).page(), @"
    [exit 1]
    [stderr]
    error: cannot list ACLs: security features are disabled (SECURITY_DISABLED)
    hint: the brokers run without an authorizer (authorizer.class.name)
    ");
}
