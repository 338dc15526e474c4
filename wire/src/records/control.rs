//! Control records: markers of transactions in data partitions, and what raft writes into its log and snapshots.
//!
//! A key is int16 version 0 and int16 type; a value begins with its own int16 version. Readers of markers accept
//! later versions; raft's messages are version 0 only, since Kafka to 4.1 reads them so whatever they say.

use bytes::Bytes;

use crate::ids::{DirectoryId, LeaderEpoch, NodeId, Offset};
use crate::primitives::{DecodeError, Decoded, Reader, Writer};

use super::batch::BatchBuilder;
use super::schema::{Field, structs};

const VERSION: i16 = 0;

/// One control record.
#[derive(Clone, Debug, PartialEq)]
pub enum ControlRecord {
    /// The producer's transaction is aborted (type 0).
    Abort(EndTransactionMarker),
    /// The producer's transaction is committed (type 1).
    Commit(EndTransactionMarker),
    /// An epoch of the metadata log has a leader (type 2).
    LeaderChange(LeaderChange),
    /// A metadata snapshot begins (type 3).
    SnapshotHeader(SnapshotHeader),
    /// A metadata snapshot is complete (type 4).
    SnapshotFooter(SnapshotFooter),
    /// The quorum's `kraft.version` (type 5).
    KraftVersion(KraftVersion),
    /// The quorum's voters (type 6).
    KraftVoters(KraftVoters),
}

structs! {
    /// Who ended a transaction.
    struct EndTransactionMarker {
        /// Epoch of the transaction coordinator's partition.
        coordinator_epoch: i32;
    }

    /// An epoch of the metadata log has a leader.
    struct LeaderChange {
        /// The leader.
        leader_id: NodeId;
        /// All voters.
        voters: Vec<Voter>;
        /// The voters whose votes elected it.
        granting_voters: Vec<Voter>;
    }

    /// A voter by its id.
    struct Voter {
        /// The id.
        voter_id: NodeId;
    }

    /// A metadata snapshot begins.
    struct SnapshotHeader {
        /// Append time of the last batch the snapshot stands for, milliseconds since 1970.
        last_contained_log_timestamp: i64;
    }

    /// A metadata snapshot is complete.
    struct SnapshotFooter {}

    /// The quorum's feature level.
    struct KraftVersion {
        /// 0 static voters, 1 dynamic voters (KIP-853).
        kraft_version: i16;
    }

    /// The quorum's voters.
    struct KraftVoters {
        /// All of them.
        voters: Vec<KraftVoter>;
    }

    /// A voter of a dynamic quorum.
    struct KraftVoter {
        /// Its id.
        voter_id: NodeId;
        /// Directory of its metadata log.
        voter_directory_id: DirectoryId;
        /// How to reach it.
        endpoints: Vec<VoterEndpoint>;
        /// The levels of `kraft.version` it supports.
        kraft_version_feature: KraftVersionRange;
    }

    /// One listener of a voter.
    struct VoterEndpoint {
        /// Name of the listener; unique in its list.
        name: String;
        /// Host name or address.
        host: String;
        /// Port.
        port: u16;
    }

    /// Levels of `kraft.version`, both inclusive.
    struct KraftVersionRange {
        /// Lowest level.
        min_supported_version: i16;
        /// Highest level.
        max_supported_version: i16;
    }
}

impl ControlRecord {
    /// Type in the record's key (Kafka: `ControlRecordType`).
    pub fn type_id(&self) -> i16 {
        match self {
            Self::Abort(_) => 0,
            Self::Commit(_) => 1,
            Self::LeaderChange(_) => 2,
            Self::SnapshotHeader(_) => 3,
            Self::SnapshotFooter(_) => 4,
            Self::KraftVersion(_) => 5,
            Self::KraftVoters(_) => 6,
        }
    }

    /// Lays out the record's key and value.
    pub fn encode(&self) -> (Vec<u8>, Vec<u8>) {
        let mut key = Writer::new(false);
        key.i16(VERSION);
        key.i16(self.type_id());
        let is_marker = matches!(self, Self::Abort(_) | Self::Commit(_));
        let mut value = Writer::new(!is_marker);
        value.i16(VERSION);
        match self {
            Self::Abort(marker) | Self::Commit(marker) => marker.write(&mut value, VERSION),
            Self::LeaderChange(message) => message.write(&mut value, VERSION),
            Self::SnapshotHeader(message) => message.write(&mut value, VERSION),
            Self::SnapshotFooter(message) => message.write(&mut value, VERSION),
            Self::KraftVersion(message) => message.write(&mut value, VERSION),
            Self::KraftVoters(message) => message.write(&mut value, VERSION),
        }
        (key.into_vec(), value.into_vec())
    }

