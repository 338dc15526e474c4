//! How what was seen is laid out in a recording: one rule per type, tables only.
//!
//! Numbers are variable-length and zigzagged, lists and texts have their length in front, an absent value is one
//! zero byte. Variants have fixed numbers: new ones are added at the end, so that older recordings stay readable
//! as long as the version of the file is the same.

use std::sync::Arc;
use std::time::Duration;

use kr_client::admin::TopicPartition;
use kr_wire::ids::{BrokerEpoch, LeaderEpoch, NodeId, Offset, PartitionId, TopicId, Uuid};

use crate::event::{BrokerChange, Change, Event, IsrChange, When};
use crate::msg::{Failure, Key, KeyCode};
use crate::snapshot::{
    Broker, BrokerDisks, BrokerPulse, Cluster, Directory, EpochHistory, EpochStart, Gap, Group, GroupDetail,
    GroupMember, GroupOffset, Known, Mode, Moving, Observation, Partition, PartitionElr, PartitionEnds,
    Quorum, QuorumReplica, Reach, Seen, Source, Time, TopicColumns, TopicConfig, Topics,
};

/// The bytes are not what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a recording is damaged")]
pub struct Damaged;

/// Bytes that are left to read.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a>(pub &'a [u8]);

impl Input<'_> {
    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn byte(&mut self) -> Result<u8, Damaged> {
        let (first, rest) = self.0.split_first().ok_or(Damaged)?;
        self.0 = rest;
        Ok(*first)
    }

    fn number(&mut self) -> Result<u64, Damaged> {
        let mut value = 0_u64;
        for shift in (0..70).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            value |= bits.checked_shl(shift).ok_or(Damaged)?;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Damaged)
    }

    /// A length, which is never more than there are bytes left.
    fn length(&mut self) -> Result<usize, Damaged> {
        let length = usize::try_from(self.number()?).map_err(|_| Damaged)?;
        if length <= self.0.len() { Ok(length) } else { Err(Damaged) }
    }
}

fn put_number(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

/// What can be in a recording.
pub trait Stored: Sized {
    /// Lays it out.
    fn put(&self, out: &mut Vec<u8>);

    /// Reads it.
    fn read(input: &mut Input<'_>) -> Result<Self, Damaged>;
}

impl Stored for u64 {
    fn put(&self, out: &mut Vec<u8>) {
        put_number(*self, out);
    }

    fn read(input: &mut Input<'_>) -> Result<Self, Damaged> {
        input.number()
    }
}

impl Stored for i64 {
    fn put(&self, out: &mut Vec<u8>) {
        put_number(((self << 1) ^ (self >> 63)).cast_unsigned(), out);
    }

    fn read(input: &mut Input<'_>) -> Result<Self, Damaged> {
        let value = input.number()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }
}

/// Numbers that are stored as larger ones.
macro_rules! stored_as {
    ($($narrow:ty as $wide:ty;)*) => {$(
        impl Stored for $narrow {
            fn put(&self, out: &mut Vec<u8>) {
                <$wide>::from(*self).put(out);
            }

            fn read(input: &mut Input<'_>) -> Result<Self, Damaged> {
                <$narrow>::try_from(<$wide>::read(input)?).map_err(|_| Damaged)
            }
        }
    )*};
}

stored_as! {
    i16 as i64;
    i32 as i64;
    u16 as u64;
    u32 as u64;
}

/// Newtypes of one number.
macro_rules! stored_number {
    ($($name:ident;)*) => {$(
        impl Stored for $name {
            fn put(&self, out: &mut Vec<u8>) {
                self.0.put(out);
            }

            fn read(input: &mut Input<'_>) -> Result<Self, Damaged> {
                Ok(Self(Stored::read(input)?))
            }
        }
    )*};
}

stored_number! { BrokerEpoch; LeaderEpoch; NodeId; Offset; PartitionId; Time; }

impl Stored for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn read(input: &mut Input<'_>) -> Result<Self, Damaged> {
        match input.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Damaged),
        }
    }
}

impl Stored for char {
    fn put(&self, out: &mut Vec<u8>) {
        u32::from(*self).put(out);
    }

    fn read(input: &mut Input<'_>) -> Result<Self, Damaged> {
        char::from_u32(u32::read(input)?).ok_or(Damaged)
    }
}

impl Stored for Duration {
    fn put(&self, out: &mut Vec<u8>) {
        put_number(u64::try_from(self.as_micros()).unwrap_or(u64::MAX), out);
    }

