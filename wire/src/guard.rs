//! Bounds what a message may claim before kafka-protocol decodes it.
//!
//! That crate reserves as many elements as an array's count says: four bytes from a peer could abort the
//! process. The guard walks the bytes by the message's shape first, reserving nothing, and refuses counts and
//! lengths beyond the bytes that remain, tagged fields that lie about their size, messages that would take
//! more memory than a [`MemoryBudget`](crate::primitives::MemoryBudget) grants, and bytes after the end.
//! Nesting is bounded by the shapes, none of which contains itself. What values mean is not looked at.

mod shapes;
#[cfg(test)]
mod tests;

use shapes::{Field, Kind};

use crate::api::{self, ApiRow};
use crate::primitives::{DecodeError, Decoded, Reader};

/// Refuses a request body that claims more than it brings.
pub fn check_request(key: i16, version: i16, body: &[u8]) -> Decoded<()> {
    let row = api::row_of_version(key, version)?;
    let shape = shapes::shape(key).ok_or(DecodeError::Version { key, version })?;
    check(shape.request, row, version, body)
}

/// Refuses a response body that claims more than it brings.
pub fn check_response(key: i16, version: i16, body: &[u8]) -> Decoded<()> {
    let row = api::row_of_version(key, version)?;
    let shape = shapes::shape(key).ok_or(DecodeError::Version { key, version })?;
    check(shape.response, row, version, body)
}

/// A `StrBytes` or `Bytes`: pointer, length, owner and vtable.
const STRING_BYTES: usize = 32;
/// A `Vec`.
const ARRAY_BYTES: usize = 24;
/// The map of unknown tagged fields that every struct of kafka-protocol ends with.
const TAG_MAP_BYTES: usize = 24;
/// An unknown tagged field in that map: its number, its bytes and a share of the tree's node. Nodes that are
/// filled in order stay half empty, and what the allocator keeps of them is not there for larger things.
const UNKNOWN_TAG_BYTES: usize = 128;

fn check(fields: &'static [Field], row: &ApiRow, version: i16, body: &[u8]) -> Decoded<()> {
    let mut reader = Reader::new(body, row.is_flexible(version));
    walk_struct(fields, version, &mut reader)?;
    reader.finish()
}

fn walk_struct(fields: &'static [Field], version: i16, reader: &mut Reader<'_>) -> Decoded<()> {
    let has = |field: &Field| (field.from..field.until).contains(&version);
    for field in fields.iter().filter(|field| field.tag.is_none() && has(field)) {
        walk(&field.kind, version, reader)?;
    }
    reader.tags(|tag, body| match fields.iter().find(|field| field.tag == Some(tag) && has(field)) {
        Some(field) => walk(&field.kind, version, body).map(|()| true),
        None => body.spend(1, UNKNOWN_TAG_BYTES).map(|()| false),
    })
}

fn walk(kind: &'static Kind, version: i16, reader: &mut Reader<'_>) -> Decoded<()> {
    match kind {
        Kind::Fixed(bytes) => reader.take(*bytes).map(drop),
        Kind::String => {
            let length = reader.string_len()?.unwrap_or(0);
            reader.take(length).map(drop)
        }
        Kind::Bytes => {
            let length = reader.long_len()?.unwrap_or(0);
            reader.take(length).map(drop)
        }
        Kind::Array(element) => walk_array(element, version, reader),
        Kind::Struct(fields) => walk_struct(fields, version, reader),
        Kind::NullableStruct(fields) => {
            reader.nullable_struct(|reader| walk_struct(fields, version, reader)).map(drop)
        }
    }
}

fn walk_array(element: &'static Kind, version: i16, reader: &mut Reader<'_>) -> Decoded<()> {
    let count = reader.long_len()?.unwrap_or(0);
    reader.spend(count, memory(element))?;
    if let Kind::Fixed(bytes) = element {
        return reader.take(count.saturating_mul(*bytes)).map(drop);
    }
    for _ in 0..count {
        walk(element, version, reader)?;
    }
    Ok(())
}

/// What a value takes in kafka-protocol's structs, without the elements of its arrays, which are counted
/// where they stand. Fields that the version lacks take their place all the same.
fn memory(kind: &Kind) -> usize {
    match kind {
        Kind::Fixed(bytes) => *bytes,
        Kind::String | Kind::Bytes => STRING_BYTES,
        Kind::Array(_) => ARRAY_BYTES,
        Kind::Struct(fields) | Kind::NullableStruct(fields) => {
            TAG_MAP_BYTES + fields.iter().map(|field| memory(&field.kind).max(4)).sum::<usize>()
        }
    }
}
