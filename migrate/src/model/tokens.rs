//! Delegation tokens; their HMACs are in no node.

use std::collections::BTreeMap;

use super::acls::principal;
use super::json::{Fields, Json, other};
use super::{Read, Unreadable};
use crate::java;
use crate::tree::Tree;

const TOKENS: &str = "/delegation_token/tokens";
/// Formats of the node that Kafka 3.9 knows; from 3 on the requester is there.
const VERSIONS: std::ops::RangeInclusive<i32> = 1..=3;

/// A delegation token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its id, which need not be the node's name.
    pub id: String,
    /// Owner, as "Type:name".
    pub owner: String,
    /// Who asked for it.
    pub requester: String,
    /// Who may renew it.
    pub renewers: Vec<String>,
    /// Milliseconds since 1970.
    pub issued_ms: i64,
    /// Milliseconds since 1970.
    pub max_ms: i64,
    /// Milliseconds since 1970.
    pub expires_ms: i64,
}

/// A node of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenNode {
    /// Null, empty, or not JSON: passed over.
    Nothing,
    /// A token, or what is wrong with it.
    Token(Read<Token>),
}

pub(super) fn read(tree: &Tree) -> BTreeMap<String, TokenNode> {
    tree.children(TOKENS)
        .map(|name| {
            let path = format!("{TOKENS}/{name}");
            let data = tree.get(&path).expect("it was listed").data.as_deref();
            let node = match token(data) {
                Ok(None) => TokenNode::Nothing,
                Ok(Some(token)) => TokenNode::Token(Ok(token)),
                Err(why) => TokenNode::Token(Err(Unreadable { path, why })),
            };
            (name.to_owned(), node)
        })
        .collect()
}

fn token(data: Option<&[u8]>) -> Result<Option<Token>, String> {
    if data.is_none_or(<[u8]>::is_empty) {
        return Ok(None);
    }
    let Some(object) = Json::read(data).object()? else { return Ok(None) };
    let version = object.int("version")?;
    if !VERSIONS.contains(&version) {
        return Err(format!("has version {version}, and 3 is the highest"));
    }
    let decoded = |text: &str| {
        let decoded = java::url_decode(text).ok_or_else(|| format!("has a badly encoded principal {text:?}"));
        decoded.and_then(|text| principal(&text))
    };
    let owner = decoded(object.text("owner")?)?;
    let requester = if version >= 3 { decoded(object.text("tokenRequester")?)? } else { owner.clone() };
    let renewers = object.array("renewers")?;
    let text = |value: &serde_json::Value| match value.as_str() {
        Some(text) => decoded(text),
        None => Err(other("renewers", value, "a string")),
    };
    Ok(Some(Token {
        renewers: renewers.iter().map(text).collect::<Result<_, _>>()?,
        issued_ms: object.long("issueTimestamp")?,
        expires_ms: object.long("expiryTimestamp")?,
        max_ms: object.long("maxTimestamp")?,
        id: object.text("tokenId")?.to_owned(),
        owner,
        requester,
    }))
}