    fn read(input: &mut Input<'_>) -> Result<Self, Damaged> {
        Ok(Self::from_micros(input.number()?))
    }
}

impl Stored for Arc<str> {
    fn put(&self, out: &mut Vec<u8>) {
        put_number(self.len() as u64, out);
        out.extend_from_slice(self.as_bytes());
    }

    fn read(input: &mut Input<'_>) -> Result<Self, Damaged> {
        let length = input.length()?;
        let (text, rest) = input.0.split_at(length);
        input.0 = rest;
        std::str::from_utf8(text).map(Self::from).map_err(|_| Damaged)
    }
}

impl Stored for TopicId {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.as_bytes());
    }

    fn read(input: &mut Input<'_>) -> Result<Self, Damaged> {
        let (id, rest) = input.0.split_first_chunk::<16>().ok_or(Damaged)?;
        input.0 = rest;
        Ok(Self(Uuid::from_bytes(*id)))
    }
}

impl<T: Stored> Stored for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        if let Some(value) = self {
            value.put(out);
        }
    }

    fn read(input: &mut Input<'_>) -> Result<Self, Damaged> {
        if bool::read(input)? { Ok(Some(T::read(input)?)) } else { Ok(None) }
    }
}

impl<T: Stored> Stored for Known<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_ok().put(out);
        match self {
            Ok(value) => value.put(out),
            Err(gap) => gap.put(out),
        }
    }

    fn read(input: &mut Input<'_>) -> Result<Self, Damaged> {
        Ok(if bool::read(input)? { Ok(T::read(input)?) } else { Err(Gap::read(input)?) })
    }
}

impl<T: Stored> Stored for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        put_number(self.len() as u64, out);
        for value in self {
            value.put(out);
        }
    }

    fn read(input: &mut Input<'_>) -> Result<Self, Damaged> {
        let length = input.length()?;
        // A claim is believed as its values are read.
        let mut values = Vec::with_capacity(length.min(1024));
        for _ in 0..length {
            values.push(T::read(input)?);
        }
        Ok(values)
    }
}

impl<A: Stored, B: Stored> Stored for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }

    fn read(input: &mut Input<'_>) -> Result<Self, Damaged> {
        Ok((A::read(input)?, B::read(input)?))
    }
}

impl<T: Stored> Stored for Seen<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.as_of.put(out);
        self.source.put(out);
        self.value.put(out);
    }

    fn read(input: &mut Input<'_>) -> Result<Self, Damaged> {
        let (as_of, source) = (Time::read(input)?, Source::read(input)?);
        Ok(Self { value: T::read(input)?, as_of, source })
    }
}

impl Stored for Arc<TopicColumns> {
    fn put(&self, out: &mut Vec<u8>) {
        self.name.put(out);
        self.id.put(out);
        self.is_internal.put(out);
        put_number(self.len() as u64, out);
        let nodes = |nodes: &[NodeId], out: &mut Vec<u8>| {
            put_number(nodes.len() as u64, out);
            nodes.iter().for_each(|node| node.put(out));
        };
        for (_, row) in self.partitions() {
            row.leader.put(out);
            row.epoch.put(out);
            nodes(row.replicas, out);
            nodes(row.isr, out);
            nodes(row.offline, out);
        }
    }

    fn read(input: &mut Input<'_>) -> Result<Self, Damaged> {
        let (name, id) = (<Arc<str>>::read(input)?, Option::read(input)?);
        let mut columns = TopicColumns::new(name, id, bool::read(input)?);
        for _ in 0..input.length()? {
            let (leader, epoch) = (Option::read(input)?, Option::read(input)?);
            let (replicas, isr, offline) =
                (Vec::read(input)?, <Vec<NodeId>>::read(input)?, <Vec<NodeId>>::read(input)?);
            let row = Partition { leader, epoch, replicas: &replicas, isr: &isr, offline: &offline };
            columns.push(row);
        }
        Ok(Arc::new(columns))
    }
}

/// Structs, field by field.
macro_rules! stored_struct {
    ($($name:ident { $($field:ident),* })*) => {$(
        impl Stored for $name {
            fn put(&self, out: &mut Vec<u8>) {
                $(self.$field.put(out);)*
            }

            fn read(input: &mut Input<'_>) -> Result<Self, Damaged> {
                $(let $field = Stored::read(input)?;)*
                Ok(Self { $($field),* })
            }
        }
    )*};
}

