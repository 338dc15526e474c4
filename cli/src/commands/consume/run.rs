//! One run: prints what comes until there is enough, and moves a group's offsets if that is wanted.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use kr_client::admin::TopicPartition;
use kr_client::consume::LogMarks;
use kr_client::{Chunk, ConsumedRecord, Consumer, GroupConsumer, GroupEvent, RecordRef};
use kr_wire::ids::Offset;

use super::printer::Printer;
use crate::commands::record_filter::Filter;
use crate::commands::record_pace::Pace;
use crate::context::Context;
use crate::error::CliError;

/// How often a group's offsets are committed while reading.
const COMMIT_INTERVAL: Duration = Duration::from_secs(5);

/// What ends a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Every partition was read to its end, or the time is over.
    Reached,
    /// As many were printed as were asked for.
    Counted,
    /// The user has enough.
    Interrupted,
}

impl End {
    /// Why it ended, for people.
    pub fn why(self) -> &'static str {
        match self {
            Self::Reached => "the end as it was at launch; -F goes on",
            Self::Counted => "as many as asked for",
            Self::Interrupted => "interrupted",
        }
    }
}

/// What became of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Printed {
    /// Its wanted records were printed.
    All,
    /// As many were printed as were asked for.
    Enough,
    /// The rest is not the member's any more.
    CutShort,
}

/// One run: what is left to print and how far it has come.
#[derive(Debug)]
pub struct Run {
    /// How records are printed.
    pub printer: Printer,
    /// Which are wanted.
    pub filter: Option<Filter>,
    /// The key that is wanted.
    pub key: Option<String>,
    /// How fast.
    pub pace: Option<Pace>,
    /// How many are left to print.
    pub left: Option<u64>,
    /// How many of each partition.
    pub per_partition: Option<u64>,
    /// How many of each partition were printed.
    pub taken: BTreeMap<TopicPartition, u64>,
    /// How many were printed.
    pub printed: u64,
    /// Where reading goes on.
    pub positions: BTreeMap<TopicPartition, Offset>,
}

impl Run {
    /// Whether a record is wanted.
    pub fn wants(&self, record: &RecordRef<'_>) -> bool {
        self.key.as_ref().is_none_or(|key| record.key == Some(key.as_bytes()))
            && self.filter.as_ref().is_none_or(|filter| filter.holds(record))
    }

    /// Reads to the end, or until there is enough.
    pub async fn read(&mut self, mut consumer: Consumer, context: &mut Context) -> Result<End, CliError> {
        tokio::select! {
            end = self.read_all(&mut consumer, context) => end,
            Ok(()) = tokio::signal::ctrl_c() => Ok(End::Interrupted),
        }
    }

    async fn read_all(&mut self, consumer: &mut Consumer, context: &mut Context) -> Result<End, CliError> {
        if self.left == Some(0) || self.per_partition == Some(0) {
            return Ok(End::Counted);
        }
        while let Some(chunk) = consumer.next().await? {
            if self.print(&chunk, None, context).await? == Printed::Enough {
                return Ok(End::Counted);
            }
            if self.has_all_of(&chunk.place) {
                consumer.finish(&chunk.place);
                if consumer.assignment().next().is_none() {
                    return Ok(End::Counted);
                }
            }
        }
        Ok(End::Reached)
    }

    /// Reads as a member of a group.
    pub async fn read_group(
        &mut self,
        mut member: GroupConsumer,
        commits: bool,
        context: &mut Context,
    ) -> Result<End, CliError> {
        let end = tokio::select! {
            end = self.follow_group(&mut member, commits, context) => end,
            Ok(()) = tokio::signal::ctrl_c() => Ok(End::Interrupted),
        };
        // What was printed counts as read, also when the run ended in an error.
        let committed = if commits { member.commit(&self.positions).await } else { Ok(()) };
        let left = member.leave().await;
        let end = end?;
        committed?;
        if let Err(error) = left {
            context.note(&format!("the group waits for this member's session to end: {error}"));
        }
        Ok(end)
    }

