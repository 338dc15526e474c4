//! Big-endian numbers, varints, strings, arrays and tagged fields: the alphabet of Kafka's messages.
//!
//! [`Reader`] borrows and never copies; [`Writer`] appends to one vector. Both know the two forms of Kafka's
//! encoding, *plain* (fixed-width lengths) and *compact* (KIP-482: varint lengths plus one, tagged fields),
//! as a property of the message at hand, so that a codec names each field once for all versions.
//! Nothing here reserves what a peer claims: a count never exceeds the bytes that remain, and all arrays of a
//! message share a [`MemoryBudget`].
//! Which fields a message has is not known here.

use std::mem::size_of;

use uuid::Uuid;

/// What is wrong with bytes from a peer or a disk. The fault is always theirs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes end inside a field.
    #[error("{needed} bytes needed at byte {at}, {remaining} left")]
    Truncated {
        /// Position of the field from the start of the bytes read.
        at: usize,
        /// Bytes the field takes.
        needed: usize,
        /// Bytes that are there.
        remaining: usize,
    },
    /// A length or count is negative, or larger than the bytes that follow could hold.
    #[error("length {claimed} at byte {at} does not fit the {remaining} bytes left")]
    Length {
        /// Position after the length.
        at: usize,
        /// The length as sent.
        claimed: i64,
        /// Bytes that are there.
        remaining: usize,
    },
    /// A field that may not be null is null.
    #[error("null at byte {at} where a value is required")]
    Null {
        /// Position after the null.
        at: usize,
    },
    /// A string is not UTF-8.
    #[error("string at byte {at} is not valid utf-8")]
    Utf8 {
        /// Position of the string's first byte.
        at: usize,
    },
    /// A varint does not end within the bytes its type may take, or does not fit the type.
    #[error("varint at byte {at} is too long")]
    Varint {
        /// Position of the varint.
        at: usize,
    },
    /// A value is outside what the field may hold.
    #[error("{what} at byte {at} cannot be {value}")]
    Value {
        /// Position after the value.
        at: usize,
        /// The field in words.
        what: &'static str,
        /// The value as sent.
        value: i64,
    },
    /// Bytes are left after the end of a message.
    #[error("{count} bytes left after the end of the message at byte {at}")]
    Trailing {
        /// Where the message ended.
        at: usize,
        /// Bytes after it.
        count: usize,
    },
    /// The message would take more memory than its size allows for.
    #[error("array of {count} elements at byte {at} takes more memory than {length} bytes may ask for")]
    Memory {
        /// Position after the array's count.
        at: usize,
        /// The count.
        count: usize,
        /// Length of the message.
        length: usize,
    },
    /// No API has this key.
    #[error("api key {key} is unknown")]
    Api {
        /// The key as sent.
        key: i16,
    },
    /// The API exists, the version does not, or not here.
    #[error("version {version} of api key {key} is not supported")]
    Version {
        /// The API.
        key: i16,
        /// The version as sent.
        version: i16,
    },
    /// The message codec refused what the bounds allowed.
    #[error("message of api key {key} version {version} is malformed: {reason}")]
    Message {
        /// The API.
        key: i16,
        /// Its version.
        version: i16,
        /// The codec's words.
        reason: String,
    },
}

/// Result of a read.
pub type Decoded<T> = Result<T, DecodeError>;

/// Memory that the arrays of one message may still take.
///
/// A decoded element is larger than its bytes: an empty string takes one byte on the wire and 32 in memory.
/// Messages that mean something stay below ten times their length, so a short message is not held to a ratio,
/// a longer one to sixteen times its length, and none may take more than a fixed amount: a million partitions
/// of 200 bytes, five times the largest cluster Kafka claims.
#[derive(Clone, Debug)]
pub struct MemoryBudget {
    left: usize,
    length: usize,
}

impl MemoryBudget {
    const FLOOR_BYTES: usize = 1024 * 1024;
    const RATIO: usize = 16;
    const CEILING_BYTES: usize = 256 * 1024 * 1024;

    /// The budget of a message of `length` bytes.
    pub fn new(length: usize) -> Self {
        let left =
            length.saturating_mul(Self::RATIO).saturating_add(Self::FLOOR_BYTES).min(Self::CEILING_BYTES);
        Self { left, length }
    }

    /// Spends what an array of `count` elements takes; `at` is where it stands.
    pub fn spend(&mut self, at: usize, count: usize, element_bytes: usize) -> Decoded<()> {
        let left = count.checked_mul(element_bytes).and_then(|bytes| self.left.checked_sub(bytes));
        self.left = left.ok_or(DecodeError::Memory { at, count, length: self.length })?;
        Ok(())
    }
}

/// Reads fields from borrowed bytes, front to back.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    flexible: bool,
    budget: MemoryBudget,
}

