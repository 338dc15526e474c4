//! The frame that the records of all coordinators share, and the notation for their tables.
//!
//! A key is int16 type id and a plain struct; a value is int16 version and a struct in the form of that version;
//! a null value is a tombstone. The tables themselves are in the modules of the three topics.

use crate::primitives::{DecodeError, Decoded, Reader, Writer};

use super::schema::Field;

/// A record's key and value as they go into a batch; no value is a tombstone.
pub type KeyValue = (Vec<u8>, Option<Vec<u8>>);

/// Versions of a value: the highest, and the first in the flexible form (above the highest: none).
#[derive(Clone, Copy, Debug)]
pub(crate) struct ValueVersions {
    pub last: i16,
    pub flexible: i16,
}

pub(crate) fn encode_key(type_id: i16, key: &impl Field) -> Vec<u8> {
    let mut writer = Writer::with_capacity(64, false);
    writer.i16(type_id);
    key.write(&mut writer, 0);
    writer.into_vec()
}

pub(crate) fn encode_value(value: &impl Field, version: i16, versions: ValueVersions) -> Vec<u8> {
    let mut writer = Writer::with_capacity(64, false);
    writer.i16(version);
    writer.set_flexible(version >= versions.flexible);
    value.write(&mut writer, version);
    writer.into_vec()
}

pub(crate) fn decode_key<T: Field>(mut reader: Reader<'_>) -> Decoded<T> {
    let key = T::read(&mut reader, 0)?;
    reader.finish()?;
    Ok(key)
}

pub(crate) fn decode_value<T: Field>(value: &[u8], versions: ValueVersions) -> Decoded<T> {
    let mut reader = Reader::new(value, false);
    let version = reader.i16()?;
    if !(0..=versions.last).contains(&version) {
        return Err(DecodeError::Value {
            at: reader.position(),
            what: "version of a coordinator record",
            value: version.into(),
        });
    }
    reader.set_flexible(version >= versions.flexible);
    let record = T::read(&mut reader, version)?;
    reader.finish()?;
    Ok(record)
}

/// Declares the enum of a topic's records from a table of type id, variant, key, value and value versions.
macro_rules! coordinator_records {
    (
        $(#[$enum_meta:meta])*
        enum $name:ident {
            $(
                $(#[$meta:meta])*
                $id:literal $variant:ident($key:ident, $value:ident) 0..=$last:literal, flexible $flexible:literal;
            )*
        }
    ) => {
        $(#[$enum_meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub enum $name {
            $( $(#[$meta])* $variant($key, Option<$value>), )*
        }

        impl $name {
            /// Type id in the record's key.
            pub fn type_id(&self) -> i16 {
                match self { $( Self::$variant(..) => $id, )* }
            }

            /// Name of the record's type.
            pub fn name(&self) -> &'static str {
                match self { $( Self::$variant(..) => stringify!($variant), )* }
            }

            /// Key and value as trees; no value is a tombstone.
            pub fn show(&self) -> (Shown, Shown) {
                match self { $( Self::$variant(key, value) => (key.show(), value.show()), )* }
            }

            /// Whether the record deletes its key.
            pub fn is_tombstone(&self) -> bool {
                match self { $( Self::$variant(_, value) => value.is_none(), )* }
            }

            /// Lays out key and value, the value at a version.
            ///
            /// Fields that the version does not have are left out.
            pub fn encode_at(&self, version: i16) -> KeyValue {
                match self {
                    $( Self::$variant(key, value) => (
                        coordinator::encode_key($id, key),
                        value.as_ref().map(|value| coordinator::encode_value(
                            value,
                            version,
                            ValueVersions { last: $last, flexible: $flexible },
                        )),
                    ), )*
                }
            }

            /// Reads a record; `None` if its type is unknown, in which case readers skip it.
            ///
            /// # Errors
            /// A malformed key or value, an unknown version of the value, bytes after either.
            pub fn decode(key: &[u8], value: Option<&[u8]>) -> Decoded<Option<Self>> {
                let mut reader = Reader::new(key, false);
                match reader.i16()? {
                    $( $id => {
                        let key = coordinator::decode_key(reader)?;
                        let versions = ValueVersions { last: $last, flexible: $flexible };
                        let value = value.map(|value| coordinator::decode_value(value, versions)).transpose()?;
                        Ok(Some(Self::$variant(key, value)))
                    } )*
                    _ => Ok(None),
                }
            }

            /// One record of every type with default key and value, in the order of their ids.
            pub fn one_of_each() -> Vec<Self> {
                vec![ $( Self::$variant($key::default(), Some($value::default())), )* ]
            }
        }
    };
}

pub(crate) use coordinator_records;
