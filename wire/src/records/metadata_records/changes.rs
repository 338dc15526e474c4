//! Fields of metadata records whose numbers mean states or changes rather than amounts.

use crate::ids::NodeId;
use crate::primitives::{Decoded, Reader, Writer};
use crate::records::schema::{Field, Nullable};
use crate::records::shown::{Show, Shown};

use super::value_error;

/// Whether a partition's leader is known to have all committed records (KIP-704).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeaderRecoveryState {
    /// It came from the ISR, or has recovered.
    #[default]
    Recovered,
    /// It came from an unclean election and has not recovered yet.
    Recovering,
}

impl Show for LeaderRecoveryState {
    fn show(&self) -> Shown {
        Shown::Text(
            match self {
                Self::Recovered => "recovered",
                Self::Recovering => "recovering",
            }
            .to_owned(),
        )
    }
}

impl Field for LeaderRecoveryState {
    fn read(reader: &mut Reader<'_>, version: i16) -> Decoded<Self> {
        Self::read_nullable(reader, version)?.ok_or_else(|| value_error(reader, "leader recovery state", -1))
    }

    fn write(&self, writer: &mut Writer, version: i16) {
        Self::write_nullable(Some(self), writer, version);
    }
}

impl Nullable for LeaderRecoveryState {
    fn read_nullable(reader: &mut Reader<'_>, _: i16) -> Decoded<Option<Self>> {
        match reader.i8()? {
            -1 => Ok(None),
            0 => Ok(Some(Self::Recovered)),
            1 => Ok(Some(Self::Recovering)),
            other => Err(value_error(reader, "leader recovery state", other)),
        }
    }

    fn write_nullable(value: Option<&Self>, writer: &mut Writer, _: i16) {
        writer.i8(match value {
            None => -1,
            Some(Self::Recovered) => 0,
            Some(Self::Recovering) => 1,
        });
    }
}

/// What a [`PartitionChangeRecord`](super::PartitionChangeRecord) does to the leader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LeaderChange {
    /// Leader and leader epoch stay (-2 on the wire).
    #[default]
    Keep,
    /// The partition has no leader now (-1).
    Clear,
    /// This broker leads now; it may be the one that did before.
    Set(NodeId),
}

impl Show for LeaderChange {
    fn show(&self) -> Shown {
        match self {
            Self::Keep => Shown::Null,
            Self::Clear => Shown::Text("none".to_owned()),
            Self::Set(leader) => leader.show(),
        }
    }
}

impl Field for LeaderChange {
    fn read(reader: &mut Reader<'_>, _: i16) -> Decoded<Self> {
        match reader.i32()? {
            -2 => Ok(Self::Keep),
            -1 => Ok(Self::Clear),
            id if id >= 0 => Ok(Self::Set(NodeId(id))),
            other => Err(value_error(reader, "leader of a partition change", other)),
        }
    }

    fn write(&self, writer: &mut Writer, _: i16) {
        writer.i32(match self {
            Self::Keep => -2,
            Self::Clear => -1,
            Self::Set(leader) => leader.0,
        });
    }
}

/// What a [`BrokerRegistrationChangeRecord`](super::BrokerRegistrationChangeRecord) does to fencing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FencedChange {
    /// Nothing (0 on the wire).
    #[default]
    Keep,
    /// The broker is fenced (1).
    Fence,
    /// The broker is unfenced (-1).
    Unfence,
}

impl Show for FencedChange {
    fn show(&self) -> Shown {
        match self {
            Self::Keep => Shown::Null,
            Self::Fence => Shown::Bool(true),
            Self::Unfence => Shown::Bool(false),
        }
    }
}

impl Field for FencedChange {
    fn read(reader: &mut Reader<'_>, _: i16) -> Decoded<Self> {
        match reader.i8()? {
            0 => Ok(Self::Keep),
            1 => Ok(Self::Fence),
            -1 => Ok(Self::Unfence),
            other => Err(value_error(reader, "fencing change", other)),
        }
    }

    fn write(&self, writer: &mut Writer, _: i16) {
        writer.i8(match self {
            Self::Keep => 0,
            Self::Fence => 1,
            Self::Unfence => -1,
        });
    }
}
