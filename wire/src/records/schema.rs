//! The table notation in which the internal record schemas are written, and what it expands to.
//!
//! One row per field: name, type, default, the versions that have it, its tag. Types know how they look on the
//! wire ([`Field`]); a row decides only whether and where its field appears. Nothing here knows a record.
//!
//! Reading skips tagged fields it does not know. Writing leaves out what the version does not have and tagged
//! fields that hold their default, as Kafka's generated classes do.

use bytes::Bytes;

use crate::ids::{
    BrokerEpoch, DirectoryId, LeaderEpoch, NodeId, Offset, PartitionId, ProducerId, TopicId, Uuid,
};
use crate::primitives::{Decoded, Reader, Tags, Writer};

/// A type that can stand in a record table. The form (plain or compact) is the reader's and writer's.
pub(crate) trait Field: Sized {
    fn read(reader: &mut Reader<'_>, version: i16) -> Decoded<Self>;
    fn write(&self, writer: &mut Writer, version: i16);

    /// Writes the payload of a tagged field; only null structs differ from untagged ones.
    fn write_tagged(&self, writer: &mut Writer, version: i16) {
        self.write(writer, version);
    }
}

/// A type whose absence has a form on the wire: null, or a negative number.
pub(crate) trait Nullable: Sized {
    fn read_nullable(reader: &mut Reader<'_>, version: i16) -> Decoded<Option<Self>>;
    fn write_nullable(value: Option<&Self>, writer: &mut Writer, version: i16);

    fn write_nullable_tagged(value: Option<&Self>, writer: &mut Writer, version: i16) {
        Self::write_nullable(value, writer, version);
    }
}

impl<T: Nullable> Field for Option<T> {
    fn read(reader: &mut Reader<'_>, version: i16) -> Decoded<Self> {
        T::read_nullable(reader, version)
    }

    fn write(&self, writer: &mut Writer, version: i16) {
        T::write_nullable(self.as_ref(), writer, version);
    }

    fn write_tagged(&self, writer: &mut Writer, version: i16) {
        T::write_nullable_tagged(self.as_ref(), writer, version);
    }
}

/// Where and when a field of a table is on the wire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    since: i16,
    until: i16,
    tag: Option<u32>,
    always: bool,
}

impl Row {
    pub(crate) const fn new() -> Self {
        Self { since: 0, until: i16::MAX, tag: None, always: false }
    }

    pub(crate) const fn since(self, version: i16) -> Self {
        Self { since: version, ..self }
    }

    /// Last version that has the field, inclusive.
    pub(crate) const fn until(self, version: i16) -> Self {
        Self { until: version, ..self }
    }

    pub(crate) const fn tag(self, tag: u32) -> Self {
        Self { tag: Some(tag), ..self }
    }

    /// Makes the tagged field be written even if it holds its default.
    pub(crate) const fn always(self) -> Self {
        Self { always: true, ..self }
    }

    pub(crate) const fn is_always(self) -> bool {
        self.always
    }

    /// Whether the field is among the untagged ones of a version.
    pub(crate) const fn is_regular_in(self, version: i16) -> bool {
        self.tag.is_none() && self.since <= version && version <= self.until
    }

