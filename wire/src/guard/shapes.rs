//! What every message consists of: kinds, order, versions and tags of its fields, as plain data.
//!
//! The facts are those of Kafka 4.1's message definitions, without defaults, entity types and nullability (a
//! null takes the place of a length and needs no shape, but for structs). In the tables `@3..` means from
//! version 3 on and `@..13` below version 13; without it a field is in every version the API has. Streams
//! groups (88, 89) are left out: they have no stable version.

mod keys_00_to_16;
mod keys_17_to_34;
mod keys_35_to_61;
mod keys_62_to_92;
mod macros;

/// The two messages of an API.
pub(super) struct Shape {
    /// The API.
    pub(super) key: i16,
    /// Fields of the request's body.
    pub(super) request: &'static [Field],
    /// Fields of the response's body.
    pub(super) response: &'static [Field],
}

/// A field of a struct.
pub(super) struct Field {
    pub(super) kind: Kind,
    /// First version that has it.
    pub(super) from: i16,
    /// First version that has it no more.
    pub(super) until: i16,
    /// Its number, if it stands among the tagged fields at the end of the struct.
    pub(super) tag: Option<u32>,
}

/// What a field holds.
pub(super) enum Kind {
    /// So many bytes.
    Fixed(usize),
    /// Length of 2 bytes or a varint.
    String,
    /// Length of 4 bytes or a varint.
    Bytes,
    /// Count of 4 bytes or a varint, then elements.
    Array(&'static Kind),
    /// Its fields.
    Struct(&'static [Field]),
    /// A byte that is negative for null, else its fields.
    NullableStruct(&'static [Field]),
}

/// Finds the messages of an API.
pub(super) fn shape(key: i16) -> Option<&'static Shape> {
    let table = TABLES.iter().find(|table| table.last().is_some_and(|last| key <= last.key))?;
    table.binary_search_by_key(&key, |shape| shape.key).ok().map(|index| &table[index])
}

const TABLES: [&[Shape]; 4] =
    [keys_00_to_16::SHAPES, keys_17_to_34::SHAPES, keys_35_to_61::SHAPES, keys_62_to_92::SHAPES];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api;

    #[test]
    fn every_api_with_a_stable_version_has_a_shape() {
        let known: Vec<_> = api::rows().iter().filter(|row| row.max >= row.min).map(|row| row.key).collect();
        let shaped: Vec<_> = TABLES.iter().flat_map(|table| table.iter().map(|shape| shape.key)).collect();
        assert_eq!(shaped, known);
        assert!(shaped.iter().all(|key| shape(*key).is_some_and(|shape| shape.key == *key)));
        assert!([-1, 4, 88, 93].iter().all(|key| shape(*key).is_none()));
    }

    #[test]
    fn no_message_nests_deeper_than_sixteen() {
        fn depth(kind: &Kind) -> usize {
            match kind {
                Kind::Fixed(_) | Kind::String | Kind::Bytes => 0,
                Kind::Array(element) => 1 + depth(element),
                Kind::Struct(fields) | Kind::NullableStruct(fields) => {
                    1 + fields.iter().map(|field| depth(&field.kind)).max().unwrap_or(0)
                }
            }
        }
        let messages =
            TABLES.iter().flat_map(|table| table.iter().flat_map(|shape| [shape.request, shape.response]));
        let deepest = messages.map(|fields| depth(&Kind::Struct(fields))).max();
        assert!(deepest.is_some_and(|deepest| deepest <= 16), "{deepest:?}");
    }
}
