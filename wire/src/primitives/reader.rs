//! Reads fields, front to back.

use std::mem::size_of;

use uuid::Uuid;

use super::{DecodeError, Decoded, MemoryBudget};

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
