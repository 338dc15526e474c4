//! The attacks, one after the other, each on every listener it fits.
//!
//! A truthful request may do harm too: nobody is authenticated yet. What an honest administrator could ask for
//! (to unregister a broker, to move the quorum's epoch on) is no attack here.

use std::io::Write;
use std::thread::sleep;
use std::time::Duration;

use bytes::Bytes;
use kr_node::Listener;
use kr_wire::api::{self, ApiKey};
use kr_wire::compression::Codec;
use kr_wire::message::{RequestKind, StrBytes};
use kr_wire::messages::create_partitions_request::CreatePartitionsTopic;
use kr_wire::messages::create_topics_request::CreatableTopic;
use kr_wire::messages::metadata_request::MetadataRequestTopic;
use kr_wire::messages::{
    CreatePartitionsRequest, CreateTopicsRequest, EnvelopeRequest, MetadataRequest, TopicName,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use crate::frames;
use crate::victim::{self, TOPIC, Victim};

/// Sends its frames and says how large the largest was, in bytes.
type Run = fn(&Victim, &mut ChaCha8Rng) -> usize;

/// One way to mean harm.
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    pub(crate) run: Run,
}

/// Every attack, cheap ones first.
pub(crate) const ALL: &[Attack] = &[
    Attack { name: "impossible lengths", run: impossible_lengths },
    Attack { name: "half frames and drips", run: half_frames_and_drips },
    Attack { name: "noise", run: noise },
    Attack { name: "noise behind true headers", run: noise_behind_headers },
    Attack { name: "keys and versions that are not served", run: unserved },
    Attack { name: "counts of two thousand million", run: lying_counts },
    Attack { name: "nested and repeated tags", run: tags },
    Attack { name: "recorded requests, damaged", run: damaged_recordings },
    Attack { name: "garbage in envelopes", run: envelopes },
    Attack { name: "partitions beyond number", run: partitions_beyond_number },
    Attack { name: "noise in record batches", run: noise_in_batches },
    Attack { name: "decompression bombs", run: bombs },
    Attack { name: "large frames that are true", run: large_frames },
];

fn impossible_lengths(victim: &Victim, _: &mut ChaCha8Rng) -> usize {
    let lengths = [0, -1, i32::MIN, i32::MAX, (100 << 20) + 1];
    let frames = lengths.map(|length: i32| [&length.to_be_bytes()[..], &[0; 100]].concat());
    on_all(victim, || frames.to_vec())
}

/// Claims the most that is allowed and sends little of it; some go on a byte at a time.
fn half_frames_and_drips(victim: &Victim, _: &mut ChaCha8Rng) -> usize {
    const HALVES: usize = 40;
    const SENT_BYTES: usize = 10_000;
    const DRIPS: usize = 50;
    let mut half = (100i32 << 20).to_be_bytes().to_vec();
    half.resize(SENT_BYTES, 0);
    let mut open = Vec::new();
    for (_, address) in victim.listeners() {
        open.extend((0..HALVES).map(|_| victim::send(*address, &half)));
        open.push(victim::send(*address, &[0]));
    }
    for _ in 0..DRIPS {
        for stream in &mut open {
            // The node may have lost patience.
            let _ = stream.write_all(&[0]);
        }
        // A drip is slow; nothing is waited for.
        sleep(Duration::from_millis(5));
    }
    victim.check_alive("half frames");
    SENT_BYTES
}

fn noise(victim: &Victim, rng: &mut ChaCha8Rng) -> usize {
    on_all(victim, || (0..100).map(|_| frames::framed(&bytes(rng, 2000))).collect())
}

fn noise_behind_headers(victim: &Victim, rng: &mut ChaCha8Rng) -> usize {
    on_all(victim, || {
        let rows = api::rows().iter().filter(|row| !is_administration(row.key));
        let versions = rows.flat_map(|row| (row.min..=row.max).map(move |version| (row, version)));
        versions.map(|(row, version)| frames::with_body(row, version, &bytes(rng, 300))).collect()
    })
}

fn unserved(victim: &Victim, rng: &mut ChaCha8Rng) -> usize {
    on_all(victim, || {
        let keys = [-1, 4, 5, 6, 7, 93, 1000, i16::MIN, i16::MAX].map(|key| (key, 0));
        let versions = api::rows().iter().flat_map(|row| {
            [i16::MIN, -1, row.max.saturating_add(1), i16::MAX].map(|version| (row.key, version))
        });
        let all = keys.into_iter().chain(versions);
        all.map(|(key, version)| frames::request(key, version, false, &bytes(rng, 100))).collect()
    })
}

/// Puts the largest count at every place near the front of every body, in both of its forms.
fn lying_counts(victim: &Victim, _: &mut ChaCha8Rng) -> usize {
    const PLACES: usize = 20;
    const PLAIN: &[u8] = &[0x7f, 0xff, 0xff, 0xff];
    const COMPACT: &[u8] = &[0xff, 0xff, 0xff, 0xff, 0x07];
    on_all(victim, || {
        let mut frames = Vec::new();
        for row in api::rows().iter().filter(|row| !is_administration(row.key) && row.min <= row.max) {
            for version in [row.min, row.max] {
                let count = if row.is_flexible(version) { COMPACT } else { PLAIN };
                for place in 0..PLACES {
                    let body = [&vec![0; place], count, &[1; 32]].concat();
                    frames.push(frames::with_body(row, version, &body));
                }
            }
        }
        frames
    })
}