impl<'a> Reader<'a> {
    /// Starts at the first byte. `flexible` chooses the compact form of lengths and turns tagged fields on.
    pub fn new(bytes: &'a [u8], flexible: bool) -> Self {
        Self { bytes, at: 0, flexible, budget: MemoryBudget::new(bytes.len()) }
    }

    /// Changes the form for the fields that follow (a record's version says its form).
    pub fn set_flexible(&mut self, flexible: bool) {
        self.flexible = flexible;
    }

    /// Whether lengths are compact and tagged fields exist.
    pub fn is_flexible(&self) -> bool {
        self.flexible
    }

    /// Bytes read so far.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Bytes left.
    pub fn remaining(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// Takes the next `count` bytes as they are.
    pub fn take(&mut self, count: usize) -> Decoded<&'a [u8]> {
        let remaining = self.remaining();
        if count > remaining {
            return Err(DecodeError::Truncated { at: self.at, needed: count, remaining });
        }
        let taken = &self.bytes[self.at..self.at + count];
        self.at += count;
        Ok(taken)
    }

    /// Takes everything that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        let rest = &self.bytes[self.at..];
        self.at = self.bytes.len();
        rest
    }

    /// Refuses bytes after the end of a message.
    pub fn finish(self) -> Decoded<()> {
        match self.remaining() {
            0 => Ok(()),
            count => Err(DecodeError::Trailing { at: self.at, count }),
        }
    }

    /// Takes the memory of an array of `count` elements from the message's budget before it is reserved.
    pub fn spend(&mut self, count: usize, element_bytes: usize) -> Decoded<()> {
        self.budget.spend(self.at, count, element_bytes)
    }

    fn array_of<const N: usize>(&mut self) -> Decoded<[u8; N]> {
        let mut value = [0; N];
        value.copy_from_slice(self.take(N)?);
        Ok(value)
    }

    /// Reads one byte: zero is false, everything else true, as Kafka reads it.
    pub fn bool(&mut self) -> Decoded<bool> {
        Ok(self.i8()? != 0)
    }

    /// Reads one signed byte.
    pub fn i8(&mut self) -> Decoded<i8> {
        Ok(i8::from_be_bytes(self.array_of()?))
    }

    /// Reads one unsigned byte.
    pub fn u8(&mut self) -> Decoded<u8> {
        Ok(u8::from_be_bytes(self.array_of()?))
    }

    /// Reads two bytes.
    pub fn i16(&mut self) -> Decoded<i16> {
        Ok(i16::from_be_bytes(self.array_of()?))
    }

    /// Reads two bytes, unsigned (ports).
    pub fn u16(&mut self) -> Decoded<u16> {
        Ok(u16::from_be_bytes(self.array_of()?))
    }

    /// Reads four bytes.
    pub fn i32(&mut self) -> Decoded<i32> {
        Ok(i32::from_be_bytes(self.array_of()?))
    }

    /// Reads four bytes, unsigned (checksums).
    pub fn u32(&mut self) -> Decoded<u32> {
        Ok(u32::from_be_bytes(self.array_of()?))
    }

    /// Reads eight bytes.
    pub fn i64(&mut self) -> Decoded<i64> {
        Ok(i64::from_be_bytes(self.array_of()?))
    }

    /// Reads a double of eight bytes.
    pub fn f64(&mut self) -> Decoded<f64> {
        Ok(f64::from_be_bytes(self.array_of()?))
    }

    /// Reads sixteen bytes; the nil uuid is returned as it is.
    pub fn uuid(&mut self) -> Decoded<Uuid> {
        Ok(Uuid::from_bytes(self.array_of()?))
    }

    /// Reads an unsigned varint of at most five bytes.
    pub fn uvarint(&mut self) -> Decoded<u32> {
        let at = self.at;
        u32::try_from(self.base128(5)?).map_err(|_| DecodeError::Varint { at })
    }

    /// Reads a zigzag varint of at most five bytes.
    pub fn varint(&mut self) -> Decoded<i32> {
        let zigzag = self.uvarint()?;
        Ok((zigzag >> 1) as i32 ^ -((zigzag & 1) as i32))
    }

    /// Reads a zigzag varint of at most ten bytes.
    pub fn varlong(&mut self) -> Decoded<i64> {
        let zigzag = self.base128(10)?;
        Ok((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
    }

    fn base128(&mut self, longest: u32) -> Decoded<u64> {
        let at = self.at;
        let mut value = 0u64;
        for digit in 0..longest {
            let byte = u64::from(self.u8()?);
            // The tenth byte has room for one bit: 9 * 7 + 1 = 64.
            if digit == 9 && byte > 1 {
                break;
            }
            value |= (byte & 0x7f) << (7 * digit);
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(DecodeError::Varint { at })
    }

    /// Checks a length against what is left; -1 is null.
    fn checked_length(&self, claimed: i64) -> Decoded<Option<usize>> {
        match usize::try_from(claimed) {
            Ok(length) if length <= self.remaining() => Ok(Some(length)),
            Err(_) if claimed == -1 => Ok(None),
            _ => Err(DecodeError::Length { at: self.at, claimed, remaining: self.remaining() }),
        }
    }

    /// Reads the length of a string: 2 bytes, or a varint plus one; `None` is null.
    ///
    /// No string is longer than 32,767 bytes in either form, so what one form brought the other can carry.
    pub fn string_len(&mut self) -> Decoded<Option<usize>> {
        let claimed = if self.flexible { i64::from(self.uvarint()?) - 1 } else { i64::from(self.i16()?) };
        if claimed > i64::from(i16::MAX) {
            return Err(DecodeError::Length { at: self.at, claimed, remaining: self.remaining() });
        }
        self.checked_length(claimed)
    }

    /// Reads the length of bytes or of an array: 4 bytes, or a varint plus one; `None` is null.
    ///
    /// Never more than the bytes that are left: every element takes at least one.
    pub fn long_len(&mut self) -> Decoded<Option<usize>> {
        let claimed = if self.flexible { i64::from(self.uvarint()?) - 1 } else { i64::from(self.i32()?) };
        self.checked_length(claimed)
    }

    fn required<T>(&self, value: Option<T>) -> Decoded<T> {
        value.ok_or(DecodeError::Null { at: self.at })
    }

    fn text(&mut self, length: usize) -> Decoded<&'a str> {
        let at = self.at;
        std::str::from_utf8(self.take(length)?).map_err(|_| DecodeError::Utf8 { at })
    }

    /// Reads a string that may not be null.
    pub fn string(&mut self) -> Decoded<&'a str> {
        let value = self.nullable_string()?;
        self.required(value)
    }

    /// Reads a string that may be null.
    pub fn nullable_string(&mut self) -> Decoded<Option<&'a str>> {
        match self.string_len()? {
            Some(length) => self.text(length).map(Some),
            None => Ok(None),
        }
    }

    /// Reads a nullable string with a length of two bytes whatever the form: the client id of a header.
    pub fn plain_nullable_string(&mut self) -> Decoded<Option<&'a str>> {
        let claimed = i64::from(self.i16()?);
        match self.checked_length(claimed)? {
            Some(length) => self.text(length).map(Some),
            None => Ok(None),
        }
    }

    /// Reads bytes that may not be null.
    pub fn bytes(&mut self) -> Decoded<&'a [u8]> {
        let value = self.nullable_bytes()?;
        self.required(value)
    }

    /// Reads bytes that may be null.
    pub fn nullable_bytes(&mut self) -> Decoded<Option<&'a [u8]>> {
        match self.long_len()? {
            Some(length) => self.take(length).map(Some),
            None => Ok(None),
        }
    }

    /// Reads an array that may not be null, element by element.
    pub fn array<T>(&mut self, element: impl FnMut(&mut Self) -> Decoded<T>) -> Decoded<Vec<T>> {
        let value = self.nullable_array(element)?;
        self.required(value)
    }

    /// Reads an array that may be null, element by element.
    pub fn nullable_array<T>(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Decoded<T>,
    ) -> Decoded<Option<Vec<T>>> {
        let Some(count) = self.long_len()? else { return Ok(None) };
        self.spend(count, size_of::<T>())?;
        let mut values = Vec::with_capacity(count);
        for _ in 0..count {
            values.push(element(self)?);
        }
        Ok(Some(values))
    }

    /// Reads the marker of a nullable struct (one byte, negative is null), then the struct.
    pub fn nullable_struct<T>(&mut self, body: impl FnOnce(&mut Self) -> Decoded<T>) -> Decoded<Option<T>> {
        if self.i8()? < 0 { Ok(None) } else { body(self).map(Some) }
    }

    /// Reads the tagged fields at the end of a struct; nothing in the plain form.
    ///
    /// `known` gets each tag with a reader of exactly that field's bytes and says whether it knew the tag;
    /// a known tag must be read to its end, an unknown one is skipped.
    pub fn tags(&mut self, mut known: impl FnMut(u32, &mut Reader<'a>) -> Decoded<bool>) -> Decoded<()> {
        if !self.flexible {
            return Ok(());
        }
        for _ in 0..self.uvarint()? {
            let tag = self.uvarint()?;
            let length = self.uvarint()? as usize;
            let start = self.at;
            self.take(length)?;
            let mut field = Reader { bytes: &self.bytes[..self.at], at: start, ..self.clone() };
            let is_known = known(tag, &mut field)?;
            self.budget = field.budget.clone();
            if is_known {
                field.finish()?;
            }
        }
        Ok(())
    }

    /// Skips the tagged fields at the end of a struct that has none of its own.
    pub fn skip_tags(&mut self) -> Decoded<()> {
        self.tags(|_, _| Ok(false))
    }
}

/// Appends fields to a vector.
///
/// A string or array longer than its form can say is a bug of the caller and panics with the length: what
/// peers and disks send passed [`Reader`], which lets no longer string in.
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
