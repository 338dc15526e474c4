//! Every form reads back what it wrote, and refuses what it cannot mean.

use proptest::prelude::{any, prop_assert_eq, proptest};
use uuid::Uuid;

use super::{DecodeError, Decoded, MemoryBudget, Reader, Tags, Writer};

fn written(flexible: bool, write: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer::new(flexible);
    write(&mut writer);
    writer.into_vec()
}

fn read<T>(bytes: &[u8], flexible: bool, read: impl FnOnce(&mut Reader<'_>) -> Decoded<T>) -> Decoded<T> {
    let mut reader = Reader::new(bytes, flexible);
    let value = read(&mut reader)?;
    reader.finish().map(|()| value)
}

proptest! {
    #[test]
    fn numbers_read_back(a in any::<i16>(), b in any::<i32>(), c in any::<i64>(), d in any::<u32>(), e in any::<u16>()) {
        let bytes = written(false, |writer| {
            writer.bool(a > 0);
            writer.i8(a as i8);
            writer.u8(e as u8);
            writer.i16(a);
            writer.u16(e);
            writer.i32(b);
            writer.u32(d);
            writer.i64(c);
            writer.f64(f64::from(b));
            writer.uuid(Uuid::from_u64_pair(c as u64, 7));
        });
        let mut reader = Reader::new(&bytes, false);
        prop_assert_eq!(reader.bool(), Ok(a > 0));
        prop_assert_eq!(reader.i8(), Ok(a as i8));
        prop_assert_eq!(reader.u8(), Ok(e as u8));
        prop_assert_eq!(reader.i16(), Ok(a));
        prop_assert_eq!(reader.u16(), Ok(e));
        prop_assert_eq!(reader.i32(), Ok(b));
        prop_assert_eq!(reader.u32(), Ok(d));
        prop_assert_eq!(reader.i64(), Ok(c));
        prop_assert_eq!(reader.f64(), Ok(f64::from(b)));
        prop_assert_eq!(reader.uuid(), Ok(Uuid::from_u64_pair(c as u64, 7)));
        prop_assert_eq!(reader.finish(), Ok(()));
    }

    #[test]
    fn varints_read_back(a in any::<u32>(), b in any::<i32>(), c in any::<i64>(), shift in 0u32..64) {
        let (a, b, c) = (a >> (shift % 32), b >> (shift % 32), c >> shift);
        let bytes = written(true, |writer| {
            writer.uvarint(a);
            writer.varint(b);
            writer.varlong(c);
        });
        let mut reader = Reader::new(&bytes, true);
        prop_assert_eq!(reader.uvarint(), Ok(a));
        prop_assert_eq!(reader.varint(), Ok(b));
        prop_assert_eq!(reader.varlong(), Ok(c));
        prop_assert_eq!(reader.finish(), Ok(()));
    }

    #[test]
    fn texts_and_arrays_read_back(flexible in any::<bool>(), text in any::<Option<String>>(), bytes in any::<Option<Vec<u8>>>()) {
        let numbers: Option<Vec<i32>> = bytes.as_ref().map(|bytes| bytes.iter().map(|b| i32::from(*b)).collect());
        let written = written(flexible, |writer| {
            writer.nullable_string(text.as_deref());
            writer.nullable_bytes(bytes.as_deref());
            writer.nullable_array(numbers.as_deref(), |writer, number| writer.i32(*number));
            writer.nullable_struct(numbers.as_ref(), |writer, numbers| writer.i32(numbers.len() as i32));
            writer.plain_nullable_string(text.as_deref());
            writer.no_tags();
        });
        let mut reader = Reader::new(&written, flexible);
        prop_assert_eq!(reader.nullable_string(), Ok(text.as_deref()));
        prop_assert_eq!(reader.nullable_bytes(), Ok(bytes.as_deref()));
        prop_assert_eq!(&reader.nullable_array(|reader| reader.i32()), &Ok(numbers.clone()));
        let count = numbers.map(|numbers| numbers.len() as i32);
        prop_assert_eq!(reader.nullable_struct(|reader| reader.i32()), Ok(count));
        prop_assert_eq!(reader.plain_nullable_string(), Ok(text.as_deref()));
        prop_assert_eq!(reader.skip_tags(), Ok(()));
        prop_assert_eq!(reader.finish(), Ok(()));
    }
}

#[test]
fn forms_are_kafkas() {
    assert_eq!(written(false, |writer| writer.string("kr")), b"\x00\x02kr");
    assert_eq!(written(true, |writer| writer.string("kr")), b"\x03kr");
    assert_eq!(written(false, |writer| writer.nullable_string(None)), [0xff, 0xff]);
    assert_eq!(written(true, |writer| writer.nullable_string(None)), [0]);
    assert_eq!(written(false, |writer| writer.bytes(b"kr")), b"\x00\x00\x00\x02kr");
    assert_eq!(written(true, |writer| writer.nullable_bytes(None)), [0]);
    assert_eq!(written(true, |writer| writer.uvarint(300)), [0xac, 0x02]);
    assert_eq!(written(true, |writer| writer.varint(-1)), [1]);
    assert_eq!(written(true, |writer| writer.varlong(64)), [0x80, 0x01]);
}

#[test]
fn truncated_field_says_what_it_needs() {
    assert_eq!(
        read(&[1, 2, 3], false, |reader| reader.i32()),
        Err(DecodeError::Truncated { at: 0, needed: 4, remaining: 3 })
    );
    let second = read(&[0, 0, 1], false, |reader| reader.i16().and_then(|_| reader.i16()));
    assert_eq!(second, Err(DecodeError::Truncated { at: 2, needed: 2, remaining: 1 }));
}

#[test]
fn length_beyond_the_bytes_is_refused() {
    let length = |at, claimed, remaining| DecodeError::Length { at, claimed, remaining };
    let strings = |bytes: &[u8], flexible| read(bytes, flexible, |reader| reader.string().map(str::len));
    assert_eq!(strings(&[0, 3, b'k'], false), Err(length(2, 3, 1)));
    assert_eq!(strings(&[0xff, 0xfe], false), Err(length(2, -2, 0)));
    assert_eq!(strings(&[4, b'k'], true), Err(length(1, 3, 1)));
    let counts = |bytes: &[u8]| read(bytes, false, |reader| reader.array(|reader| reader.i8()));
    assert_eq!(counts(&[0x7f, 0xff, 0xff, 0xff, 1]), Err(length(4, i64::from(i32::MAX), 1)));
    assert_eq!(counts(&[0x80, 0, 0, 0]), Err(length(4, i64::from(i32::MIN), 0)));
}

#[test]
fn string_longer_than_the_plain_form_allows_is_refused_in_the_compact_one() {
    let longest = "k".repeat(32_767);
    let bytes = written(true, |writer| writer.string(&longest));
    assert_eq!(read(&bytes, true, |reader| reader.string().map(str::len)), Ok(32_767));
    let bytes = written(true, |writer| writer.string(&(longest + "k")));
    let refused = DecodeError::Length { at: 3, claimed: 32_768, remaining: 32_768 };
    assert_eq!(read(&bytes, true, |reader| reader.string().map(str::len)), Err(refused));
}

#[test]
fn null_is_refused_where_a_value_is_required() {
    for (flexible, bytes) in [(true, &[0][..]), (false, &[0xff, 0xff])] {
        let refused = Err(DecodeError::Null { at: bytes.len() });
        assert_eq!(read(bytes, flexible, |reader| reader.string().map(str::len)), refused);
    }
    assert_eq!(read(&[0], true, |reader| reader.bytes().map(<[u8]>::len)), Err(DecodeError::Null { at: 1 }));
}

#[test]
fn string_that_is_not_utf8_is_refused() {
    assert_eq!(
        read(b"\x02\xff", true, |reader| reader.string().map(str::len)),
        Err(DecodeError::Utf8 { at: 1 })
    );
}

#[test]
fn varint_beyond_its_type_is_refused() {
    let refused = DecodeError::Varint { at: 0 };
    assert_eq!(read(&[0x80; 6], true, |reader| reader.uvarint()), Err(refused.clone()));
    assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0x1f], true, |reader| reader.uvarint()), Err(refused.clone()));
    assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0x0f], true, |reader| reader.uvarint()), Ok(u32::MAX));
    let mut longest = [0xff; 10];
    assert_eq!(read(&longest, true, |reader| reader.varlong()), Err(refused.clone()));
    longest[9] = 2;
    assert_eq!(read(&longest, true, |reader| reader.varlong()), Err(refused));
    longest[9] = 1;
    assert_eq!(read(&longest, true, |reader| reader.varlong()), Ok(i64::MIN));
}