    async fn follow_group(
        &mut self,
        member: &mut GroupConsumer,
        commits: bool,
        context: &mut Context,
    ) -> Result<End, CliError> {
        let mut committed_at = Instant::now();
        let mut is_behind = false;
        while let Some(event) = member.next().await? {
            match event {
                GroupEvent::Assigned(partitions) => {
                    self.positions.clear();
                    let count = partitions.len();
                    context.note(&format!("joined; {count} partition{}", if count == 1 { "" } else { "s" }));
                }
                GroupEvent::Revoking => {
                    if commits {
                        member.commit(&self.positions).await?;
                    }
                }
                GroupEvent::Records(chunk) => {
                    match self.print(&chunk, Some(&mut *member), context).await? {
                        Printed::Enough => return Ok(End::Counted),
                        Printed::CutShort => continue,
                        Printed::All => {}
                    }
                    is_behind = commits && committed_at.elapsed() < COMMIT_INTERVAL;
                    if commits && !is_behind {
                        member.commit(&self.positions).await?;
                        committed_at = Instant::now();
                    }
                }
                GroupEvent::Idle => {
                    // What was printed last is committed although nothing comes after it.
                    if is_behind {
                        member.commit(&self.positions).await?;
                        (committed_at, is_behind) = (Instant::now(), false);
                    }
                }
            }
        }
        Ok(End::Reached)
    }

    fn has_all_of(&self, place: &TopicPartition) -> bool {
        self.per_partition.is_some_and(|most| self.taken.get(place).is_some_and(|taken| *taken >= most))
    }

    /// Prints records. Each chunk reaches the reader at once. A member goes on telling its group that it lives,
    /// and stops when the records are not its own any more.
    async fn print(
        &mut self,
        chunk: &Chunk,
        mut member: Option<&mut GroupConsumer>,
        context: &mut Context,
    ) -> Result<Printed, CliError> {
        for batch in &chunk.batches {
            if !rest(member.as_deref_mut(), Duration::ZERO).await? {
                return Ok(Printed::CutShort);
            }
            let batch = batch.open()?;
            for record in batch.records() {
                let record = record?;
                if self.has_all_of(&chunk.place) {
                    break;
                }
                if self.wants(&record) {
                    if self.left == Some(0) {
                        return Ok(Printed::Enough);
                    }
                    if !self.pace(&record, member.as_deref_mut(), context).await? {
                        return Ok(Printed::CutShort);
                    }
                    self.print_one(&record, chunk.marks, context)?;
                }
                if let Some(position) = self.positions.get_mut(&chunk.place) {
                    *position = record.offset + 1;
                } else {
                    self.positions.insert(chunk.place.clone(), record.offset + 1);
                }
                if self.left == Some(0) {
                    context.io.flush()?;
                    return Ok(Printed::Enough);
                }
            }
        }
        self.positions.insert(chunk.place.clone(), chunk.next);
        context.io.flush()?;
        Ok(Printed::All)
    }

    /// Waits until a record may be printed; false if a member must not any more.
    async fn pace(
        &mut self,
        record: &RecordRef<'_>,
        member: Option<&mut GroupConsumer>,
        context: &mut Context,
    ) -> Result<bool, CliError> {
        let Some(pace) = &mut self.pace else { return Ok(true) };
        let size = record.key.map_or(0, <[u8]>::len) + record.value.map_or(0, <[u8]>::len);
        let pause = pace.pause(size);
        if !pause.is_zero() {
            context.io.flush()?;
        }
        rest(member, pause).await
    }

    fn print_one(
        &mut self,
        record: &RecordRef<'_>,
        marks: LogMarks,
        context: &mut Context,
    ) -> Result<(), CliError> {
        self.printed += 1;
        self.left = self.left.map(|left| left - 1);
        if self.per_partition.is_some() {
            let place = TopicPartition::new(std::sync::Arc::clone(record.topic), record.partition);
            *self.taken.entry(place).or_default() += 1;
        }
        self.printer.print(record, marks, self.printed, context)
    }

    /// Prints the newest records, which were looked for before; true when there is enough.
    pub fn print_newest(
        &mut self,
        records: Vec<ConsumedRecord>,
        context: &mut Context,
    ) -> Result<bool, CliError> {
        for record in records {
            if self.left == Some(0) {
                break;
            }
            self.print_one(&record.borrow(), LogMarks::default(), context)?;
        }
        context.io.flush()?;
        Ok(self.left == Some(0))
    }
}

/// Waits; a member of a group as one. False if its partitions are not its own any more.
async fn rest(member: Option<&mut GroupConsumer>, pause: Duration) -> Result<bool, CliError> {
    match member {
        Some(member) => Ok(member.rest(pause).await?),
        None => {
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            Ok(true)
        }
    }
}
