//! Bytes from a hostile peer: nothing panics, and nothing reserves far more than was sent.
//!
//! Recorded frames are cut short, flipped and made to claim huge lengths; an allocator that counts watches how
//! much memory their decoding holds at once. Everything is in one test, because the count is the process's.

mod recording;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use kr_wire::fetch::{FetchRequest, FetchResponse};
use kr_wire::header::{self, RequestHeader};
use kr_wire::message;
use kr_wire::produce::{ProduceRequest, ProduceResponse};
use proptest::prelude::{Strategy, any, prop};
use proptest::test_runner::{Config, TestRunner};

use recording::{Exchange, recorded};

/// Counts the bytes in use and their maximum.
struct Counting;

static USED: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

#[expect(unsafe_code, reason = "an allocator is unsafe by its trait; this one only counts and passes on")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let used = USED.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(used, Ordering::Relaxed);
        // SAFETY: the caller's promise about the layout is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        USED.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the pointer came from `alloc` above, and so from the system.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Most that a frame of `length` bytes may hold while it is decoded: what [`MemoryBudget`] grants, and as much
/// again as the frame for what is not in arrays.
///
/// [`MemoryBudget`]: kr_wire::primitives::MemoryBudget
fn allowed(length: usize) -> usize {
    1024 * 1024 + 17 * length + 4096
}

/// Bytes that `work` holds at once beyond what was in use before.
fn peak_of(work: impl FnOnce()) -> usize {
    let before = USED.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    work();
    PEAK.load(Ordering::Relaxed) - before
}

/// A request or a response, and what it says it is.
#[derive(Clone, Copy, Debug)]
struct Kind {
    key: i16,
    version: i16,
    is_request: bool,
}

impl Kind {
    /// Decodes in every way there is; the result does not matter, the way to it does.
    fn decode(self, frame: &Bytes) {
        let Self { key, version, is_request } = self;
        if is_request {
            let Ok((header, length)) = RequestHeader::decode(frame) else { return };
            let body = frame.slice(length..);
            drop(message::decode_request(header.api_key, header.api_version, body.clone()));
            drop(ProduceRequest::decode(header.api_version, &body));
            drop(FetchRequest::decode(header.api_version, &body));
        } else {
            let Ok((_, length)) = header::decode_response_header(key, version, frame) else { return };
            let body = frame.slice(length..);
            drop(message::decode_response(key, version, body.clone()));
            drop(ProduceResponse::decode(version, &body));
            drop(FetchResponse::decode(version, &body));
        }
    }

    fn check(self, frame: &Bytes, how: &dyn std::fmt::Display) {
        let peak = peak_of(|| self.decode(frame));
        assert!(peak <= allowed(frame.len()), "{self:?} {how}: {peak} bytes for a frame of {}", frame.len());
    }
}

/// Recorded requests and responses, each on its own.
fn frames() -> Vec<(Kind, Bytes)> {
    let exchanges = recorded().into_iter();
    let frames = exchanges.flat_map(|Exchange { key, version, request, response }| {
        let kind = |is_request| Kind { key, version, is_request };
        [Some((kind(true), request)), response.map(|response| (kind(false), response))]
    });
    frames.flatten().collect()
}

/// Lengths and counts that a frame does not bring: four bytes, and varints of five and three.
const LIES: [&[u8]; 6] = [
    &[0x7f, 0xff, 0xff, 0xff],
    &[0, 0x10, 0, 0],
    &[0x80, 0, 0, 0],
    &[0xff, 0xff, 0xff, 0xff, 0x0f],
    &[0xff, 0xff, 0x7f],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
];

#[test]
fn no_frame_panics_or_reserves_far_more_than_it_brings() {
    cut_short();
    lying();
    random();
    large();
}

fn cut_short() {
    for (kind, frame) in frames() {
        for end in 0..frame.len() {
            kind.check(&frame.slice(..end), &format_args!("cut at {end}"));
        }
    }
}

fn lying() {
    for (kind, frame) in frames() {
        for (at, lie) in (0..frame.len()).flat_map(|at| LIES.map(|lie| (at, lie))) {
            let mut frame = frame.to_vec();
            let end = frame.len().min(at + lie.len());
            frame[at..end].copy_from_slice(&lie[..end - at]);
            kind.check(&Bytes::from(frame), &format_args!("with {lie:x?} at {at}"));
        }
    }
}

fn random() {
    let flips = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8);
    let strategy = (prop::sample::select(frames()), flips, prop::collection::vec(any::<u8>(), 0..64));
    let strategy = strategy.prop_map(|((kind, frame), flips, tail)| {
        let mut frame = frame.to_vec();
        for (index, byte) in flips {
            let at = index.index(frame.len());
            frame[at] = byte;
        }
        frame.extend(tail);
        (kind, frame)
    });
    let config = Config { failure_persistence: None, ..Config::with_cases(20_000) };
    TestRunner::new(config)
        .run(&strategy, |(kind, frame)| {
            kind.check(&Bytes::from(frame), &"at random");
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

/// Frames of some megabytes with as many of the smallest elements as fit, for every API and version.
fn large() {
    for row in kr_wire::api::rows() {
        for version in row.min..=row.max {
            for filler in [0u8, 1] {
                let count = 2 * 1024 * 1024u32;
                let mut body = if row.is_flexible(version) {
                    let mut varint = vec![];
                    let mut rest = count + 1;
                    while rest >= 0x80 {
                        varint.push(rest as u8 | 0x80);
                        rest >>= 7;
                    }
                    varint.push(rest as u8);
                    varint
                } else {
                    count.to_be_bytes().to_vec()
                };
                body.resize(body.len() + count as usize, filler);
                let body = Bytes::from(body);
                let length = body.len();
                let peak = peak_of(|| drop(message::decode_response(row.key, version, body.clone())))
                    .max(peak_of(|| drop(message::decode_request(row.key, version, body.clone()))));
                assert!(peak <= allowed(length), "{} v{version}: {peak} bytes for {length}", row.name);
            }
        }
    }
}