    /// Reads a record of a control batch.
    ///
    /// # Errors
    /// A null key or value, an unknown type, a malformed message; bytes after one of raft's.
    pub fn decode(key: Option<&[u8]>, value: Option<&[u8]>) -> Decoded<Self> {
        let key = key.ok_or(DecodeError::Null { at: 0 })?;
        let value = value.ok_or(DecodeError::Null { at: key.len() })?;
        let type_id = control_type(key)?;
        if let 0 | 1 = type_id {
            let mut reader = Reader::new(value, false);
            read_version(&mut reader)?;
            let marker = Field::read(&mut reader, VERSION)?;
            return Ok(if type_id == 0 { Self::Abort(marker) } else { Self::Commit(marker) });
        }
        let mut reader = Reader::new(value, true);
        read_version(&mut reader)?;
        let record = match type_id {
            2 => Self::LeaderChange(Field::read(&mut reader, VERSION)?),
            3 => Self::SnapshotHeader(Field::read(&mut reader, VERSION)?),
            4 => Self::SnapshotFooter(Field::read(&mut reader, VERSION)?),
            5 => Self::KraftVersion(Field::read(&mut reader, VERSION)?),
            6 => Self::KraftVoters(Field::read(&mut reader, VERSION)?),
            other => {
                return Err(DecodeError::Value {
                    at: 2,
                    what: "type of a control record",
                    value: other.into(),
                });
            }
        };
        reader.finish()?;
        Ok(record)
    }

    /// Adds the record to a control batch.
    pub fn push_to(&self, batch: &mut BatchBuilder, timestamp_ms: i64) {
        let (key, value) = self.encode();
        batch.push(timestamp_ms, Some(&key), Some(&value), &[]);
    }
}

/// Reads the type from a control record's key, also one that [`ControlRecord`] does not know.
///
/// # Errors
/// Fewer than four bytes, or a negative version.
pub fn control_type(key: &[u8]) -> Decoded<i16> {
    let mut reader = Reader::new(key, false);
    read_version(&mut reader)?;
    reader.i16()
}

fn read_version(reader: &mut Reader<'_>) -> Decoded<i16> {
    match reader.i16()? {
        version if version >= 0 => Ok(version),
        version => Err(DecodeError::Value {
            at: reader.position(),
            what: "version of a control record",
            value: version.into(),
        }),
    }
}

/// Lays out one control batch of raft: no producer, create time, one record after the other.
///
/// # Panics
/// Without records.
pub fn control_batch(
    base_offset: Offset,
    epoch: LeaderEpoch,
    timestamp_ms: i64,
    records: &[ControlRecord],
) -> Bytes {
    let mut batch = BatchBuilder::new(base_offset).leader_epoch(epoch).control();
    for record in records {
        record.push_to(&mut batch, timestamp_ms);
    }
    batch.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_have_kafkas_bytes() {
        let marker = EndTransactionMarker { coordinator_epoch: 5 };
        let (key, value) = ControlRecord::Commit(marker).encode();
        assert_eq!(key, [0, 0, 0, 1]);
        assert_eq!(value, [0, 0, 0, 0, 0, 5]);
    }

    #[test]
    fn marker_of_a_later_version_reads_with_its_extra_bytes_ignored() {
        let record = ControlRecord::decode(Some(&[0, 1, 0, 0]), Some(&[0, 1, 0, 0, 0, 5, 9])).unwrap();
        assert_eq!(record, ControlRecord::Abort(EndTransactionMarker { coordinator_epoch: 5 }));
    }

    #[test]
    fn unknown_type_and_null_are_refused() {
        assert!(ControlRecord::decode(Some(&[0, 0, 0, 9]), Some(&[0, 0])).is_err());
        assert!(ControlRecord::decode(None, Some(&[0, 0])).is_err());
        assert!(ControlRecord::decode(Some(&[0, 0, 0, 2]), None).is_err());
        assert_eq!(control_type(&[0, 0, 0, 9]), Ok(9));
    }

    #[test]
    fn every_record_reads_back() {
        let voter = KraftVoter {
            voter_id: NodeId(1),
            voter_directory_id: DirectoryId::UNASSIGNED,
            endpoints: vec![VoterEndpoint { name: "C".into(), host: "h".into(), port: 65_535 }],
            kraft_version_feature: KraftVersionRange { min_supported_version: 0, max_supported_version: 1 },
        };
        let change = LeaderChange {
            leader_id: NodeId(2),
            voters: vec![Voter { voter_id: NodeId(1) }, Voter { voter_id: NodeId(2) }],
            granting_voters: vec![Voter { voter_id: NodeId(2) }],
        };
        for record in [
            ControlRecord::Abort(EndTransactionMarker { coordinator_epoch: 1 }),
            ControlRecord::LeaderChange(change),
            ControlRecord::SnapshotHeader(SnapshotHeader { last_contained_log_timestamp: 77 }),
            ControlRecord::SnapshotFooter(SnapshotFooter {}),
            ControlRecord::KraftVersion(KraftVersion { kraft_version: 1 }),
            ControlRecord::KraftVoters(KraftVoters { voters: vec![voter] }),
        ] {
            let (key, value) = record.encode();
            assert_eq!(ControlRecord::decode(Some(&key), Some(&value)), Ok(record));
        }
    }
}