stored_struct! {
    TopicPartition { topic, partition }
    Cluster { id, mode, release, metadata_version, zookeeper_controller, brokers }
    Broker { id, address, rack, is_fenced, epoch }
    BrokerPulse { id, applied, round_trip }
    Quorum { leader, epoch, high_watermark, voters, observers }
    QuorumReplica { id, directory, end, last_fetch, last_caught_up, address }
    Topics { is_complete, topics, gone }
    PartitionEnds { place, high_watermark, start, ends }
    PartitionElr { place, eligible, last_known }
    TopicConfig { topic, min_isr, overrides }
    EpochStart { epoch, start, leader, at, known_from }
    EpochHistory { place, epochs }
    Moving { place, adding, removing }
    BrokerDisks { broker, directories }
    Directory { path, error, total_bytes, usable_bytes, replicas }
    Group { id, group_type, state, coordinator }
    GroupDetail { id, state, assignor, epoch, assignment_epoch, members, offsets }
    GroupMember { id, instance, client, host, epoch, assigned, target }
    GroupOffset { place, committed, end }
    Event { when, source, offset, batch, change }
    IsrChange { place, from, to, epoch }
    BrokerChange { broker, epoch }
    Failure { at, what, node, error, is_total }
    Key { code, ctrl, alt }
}

/// Enums: the number of each variant, then its fields.
macro_rules! stored_enum {
    ($($name:ident {
        $($number:literal $variant:ident $(($($value:ident),*))? $({$($field:ident),*})?;)*
    })*) => {$(
        impl Stored for $name {
            fn put(&self, out: &mut Vec<u8>) {
                match self {
                    $(Self::$variant $(($($value),*))? $({$($field),*})? => {
                        out.push($number);
                        $($($value.put(out);)*)?
                        $($($field.put(out);)*)?
                    })*
                }
            }

            fn read(input: &mut Input<'_>) -> Result<Self, Damaged> {
                match input.byte()? {
                    $($number => {
                        $($(let $value = Stored::read(input)?;)*)?
                        $($(let $field = Stored::read(input)?;)*)?
                        Ok(Self::$variant $(($($value),*))? $({$($field),*})?)
                    })*
                    _ => Err(Damaged),
                }
            }
        }
    )*};
}

stored_enum! {
    Source {
        0 Quorum;
        1 Cluster;
        2 Metadata;
        3 TopicPartitions;
        4 ApiVersions;
        5 ListOffsets;
        6 EpochProbe;
        7 Configs;
        8 LogDirs;
        9 Reassignments;
        10 Groups;
        11 Probe;
        12 MetadataLog;
    }
    Gap {
        0 NotAsked;
        1 Unsupported(reason);
        2 Denied(reason);
        3 Unreachable(reason);
        4 Failed(reason);
    }
    Mode {
        0 KRaft;
        1 ZooKeeper;
    }
    Reach {
        0 Answers(took);
        1 Refused;
        2 Silent(took);
        3 Stuck(took);
        4 Failed(reason);
    }
    Observation {
        0 Cluster(seen);
        1 Quorum(seen);
        2 Pulses(seen);
        3 Reach(seen);
        4 Topics(seen);
        5 Ends(seen);
        6 Elr(seen);
        7 Configs(seen);
        8 Epochs(seen);
        9 Moving(seen);
        10 Disks(seen);
        11 Groups(seen);
        12 GroupDetails(seen);
    }
    When {
        0 At(time);
        1 Between(from, to);
    }
    Change {
        0 Leader { place, from, to, from_epoch, to_epoch, is_unclean };
        1 IsrShrink(change);
        2 IsrExpand(change);
        3 Replicas { place, from, to };
        4 Fence(change);
        5 Unfence(change);
        6 Shutdown(change);
        7 Registered(change);
        8 Unregistered(change);
        9 Controller { from, to, from_epoch, to_epoch, without };
        10 Voters { from, to };
        11 TopicCreated { topic, partitions };
        12 TopicDeleted { topic };
        13 PartitionsAdded { topic, from, to };
        14 Config { resource, key, value };
        15 Feature { name, from, to };
        16 Group { id, from, to };
        17 Blind { reason };
    }
    KeyCode {
        0 Char(char);
        1 Enter;
        2 Esc;
        3 Tab;
        4 BackTab;
        5 Backspace;
        6 Delete;
        7 Up;
        8 Down;
        9 Left;
        10 Right;
        11 Home;
        12 End;
        13 PageUp;
        14 PageDown;
    }
}
