//! Batches as the driver writes them: small ones are joined until they have enough records, none is parted.
//!
//! Records are written to the log only when their batch is full, so what cannot be written is found there.

use kr_wire::metadata_records::MetadataRecord;

use super::Stop;

/// Longest string of a record, in bytes of UTF-8: Kafka's serialisers refuse a longer one.
const MAX_STRING_BYTES: usize = 32_767;
/// Most bytes of one batch of the metadata log (Kafka: `KafkaRaftClient.MAX_BATCH_SIZE_BYTES`).
const MAX_BATCH_BYTES: usize = 8 << 20;
/// Records at which the controller parts what it appends.
const MAX_BATCH_RECORDS: usize = 10_000;

/// Records on their way, with the nodes they come from.
#[derive(Debug)]
pub(super) struct Batches {
    min_records: usize,
    open: Vec<(MetadataRecord, String)>,
    done: Vec<Vec<MetadataRecord>>,
}

impl Batches {
    pub(super) fn new(min_records: usize) -> Self {
        Self { min_records, open: Vec::new(), done: Vec::new() }
    }

    /// Takes records that stay together, and the path of the node that each comes from.
    pub(super) fn accept(&mut self, records: Vec<(MetadataRecord, String)>) -> Result<(), Stop> {
        self.open.extend(records);
        if self.open.len() >= self.min_records { self.flush() } else { Ok(()) }
    }

    /// Writes what is open.
    pub(super) fn flush(&mut self) -> Result<(), Stop> {
        let open = std::mem::take(&mut self.open);
        if open.is_empty() {
            return Ok(());
        }
        for chunk in open.chunks(MAX_BATCH_RECORDS) {
            writable(chunk)?;
        }
        self.done.push(open.into_iter().map(|(record, _)| record).collect());
        Ok(())
    }

    /// The batches that were written; what is open is dropped.
    pub(super) fn into_done(self) -> Vec<Vec<MetadataRecord>> {
        self.done
    }
}

fn writable(records: &[(MetadataRecord, String)]) -> Result<(), Stop> {
    let mut bytes = 0;
    for (record, path) in records {
        if let Some((what, length)) = longest(record).filter(|(_, length)| *length > MAX_STRING_BYTES) {
            let why = format!("gives a record whose {what} has {length} bytes; 32,767 are allowed");
            return Err(Stop { path: path.clone(), why });
        }
        bytes += record.encode(record.version_for(0)).len();
        if bytes > MAX_BATCH_BYTES {
            let why = format!("is in a batch of {} records that has more than 8 MiB", records.len());
            return Err(Stop { path: path.clone(), why });
        }
    }
    Ok(())
}

/// The longest string of a record: what it is, and its length in bytes.
fn longest(record: &MetadataRecord) -> Option<(&'static str, usize)> {
    let strings: Vec<(&'static str, &str)> = match record {
        MetadataRecord::Config(record) => vec![
            ("resource name", &record.resource_name),
            ("key", &record.name),
            ("value", record.value.as_deref().unwrap_or_default()),
        ],
        MetadataRecord::ClientQuota(record) => {
            let names = record.entity.iter().filter_map(|entity| entity.entity_name.as_deref());
            names.map(|name| ("entity name", name)).chain([("key", record.key.as_str())]).collect()
        }
        MetadataRecord::AccessControlEntry(record) => vec![
            ("resource name", &record.resource_name),
            ("principal", &record.principal),
            ("host", &record.host),
        ],
        MetadataRecord::UserScramCredential(record) => vec![("name", &record.name)],
        MetadataRecord::DelegationToken(record) => {
            let renewers = record.renewers.iter().map(|renewer| ("renewer", renewer.as_str()));
            let own = [("owner", &record.owner), ("requester", &record.requester), ("id", &record.token_id)];
            own.into_iter().map(|(what, text)| (what, text.as_str())).chain(renewers).collect()
        }
        MetadataRecord::Topic(record) => vec![("name", &record.name)],
        _ => Vec::new(),
    };
    strings.into_iter().map(|(what, text)| (what, text.len())).max_by_key(|(_, length)| *length)
}