    /// The tag under which a version carries the field.
    pub(crate) const fn tag_in(self, version: i16) -> Option<u32> {
        if self.since <= version && version <= self.until { self.tag } else { None }
    }
}

/// Declares structs with their encoding, from tables of fields.
///
/// A row is `name: Type = default, since N, until N, tag N always;` where everything after the type may be missing.
macro_rules! structs {
    ($(
        $(#[$meta:meta])*
        struct $name:ident {
            $(
                $(#[$field_meta:meta])*
                $field:ident : $type:ty $(= $default:expr)?
                $(, since $since:literal)? $(, until $until:literal)? $(, tag $tag:literal $($always:ident)?)? ;
            )*
        }
    )*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $( $(#[$field_meta])* pub $field: $type, )*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $( $field: $crate::records::schema::or_default!($($default)?), )* }
            }
        }

        impl $crate::records::shown::Show for $name {
            fn show(&self) -> $crate::records::shown::Shown {
                $crate::records::shown::Shown::Struct(vec![
                    $( (stringify!($field), $crate::records::shown::Show::show(&self.$field)), )*
                ])
            }
        }

        impl $crate::records::schema::Field for $name {
            fn read(
                reader: &mut $crate::primitives::Reader<'_>,
                version: i16,
            ) -> $crate::primitives::Decoded<Self> {
                let mut read = Self::default();
                let value = &mut read;
                $({
                    let row = const {
                        $crate::records::schema::row!($(since $since)? $(until $until)? $(tag $tag $($always)?)?)
                    };
                    if row.is_regular_in(version) {
                        value.$field = $crate::records::schema::Field::read(reader, version)?;
                    }
                })*
                reader.tags(|tag, field| {
                    $({
                        let row = const {
                            $crate::records::schema::row!($(since $since)? $(until $until)? $(tag $tag $($always)?)?)
                        };
                        if row.tag_in(version) == Some(tag) {
                            value.$field = $crate::records::schema::Field::read(field, version)?;
                            return Ok(true);
                        }
                    })*
                    // A struct without rows uses none of these.
                    let _ = (tag, field, version, &value);
                    Ok(false)
                })?;
                Ok(read)
            }

            fn write(&self, writer: &mut $crate::primitives::Writer, version: i16) {
                let mut tagged: Vec<(u32, Vec<u8>)> = Vec::new();
                $({
                    let row = const {
                        $crate::records::schema::row!($(since $since)? $(until $until)? $(tag $tag $($always)?)?)
                    };
                    if row.is_regular_in(version) {
                        $crate::records::schema::Field::write(&self.$field, writer, version);
                    } else if let Some(tag) = row.tag_in(version) {
                        let default: $type = $crate::records::schema::or_default!($($default)?);
                        if row.is_always() || self.$field != default {
                            let mut field = $crate::primitives::Writer::new(true);
                            $crate::records::schema::Field::write_tagged(&self.$field, &mut field, version);
                            tagged.push((tag, field.into_vec()));
                        }
                    }
                })*
                let _ = version;
                $crate::records::schema::write_tags(writer, &mut tagged);
            }
        }

        impl $crate::records::schema::Nullable for $name {
            fn read_nullable(
                reader: &mut $crate::primitives::Reader<'_>,
                version: i16,
            ) -> $crate::primitives::Decoded<Option<Self>> {
                // Null is -1, but 0 in a tagged field.
                match reader.i8()? {
                    ..=0 => Ok(None),
                    _ => $crate::records::schema::Field::read(reader, version).map(Some),
                }
            }

            fn write_nullable(
                value: Option<&Self>,
                writer: &mut $crate::primitives::Writer,
                version: i16,
            ) {
                writer.nullable_struct(value, |writer, value| {
                    $crate::records::schema::Field::write(value, writer, version);
                });
            }

            fn write_nullable_tagged(
                value: Option<&Self>,
                writer: &mut $crate::primitives::Writer,
                version: i16,
            ) {
                match value {
                    None => writer.i8(0),
                    value => Self::write_nullable(value, writer, version),
                }
            }
        }
    )*};
}

/// The default of a row: what the table says, else the type's.
macro_rules! or_default {
    () => {
        Default::default()
    };
    ($default:expr) => {
        $default
    };
}

/// A row's versions and tag as a constant.
macro_rules! row {
    ($(since $since:literal)? $(until $until:literal)? $(tag $tag:literal $($always:ident)?)?) => {
        $crate::records::schema::Row::new() $(.since($since))? $(.until($until))? $(.tag($tag) $(.$always())?)?
    };
}

pub(crate) use {or_default, row, structs};

/// Ends a struct with its tagged fields, in ascending order of tags whatever their order in the table.
pub(crate) fn write_tags(writer: &mut Writer, fields: &mut [(u32, Vec<u8>)]) {
    fields.sort_by_key(|(tag, _)| *tag);
    let mut tags = Tags::default();
    for (tag, bytes) in fields {
        tags.add(*tag, |field| field.raw(bytes));
    }
    writer.tags(tags);
}

/// Numbers: read and written by the method of their name.
macro_rules! number_fields {
    ($($type:ty => $method:ident;)*) => {$(
        impl Field for $type {
            fn read(reader: &mut Reader<'_>, _: i16) -> Decoded<Self> {
                reader.$method()
            }

            fn write(&self, writer: &mut Writer, _: i16) {
                writer.$method(*self);
            }
        }
    )*};
}

number_fields! {
    bool => bool;
    i8 => i8;
    i16 => i16;
    u16 => u16;
    i32 => i32;
    i64 => i64;
    f64 => f64;
    Uuid => uuid;
}

/// Newtypes: as what they wrap.
macro_rules! wrapper_fields {
    ($($type:ident)*) => {$(
        impl Field for $type {
            fn read(reader: &mut Reader<'_>, version: i16) -> Decoded<Self> {
                Field::read(reader, version).map($type)
            }

            fn write(&self, writer: &mut Writer, version: i16) {
                self.0.write(writer, version);
            }
        }
    )*};
}

/// Numbers whose absence is -1.
macro_rules! sentinel_fields {
    ($($type:ident)*) => {$(
        impl Nullable for $type {
            fn read_nullable(reader: &mut Reader<'_>, version: i16) -> Decoded<Option<Self>> {
                Field::read(reader, version).map($type::from_wire)
            }

            fn write_nullable(value: Option<&Self>, writer: &mut Writer, version: i16) {
                $type::to_wire(value.copied()).write(writer, version);
            }
        }
    )*};
}

wrapper_fields!(NodeId PartitionId LeaderEpoch Offset ProducerId BrokerEpoch TopicId DirectoryId);
sentinel_fields!(NodeId LeaderEpoch Offset ProducerId BrokerEpoch);

/// Timestamps that may be absent.
impl Nullable for i64 {
    fn read_nullable(reader: &mut Reader<'_>, _: i16) -> Decoded<Option<Self>> {
        Ok(Some(reader.i64()?).filter(|value| *value >= 0))
    }

    fn write_nullable(value: Option<&Self>, writer: &mut Writer, _: i16) {
        writer.i64(value.copied().unwrap_or(-1));
    }
}

/// Topics that may be known by name only.
impl Nullable for TopicId {
    fn read_nullable(reader: &mut Reader<'_>, version: i16) -> Decoded<Option<Self>> {
        Ok(Some(Self::read(reader, version)?).filter(|id| !id.is_zero()))
    }

    fn write_nullable(value: Option<&Self>, writer: &mut Writer, version: i16) {
        value.copied().unwrap_or(Self::ZERO).write(writer, version);
    }
}

impl Field for String {
    fn read(reader: &mut Reader<'_>, _: i16) -> Decoded<Self> {
        reader.string().map(str::to_owned)
    }

    fn write(&self, writer: &mut Writer, _: i16) {
        writer.string(self);
    }
}

impl Nullable for String {
    fn read_nullable(reader: &mut Reader<'_>, _: i16) -> Decoded<Option<Self>> {
        Ok(reader.nullable_string()?.map(str::to_owned))
    }

    fn write_nullable(value: Option<&Self>, writer: &mut Writer, _: i16) {
        writer.nullable_string(value.map(String::as_str));
    }
}

impl Field for Bytes {
    fn read(reader: &mut Reader<'_>, _: i16) -> Decoded<Self> {
        reader.bytes().map(Self::copy_from_slice)
    }

    fn write(&self, writer: &mut Writer, _: i16) {
        writer.bytes(self);
    }
}

impl<T: Field> Field for Vec<T> {
    fn read(reader: &mut Reader<'_>, version: i16) -> Decoded<Self> {
        reader.array(|reader| T::read(reader, version))
    }

    fn write(&self, writer: &mut Writer, version: i16) {
        writer.array(self, |writer, element| element.write(writer, version));
    }
}

impl<T: Field> Nullable for Vec<T> {
    fn read_nullable(reader: &mut Reader<'_>, version: i16) -> Decoded<Option<Self>> {
        reader.nullable_array(|reader| T::read(reader, version))
    }

    fn write_nullable(value: Option<&Self>, writer: &mut Writer, version: i16) {
        writer.nullable_array(value.map(Vec::as_slice), |writer, element| element.write(writer, version));
    }
}