/// Tagged fields are the only part of a message whose number its form does not bound.
fn tags(victim: &Victim, _: &mut ChaCha8Rng) -> usize {
    const TAGS: u32 = 200_000;
    let mut many = varint(TAGS);
    for tag in 0..TAGS {
        many.extend(varint(tag + 100));
        many.push(0);
    }
    let count = varint(u32::MAX);
    let long = [varint(1), varint(5), varint(u32::MAX)].concat();
    let flat = |key: i16, version: i16, tags: &[u8], body: &[u8]| {
        let header = [&key.to_be_bytes()[..], &version.to_be_bytes(), &[0, 0, 0, 1, 0xff, 0xff]].concat();
        frames::framed(&[&header, tags, body].concat())
    };
    on_all(victim, || {
        [&many, &count, &long]
            .iter()
            .flat_map(|tags| {
                [flat(18, 4, tags, b"\x02h\x02h\0"), flat(18, 4, b"\0", &[b"\x02h\x02h", &tags[..]].concat())]
            })
            .collect()
    })
}

/// Cuts, flips and overwrites what real clients and nodes sent, and sends it also where it does not belong.
fn damaged_recordings(victim: &Victim, rng: &mut ChaCha8Rng) -> usize {
    const TIMES: usize = 3;
    let recorded = frames::recorded();
    let recorded: Vec<_> = recorded.iter().filter(|recorded| !is_administration(recorded.key)).collect();
    on_all(victim, || {
        let mut frames = Vec::new();
        for recorded in &recorded {
            for _ in 0..TIMES {
                let body = recorded.body_at();
                frames.push(frames::framed(&recorded.request[..below(rng, recorded.request.len()) + 1]));
                frames.push(frames::framed(&overwritten(rng, &recorded.request, body)));
                frames.push(frames::framed(&flipped(rng, &recorded.request, body)));
            }
        }
        frames
    })
}

fn envelopes(victim: &Victim, rng: &mut ChaCha8Rng) -> usize {
    let envelope = |data: Vec<u8>, principal: Option<Bytes>, host: &'static [u8]| {
        let request = EnvelopeRequest::default()
            .with_request_data(data.into())
            .with_request_principal(principal)
            .with_client_host_address(Bytes::from_static(host));
        frames::message(0, &RequestKind::Envelope(request))
    };
    let principal = Bytes::from_static(b"\0\0\x05User\x0aANONYMOUS\0\0");
    let inner = |rng: &mut ChaCha8Rng, key: ApiKey| {
        let row = api::row(key as i16).expect("the API is known");
        frames::with_body(row, row.max, &bytes(rng, 200))[4..].to_vec()
    };
    on_all(victim, || {
        let mut frames = Vec::new();
        for _ in 0..30 {
            frames.push(envelope(bytes(rng, 300), Some(principal.clone()), &[127, 0, 0, 1]));
            for key in [ApiKey::CreateTopics, ApiKey::IncrementalAlterConfigs, ApiKey::Produce] {
                frames.push(envelope(inner(rng, key), Some(principal.clone()), &[127, 0, 0, 1]));
            }
            frames.push(envelope(
                inner(rng, ApiKey::CreateTopics),
                Some(bytes(rng, 50).into()),
                &[127, 0, 0, 1],
            ));
            frames.push(envelope(inner(rng, ApiKey::CreateTopics), None, &[1, 2, 3]));
        }
        let mut nested = inner(rng, ApiKey::CreateTopics);
        for _ in 0..100 {
            nested = envelope(nested, Some(principal.clone()), &[127, 0, 0, 1])[4..].to_vec();
        }
        frames.push(frames::framed(&nested));
        frames
    })
}

/// Few bytes that ask for many partitions.
fn partitions_beyond_number(victim: &Victim, _: &mut ChaCha8Rng) -> usize {
    let topic = |name: &'static str| TopicName(StrBytes::from_static_str(name));
    let create = |partitions: i32, replicas: i16| {
        let topic = CreatableTopic::default()
            .with_name(topic("huge"))
            .with_num_partitions(partitions)
            .with_replication_factor(replicas);
        let request = CreateTopicsRequest::default().with_topics(vec![topic]).with_timeout_ms(1000);
        frames::message(7, &RequestKind::CreateTopics(request))
    };
    let grow = |count: i32| {
        let topic =
            CreatePartitionsTopic::default().with_name(topic(TOPIC)).with_count(count).with_assignments(None);
        let request = CreatePartitionsRequest::default().with_topics(vec![topic]).with_timeout_ms(1000);
        frames::message(3, &RequestKind::CreatePartitions(request))
    };
    on_all(victim, || {
        vec![create(i32::MAX, 3), create(1_000_000, -1), create(3, i16::MAX), grow(i32::MAX), grow(1_000_000)]
    })
}