#[test]
fn unknown_tags_are_skipped_and_known_ones_read_to_their_end() {
    let bytes = written(true, |writer| {
        let mut tags = Tags::default();
        tags.add(0, |field| field.i32(7));
        tags.add_if(false, 1, |field| field.i32(8));
        tags.add(9, |field| field.string("new"));
        writer.tags(tags);
    });
    let mut value = 0;
    let mut read_tag = |longer: bool| {
        read(&bytes, true, |reader| {
            reader.tags(|tag, field| {
                if tag == 0 {
                    value = if longer { field.i32()? } else { i32::from(field.i16()?) };
                }
                Ok(tag == 0)
            })
        })
    };
    assert_eq!(read_tag(true), Ok(()));
    assert_eq!(read_tag(false), Err(DecodeError::Trailing { at: 5, count: 2 }));
    assert_eq!(value, 0, "the first two bytes of 7");
    assert_eq!(read(&[], false, |reader| reader.skip_tags()), Ok(()), "the plain form has no tags");
}

#[test]
fn tagged_field_cannot_reach_beyond_its_size() {
    // One tag, number 0, of two bytes; two more bytes follow it.
    let bytes = [1, 0, 2, 0, 0, 0, 7];
    let read = read(&bytes, true, |reader| reader.tags(|_, field| field.i32().map(|_| true)));
    assert_eq!(read, Err(DecodeError::Truncated { at: 3, needed: 4, remaining: 2 }));
}

#[test]
fn arrays_share_one_budget_that_grows_with_the_message() {
    let mut budget = MemoryBudget::new(1000);
    let granted = 1024 * 1024 + 16 * 1000;
    assert_eq!(budget.spend(0, granted / 2, 1), Ok(()));
    assert_eq!(budget.spend(0, granted / 2, 1), Ok(()));
    assert_eq!(budget.spend(8, 1, 1), Err(DecodeError::Memory { at: 8, count: 1, length: 1000 }));
    let huge = MemoryBudget::new(usize::MAX).spend(0, 256 * 1024 * 1024 + 1, 1);
    assert_eq!(huge, Err(DecodeError::Memory { at: 0, count: 256 * 1024 * 1024 + 1, length: usize::MAX }));
    assert!(MemoryBudget::new(1).spend(0, usize::MAX, 2).is_err(), "an overflow is more than anyone has");
}
