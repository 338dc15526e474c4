//! Java key stores (JKS), read only.
//!
//! ```text
//! FEEDFEED version:u32 count:u32
//!   1 alias:utf created:u64 len:u32 EncryptedPrivateKeyInfo chain:u32 { type:utf len:u32 certificate }*
//!   2 alias:utf created:u64 type:utf len:u32 certificate            (version 1 has no type)
//! SHA-1 of password (UTF-16BE), "Mighty Aphrodite" and all of the above
//! ```
//! `utf` is a u16 length and bytes. Numbers are big-endian. A key is XORed with a chain of SHA-1 over password
//! and salt: 20 bytes of salt, the key, 20 bytes of SHA-1 over password and key.

use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};

/// First bytes of a JKS file.
pub const MAGIC: [u8; 4] = [0xFE, 0xED, 0xFE, 0xED];

const SALT: &[u8] = b"Mighty Aphrodite";
const SHA1_BYTES: usize = 20;

/// An entry.
pub enum Entry {
    /// A certificate that is trusted.
    Certificate(Vec<u8>),
    /// A key, still encrypted, with its chain.
    Key { alias: String, encrypted: Vec<u8>, chain: Vec<Vec<u8>> },
}

/// Reads all entries. With a password the file's checksum is verified; Java reads a trust store without one.
pub fn read(data: &[u8], password: Option<&str>) -> Result<Vec<Entry>, String> {
    let damaged = || "the JKS file is damaged".to_owned();
    let body_end = data.len().checked_sub(SHA1_BYTES).ok_or_else(damaged)?;
    let (body, checksum) = data.split_at(body_end);
    if let Some(password) = password
        && sha1(&[&utf16(password), SALT, body]) != checksum
    {
        return Err("the password is wrong, or the file is damaged".to_owned());
    }
    let mut reader = Reader { rest: body };
    entries(&mut reader).ok_or_else(damaged)
}

fn entries(reader: &mut Reader<'_>) -> Option<Vec<Entry>> {
    reader.take(MAGIC.len())?;
    let version = reader.u32()?;
    let count = reader.u32()?;
    let mut entries = Vec::new();
    for _ in 0..count {
        let tag = reader.u32()?;
        let alias = reader.utf()?;
        reader.take(8)?;
        match tag {
            1 => {
                let encrypted = reader.bytes()?;
                let length = reader.u32()?;
                let mut chain = Vec::new();
                for _ in 0..length {
                    chain.push(reader.certificate(version)?);
                }
                entries.push(Entry::Key { alias, encrypted, chain });
            }
            2 => entries.push(Entry::Certificate(reader.certificate(version)?)),
            _ => return None,
        }
    }
    Some(entries)
}

/// Decrypts a key to PKCS8.
pub fn decrypt(encrypted: &[u8], password: &str) -> Result<Vec<u8>, String> {
    let damaged = || "the key is damaged".to_owned();
    let protected = octets(encrypted).ok_or_else(damaged)?;
    let length = protected.len().checked_sub(2 * SHA1_BYTES).ok_or_else(damaged)?;
    let (salt, rest) = protected.split_at(SHA1_BYTES);
    let (cipher, check) = rest.split_at(length);
    let password = utf16(password);
    let mut key = Vec::with_capacity(length);
    let mut link = salt.to_vec();
    for block in cipher.chunks(SHA1_BYTES) {
        link = sha1(&[&password, &link]);
        key.extend(block.iter().zip(&link).map(|(byte, mask)| byte ^ mask));
    }
    if sha1(&[&password, &key]) == check {
        Ok(key)
    } else {
        Err("the password of the key is wrong".to_owned())
    }
}

/// The octet string of an EncryptedPrivateKeyInfo: SEQUENCE { algorithm SEQUENCE, OCTET STRING }.
fn octets(der: &[u8]) -> Option<&[u8]> {
    let (0x30, inner, _) = element(der)? else { return None };
    let (0x30, _, after) = element(inner)? else { return None };
    let (0x04, octets, _) = element(after)? else { return None };
    Some(octets)
}

/// Tag, content and what follows of one DER element.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7F => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

fn sha1(parts: &[&[u8]]) -> Vec<u8> {
    let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    for part in parts {
        context.update(part);
    }
    context.finish().as_ref().to_vec()
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_be_bytes)
    }

    fn utf(&mut self) -> Option<String> {
        let length = self.take(2)?.try_into().ok().map(u16::from_be_bytes)?;
        Some(String::from_utf8_lossy(self.take(length.into())?).into_owned())
    }

    fn bytes(&mut self) -> Option<Vec<u8>> {
        let length = self.u32()?;
        Some(self.take(usize::try_from(length).ok()?)?.to_vec())
    }

    fn certificate(&mut self, version: u32) -> Option<Vec<u8>> {
        if version > 1 {
            self.utf()?;
        }
        self.bytes()
    }
}