fn noise_in_batches(victim: &Victim, rng: &mut ChaCha8Rng) -> usize {
    on_brokers(victim, || {
        let mut frames = Vec::new();
        for codec in Codec::ALL {
            for partition in 0..3 {
                for _ in 0..10 {
                    frames.push(frames::produce(TOPIC, partition, frames::batch(codec, &bytes(rng, 500))));
                }
            }
        }
        // Records that claim more than there is: a length, a key, a number of headers.
        for records in [
            &b"\xfe\xff\xff\xff\x0f"[..],
            b"\x10\0\0\0\xfe\xff\xff\xff\x0f",
            b"\x14\0\0\0\x01\x01\xfe\xff\xff\xff\x0f",
        ] {
            for partition in 0..3 {
                frames.push(frames::produce(TOPIC, partition, frames::batch(Codec::None, records)));
            }
        }
        frames
    })
}

fn bombs(victim: &Victim, _: &mut ChaCha8Rng) -> usize {
    let mut largest = 0;
    for codec in [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd] {
        let batch = frames::batch(codec, &frames::bomb(codec));
        for partition in 0..3 {
            let frame = frames::produce(TOPIC, partition, batch.clone());
            largest = on_brokers(victim, || vec![frame.clone()]).max(largest);
        }
    }
    largest
}

/// True counts of the smallest elements, and a batch that is too large.
fn large_frames(victim: &Victim, rng: &mut ChaCha8Rng) -> usize {
    const NAMES: usize = 400_000;
    const BATCH_BYTES: usize = 16 << 20;
    let name = MetadataRequestTopic::default().with_name(Some(TopicName(StrBytes::from_static_str("no"))));
    let request =
        MetadataRequest::default().with_topics(Some(vec![name; NAMES])).with_allow_auto_topic_creation(false);
    let names = frames::message(12, &RequestKind::Metadata(request));
    let mut records = vec![0; BATCH_BYTES];
    rng.fill_bytes(&mut records);
    let batch = frames::produce(TOPIC, 0, frames::batch(Codec::None, &records));
    drop(records);
    let first = victim.of_kind(Listener::Broker)[0];
    victim.send_all(first, [names]).max(victim.send_all(first, [batch]))
}

fn on_all(victim: &Victim, mut frames: impl FnMut() -> Vec<Vec<u8>>) -> usize {
    let addresses: Vec<_> = victim.listeners().iter().map(|(_, address)| *address).collect();
    addresses.into_iter().map(|address| victim.send_all(address, frames())).max().unwrap_or(0)
}

fn on_brokers(victim: &Victim, mut frames: impl FnMut() -> Vec<Vec<u8>>) -> usize {
    let addresses = victim.of_kind(Listener::Broker);
    addresses.into_iter().map(|address| victim.send_all(address, frames())).max().unwrap_or(0)
}

/// Requests by which anyone may take the cluster down who guesses an id or an epoch right.
fn is_administration(key: i16) -> bool {
    [ApiKey::UnregisterBroker, ApiKey::UpdateFeatures]
        .iter()
        .any(|administration| *administration as i16 == key)
}

/// Up to `max` bytes, mostly of the values that end lengths, counts and numbers.
fn bytes(rng: &mut ChaCha8Rng, max: usize) -> Vec<u8> {
    let mut bytes = vec![0; below(rng, max) + 1];
    rng.fill_bytes(&mut bytes);
    if below(rng, 2) == 0 {
        for byte in &mut bytes {
            *byte = [0, 0, 0, 1, 2, 0x7f, 0x80, 0xff][usize::from(*byte) % 8];
        }
    }
    bytes
}

fn overwritten(rng: &mut ChaCha8Rng, request: &[u8], from: usize) -> Vec<u8> {
    const VALUES: [&[u8]; 5] = [
        &[0x7f, 0xff, 0xff, 0xff],
        &[0xff, 0xff, 0xff, 0xff, 0x0f],
        &[0x80, 0, 0, 0],
        &[0xff; 8],
        &[0x7f, 0xff],
    ];
    let mut request = request.to_vec();
    let value = VALUES[below(rng, VALUES.len())];
    let at = from.min(request.len()) + below(rng, request.len().saturating_sub(from).max(1));
    let end = (at + value.len()).min(request.len());
    request[at..end].copy_from_slice(&value[..end - at]);
    request
}

fn flipped(rng: &mut ChaCha8Rng, request: &[u8], from: usize) -> Vec<u8> {
    let mut request = request.to_vec();
    for _ in 0..=below(rng, 8) {
        let at = from + below(rng, request.len().saturating_sub(from).max(1));
        if let Some(byte) = request.get_mut(at) {
            *byte ^= 1 << below(rng, 8);
        }
    }
    request
}

fn below(rng: &mut ChaCha8Rng, bound: usize) -> usize {
    usize::try_from(rng.next_u32()).expect("32 bits fit") % bound
}

fn varint(mut value: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}
