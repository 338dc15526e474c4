//! Writes fields, front to back.

use uuid::Uuid;

/// Appends fields to a vector.
///
/// A string or array longer than its form can say is a bug of the caller and panics with the length: what
/// peers and disks send passed [`Reader`](super::Reader), which lets no longer string in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Writer {
    bytes: Vec<u8>,
    flexible: bool,
}

impl Writer {
    /// Starts an empty message. `flexible` chooses the compact form of lengths and turns tagged fields on.
    pub fn new(flexible: bool) -> Self {
        Self { bytes: Vec::new(), flexible }
    }

    /// Starts an empty message with room for `capacity` bytes.
    pub fn with_capacity(capacity: usize, flexible: bool) -> Self {
        Self { bytes: Vec::with_capacity(capacity), flexible }
    }

    /// Changes the form for the fields that follow.
    pub fn set_flexible(&mut self, flexible: bool) {
        self.flexible = flexible;
    }

    /// Whether lengths are compact and tagged fields exist.
    pub fn is_flexible(&self) -> bool {
        self.flexible
    }

    /// Bytes written so far.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing is written yet.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// What is written so far.
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes
    }

    /// Hands out the vector.
    pub fn into_vec(self) -> Vec<u8> {
        self.bytes
    }

    /// Appends bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Writes 1 or 0.
    pub fn bool(&mut self, value: bool) {
        self.bytes.push(u8::from(value));
    }

    /// Writes one signed byte.
    pub fn i8(&mut self, value: i8) {
        self.raw(&value.to_be_bytes());
    }

    /// Writes one unsigned byte.
    pub fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    /// Writes two bytes.
    pub fn i16(&mut self, value: i16) {
        self.raw(&value.to_be_bytes());
    }

    /// Writes two bytes, unsigned.
    pub fn u16(&mut self, value: u16) {
        self.raw(&value.to_be_bytes());
    }

    /// Writes four bytes.
    pub fn i32(&mut self, value: i32) {
        self.raw(&value.to_be_bytes());
    }

    /// Writes four bytes, unsigned.
    pub fn u32(&mut self, value: u32) {
        self.raw(&value.to_be_bytes());
    }

    /// Writes eight bytes.
    pub fn i64(&mut self, value: i64) {
        self.raw(&value.to_be_bytes());
    }

    /// Writes a double of eight bytes.
    pub fn f64(&mut self, value: f64) {
        self.raw(&value.to_be_bytes());
    }

    /// Writes sixteen bytes.
    pub fn uuid(&mut self, value: Uuid) {
        self.raw(value.as_bytes());
    }

    /// Writes an unsigned varint of one to five bytes.
    pub fn uvarint(&mut self, value: u32) {
        self.base128(u64::from(value));
    }

    /// Writes a zigzag varint of one to five bytes.
    pub fn varint(&mut self, value: i32) {
        self.base128(u64::from((value << 1 ^ value >> 31) as u32));
    }

    /// Writes a zigzag varint of one to ten bytes.
    pub fn varlong(&mut self, value: i64) {
        self.base128((value << 1 ^ value >> 63) as u64);
    }

    fn base128(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    fn compact_len(&mut self, length: Option<usize>) {
        let plus_one = length.map_or(0, |length| {
            u32::try_from(length + 1).unwrap_or_else(|_| panic!("length {length} exceeds a varint"))
        });
        self.uvarint(plus_one);
    }

    /// Writes the length of a string, `None` for null.
    ///
    /// # Panics
    /// If the plain form cannot say the length (more than 32,767 bytes).
    pub fn string_len(&mut self, length: Option<usize>) {
        if self.flexible {
            self.compact_len(length);
        } else {
            let plain = length.map_or(-1, |length| {
                i16::try_from(length).unwrap_or_else(|_| panic!("string of {length} bytes exceeds 32767"))
            });
            self.i16(plain);
        }
    }

    /// Writes the length of bytes or of an array, `None` for null.
    ///
    /// # Panics
    /// If the form cannot say the length (about 2 GiB).
    pub fn long_len(&mut self, length: Option<usize>) {
        if self.flexible {
            self.compact_len(length);
        } else {
            let plain = length.map_or(-1, |length| {
                i32::try_from(length).unwrap_or_else(|_| panic!("length {length} exceeds 31 bits"))
            });
            self.i32(plain);
        }
    }

    /// Writes a string.
    pub fn string(&mut self, value: &str) {
        self.nullable_string(Some(value));
    }

    /// Writes a string that may be null.
    pub fn nullable_string(&mut self, value: Option<&str>) {
        self.string_len(value.map(str::len));
        self.raw(value.unwrap_or_default().as_bytes());
    }

    /// Writes a nullable string with a length of two bytes whatever the form: the client id of a header.
    ///
    /// # Panics
    /// If the string is longer than 32,767 bytes.
    pub fn plain_nullable_string(&mut self, value: Option<&str>) {
        let flexible = std::mem::replace(&mut self.flexible, false);
        self.nullable_string(value);
        self.flexible = flexible;
    }

    /// Writes bytes.
    pub fn bytes(&mut self, value: &[u8]) {
        self.nullable_bytes(Some(value));
    }

    /// Writes bytes that may be null.
    pub fn nullable_bytes(&mut self, value: Option<&[u8]>) {
        self.long_len(value.map(<[u8]>::len));
        self.raw(value.unwrap_or_default());
    }

    /// Writes an array, element by element.
    pub fn array<T>(&mut self, values: &[T], element: impl FnMut(&mut Self, &T)) {
        self.nullable_array(Some(values), element);
    }

    /// Writes an array that may be null, element by element.
    pub fn nullable_array<T>(&mut self, values: Option<&[T]>, mut element: impl FnMut(&mut Self, &T)) {
        self.long_len(values.map(<[T]>::len));
        for value in values.unwrap_or_default() {
            element(self, value);
        }
    }

    /// Writes the marker of a nullable struct (1, or -1 for null), then the struct.
    pub fn nullable_struct<T>(&mut self, value: Option<&T>, body: impl FnOnce(&mut Self, &T)) {
        match value {
            Some(value) => {
                self.i8(1);
                body(self, value);
            }
            None => self.i8(-1),
        }
    }

    /// Writes the end of a struct that has no tagged field to say: one zero byte, or nothing in the plain form.
    pub fn no_tags(&mut self) {
        self.tags(Tags::default());
    }

    /// Writes the tagged fields at the end of a struct; nothing in the plain form.
    pub fn tags(&mut self, tags: Tags) {
        if self.flexible {
            self.uvarint(tags.count);
            self.raw(&tags.fields.bytes);
        }
    }
}

/// Tagged fields gathered for the end of a struct, in ascending order of their tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    count: u32,
    fields: Writer,
}

impl Tags {
    /// Adds a field; callers go through a struct's tags from the lowest to the highest.
    pub fn add(&mut self, tag: u32, field: impl FnOnce(&mut Writer)) {
        let mut body = Writer::new(true);
        field(&mut body);
        self.count += 1;
        self.fields.uvarint(tag);
        self.fields.uvarint(u32::try_from(body.len()).expect("a tagged field is built from one message"));
        self.fields.raw(body.as_slice());
    }

    /// Adds a field if it differs from its default.
    pub fn add_if(&mut self, is_set: bool, tag: u32, field: impl FnOnce(&mut Writer)) {
        if is_set {
            self.add(tag, field);
        }
    }
}
