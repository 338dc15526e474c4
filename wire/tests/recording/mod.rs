//! What Apache Kafka 4.1.2 and 3.9.2 sent and received; see `data/README.md`.

use std::io::Read;

use bytes::Bytes;
use flate2::read::GzDecoder;

const KAFKA_4_1: &[u8] = include_bytes!("../data/wire-4.1.2.jsonl.gz");
const KAFKA_3_9: &[u8] = include_bytes!("../data/wire-3.9.2.jsonl.gz");

/// A request and its response without their lengths.
pub struct Exchange {
    pub key: i16,
    pub version: i16,
    pub request: Bytes,
    pub response: Option<Bytes>,
}

/// Every recorded exchange, in the recordings' order.
pub fn recorded() -> Vec<Exchange> {
    let mut exchanges = Vec::new();
    for file in [KAFKA_4_1, KAFKA_3_9] {
        let mut text = String::new();
        GzDecoder::new(file).read_to_string(&mut text).expect("the recording is gzip of text");
        for line in text.lines() {
            let line: serde_json::Value = serde_json::from_str(line).expect("a line is a JSON object");
            let number = |name: &str| i16::try_from(line[name].as_i64().expect("a number")).expect("16 bits");
            exchanges.push(Exchange {
                key: number("api_key"),
                version: number("version"),
                request: line["request"].as_str().map(hex).expect("every exchange has a request"),
                response: line["response"].as_str().filter(|text| !text.is_empty()).map(hex),
            });
        }
    }
    exchanges
}

fn hex(text: &str) -> Bytes {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("hex digits");
    (0..text.len()).step_by(2).map(digit).collect()
}
