//! The notation of the shape tables.

/// Writes a table of messages; see [`super`] for how to read one.
macro_rules! shapes {
    ($($key:literal $name:ident { request { $($request:tt)* } response { $($response:tt)* } })*) => {
        /// One line per API, ascending by key.
        pub(super) const SHAPES: &[Shape] = &[$(Shape {
            key: $key,
            request: $crate::guard::shapes::macros::fields! { $($request)* },
            response: $crate::guard::shapes::macros::fields! { $($response)* },
        }),*];
    };
}

macro_rules! fields {
    ($($name:ident: $kind:tt
        $(@ $($from:literal)? .. $($until:literal)?)?
        $(tag $tag:literal)?),* $(,)?) => {
        &[$($crate::guard::shapes::Field {
            kind: $crate::guard::shapes::macros::kind!($kind),
            from: $crate::guard::shapes::macros::or!($($($from)?)? ; i16::MIN),
            until: $crate::guard::shapes::macros::or!($($($until)?)? ; i16::MAX),
            tag: $crate::guard::shapes::macros::or!($(Some($tag))? ; None),
        }),*]
    };
}

macro_rules! kind {
    (bool) => { $crate::guard::shapes::Kind::Fixed(1) };
    (i8) => { $crate::guard::shapes::Kind::Fixed(1) };
    (i16) => { $crate::guard::shapes::Kind::Fixed(2) };
    (u16) => { $crate::guard::shapes::Kind::Fixed(2) };
    (i32) => { $crate::guard::shapes::Kind::Fixed(4) };
    (i64) => { $crate::guard::shapes::Kind::Fixed(8) };
    (f64) => { $crate::guard::shapes::Kind::Fixed(8) };
    (uuid) => { $crate::guard::shapes::Kind::Fixed(16) };
    (string) => { $crate::guard::shapes::Kind::String };
    (bytes) => { $crate::guard::shapes::Kind::Bytes };
    ([$element:tt]) => {
        $crate::guard::shapes::Kind::Array(&$crate::guard::shapes::macros::kind!($element))
    };
    ({ $($fields:tt)* }) => {
        $crate::guard::shapes::Kind::Struct($crate::guard::shapes::macros::fields! { $($fields)* })
    };
    ((null { $($fields:tt)* })) => {
        $crate::guard::shapes::Kind::NullableStruct($crate::guard::shapes::macros::fields! { $($fields)* })
    };
}

macro_rules! or {
    (; $default:expr) => {
        $default
    };
    ($value:expr ; $default:expr) => {
        $value
    };
}

pub(super) use {fields, kind, or, shapes};
