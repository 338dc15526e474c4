//! When to ask what: the lanes of the poller, within a budget of requests and bytes. Pure: time is an argument,
//! what is due comes out, what ended comes in.
//!
//! Each question that recurs is a [`Lane`] with its own pace. Two of the same lane are never under way. What
//! the budget does not allow waits, and the lanes at the bottom of the table wait first:
//!
//! ```text
//!  rank  lane                          pace
//!  0     Quorum                        1 s
//!  1     Once (asked for by a person)  at once
//!  2     Pulse of each broker          2 s
//!  3     Shape                         5 s
//!  4     Full                          when the quorum's log moves: 1 s small, 5 s large; else 60 s
//!  5     FocusTopics, Ends             1 s, while rows are shown
//!  6     Elr, Moves, Configs           5 s, 5 s, 5 min, while rows are shown
//!  7     GroupDetails, GroupList       5 s, 10 s
//!  8     Disks                         60 s, while sizes are shown
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use kr_wire::ids::NodeId;
use kr_wire::time::Mono;

/// Partitions up to which all metadata is asked for every second.
const SMALL: usize = 10_000;

/// The shortest pause between two of a lane, when the focus moves.
const BREATH: Duration = Duration::from_millis(200);

/// The longest pause after failures.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// How much of the budget may be saved up, in seconds of it.
const SAVED: f64 = 2.0;

/// A question that recurs, or is asked once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// DescribeQuorum.
    Quorum,
    /// A question of a person; the number tells them apart.
    Once(u64),
    /// ApiVersions of a broker: what it has applied, and how long it takes to answer.
    Pulse(NodeId),
    /// DescribeCluster.
    Shape,
    /// Metadata of all topics.
    Full,
    /// Metadata of the topics on the screen.
    FocusTopics,
    /// End offsets of all replicas of the partitions on the screen.
    Ends,
    /// ELR of the partitions on the screen.
    Elr,
    /// Reassignments.
    Moves,
    /// Configs of the topics on the screen.
    Configs,
    /// Groups on the screen.
    GroupDetails,
    /// All groups.
    GroupList,
    /// Log directories of a broker.
    Disks(NodeId),
}

impl Lane {
    /// Its place in the order in which lanes are stretched: the highest first.
    pub fn rank(self) -> u8 {
        match self {
            Self::Quorum => 0,
            Self::Once(_) => 1,
            Self::Pulse(_) => 2,
            Self::Shape => 3,
            Self::Full => 4,
            Self::FocusTopics | Self::Ends => 5,
            Self::Elr | Self::Moves | Self::Configs => 6,
            Self::GroupDetails | Self::GroupList => 7,
            Self::Disks(_) => 8,
        }
    }

    /// Whether it is about what is on the screen, and so begins anew when that changes.
    pub fn follows_the_screen(self) -> bool {
        matches!(self, Self::FocusTopics | Self::Ends | Self::Elr | Self::Configs | Self::GroupDetails)
    }

    fn pace(self, state: &Pace) -> Duration {
        let seconds = match self {
            Self::Quorum | Self::FocusTopics | Self::Ends => 1,
            Self::Pulse(_) => 2,
            Self::Shape | Self::Elr | Self::Moves | Self::GroupDetails => 5,
            Self::GroupList => 10,
            Self::Disks(_) => 60,
            Self::Configs => 300,
            Self::Once(_) => return Duration::MAX,
            // What the log brings needs to be compared with what brokers say only now and then.
            Self::Full if state.is_exact => 60,
            Self::Full if state.partitions <= SMALL => 1,
            Self::Full if state.has_moved => 5,
            Self::Full => 60,
        };
        Duration::from_secs(seconds)
    }
}

/// What the pace of the metadata lane depends on.
#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    partitions: usize,
    has_moved: bool,
    is_exact: bool,
}

/// How much may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Requests per second.
    pub requests: u32,
    /// Bytes per second, in both directions.
    pub bytes: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { requests: 20, bytes: 1_000_000 }
    }
}

/// What the poller is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask this.
    Start(Lane),
    /// Nobody wants this answer any more.
    Cancel(Lane),
}

#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    is_running: bool,
    started: Option<Mono>,
    /// When it may start again; at once when it never did.
    due: Option<Mono>,
    failures: u32,
    /// What it cost last.
    requests: u32,
    bytes: u64,
}

/// The scheduler.
#[derive(Clone, Debug)]
pub struct Lanes {
    budget: Budget,
    entries: BTreeMap<Lane, Entry>,
    pace: Pace,
    /// Requests and bytes that may be spent; negative after something large.
    requests: f64,
    bytes: f64,
    refilled: Mono,
    /// Until when brokers want to be left alone.
    throttled_until: Mono,
    next_once: u64,
    is_stretched: bool,
}

impl Lanes {
    /// Begins with the lanes that every cluster has.
    pub fn new(budget: Budget, now: Mono) -> Self {
        let mut lanes = Self {
            budget,
            entries: BTreeMap::new(),
            pace: Pace::default(),
            requests: f64::from(budget.requests) * SAVED,
            bytes: as_f64(budget.bytes) * SAVED,
            refilled: now,
            throttled_until: now,
            next_once: 0,
            is_stretched: false,
        };
        for lane in [Lane::Quorum, Lane::Shape, Lane::Full] {
            lanes.entries.insert(lane, Entry::default());
        }
        lanes
    }

    /// Makes exactly these recur beside the ones that always do. What is no longer wanted is cancelled.
    pub fn want(&mut self, wanted: &[Lane]) -> Vec<Step> {
        let stays = |lane: &Lane| {
            matches!(lane, Lane::Quorum | Lane::Shape | Lane::Full | Lane::Once(_)) || wanted.contains(lane)
        };
        let mut steps = Vec::new();
        self.entries.retain(|lane, entry| {
            let stays = stays(lane);
            if !stays && entry.is_running {
                steps.push(Step::Cancel(*lane));
            }
            stays
        });
        for lane in wanted {
            self.entries.entry(*lane).or_default();
        }
        steps
    }

    /// The screen shows something else: its lanes begin anew, after a breath.
    pub fn screen_moved(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        for (lane, entry) in &mut self.entries {
            if !lane.follows_the_screen() {
                continue;
            }
            if entry.is_running {
                entry.is_running = false;
                steps.push(Step::Cancel(*lane));
            }
            entry.due = entry.started.map(|started| started + BREATH);
            entry.failures = 0;
        }
        steps
    }

    /// Takes a question of a person in; gives the lane by which it will be started.
    pub fn ask_once(&mut self) -> Lane {
        self.next_once += 1;
        let lane = Lane::Once(self.next_once);
        self.entries.insert(lane, Entry::default());
        lane
    }

    /// Everything that recurs is due now.
    pub fn ask_everything(&mut self) {
        for entry in self.entries.values_mut() {
            entry.due = None;
            entry.failures = 0;
        }
    }

    /// How many partitions the cluster has.
    pub fn set_partitions(&mut self, partitions: usize) {
        self.pace.partitions = partitions;
    }

    /// Whether the metadata log is followed, so that the metadata need not be asked for.
    pub fn set_exact(&mut self, is_exact: bool) {
        self.pace.is_exact = is_exact;
    }

    /// The metadata log holds something new: all metadata is wanted soon.
    pub fn log_moved(&mut self) {
        self.pace.has_moved = true;
        let pace = Lane::Full.pace(&self.pace);
        if let Some(entry) = self.entries.get_mut(&Lane::Full)
            && let Some(started) = entry.started
        {
            entry.due = Some(entry.due.map_or(started + pace, |due| due.min(started + pace)));
        }
    }

    /// What a request cost, of whatever lane it was.
    pub fn spent(&mut self, requests: u32, bytes: u64) {
        self.requests -= f64::from(requests);
        self.bytes -= as_f64(bytes);
    }

    /// A broker wants to be left alone so long: nothing is started meanwhile.
    pub fn throttled(&mut self, span: Duration, now: Mono) {
        self.throttled_until = self.throttled_until.max(now + span);
    }

    /// Whether something waits because of the budget or a quota.
    pub fn is_stretched(&self) -> bool {
        self.is_stretched
    }

    /// A lane ended; `requests` and `bytes` are what the same will cost next time.
    pub fn ended(&mut self, lane: Lane, is_ok: bool, requests: u32, bytes: u64, now: Mono) {
        if let Lane::Once(_) = lane {
            self.entries.remove(&lane);
            return;
        }
        let pace = lane.pace(&self.pace);
        let Some(entry) = self.entries.get_mut(&lane).filter(|entry| entry.is_running) else { return };
        entry.is_running = false;
        (entry.requests, entry.bytes) = (requests, bytes);
        if is_ok {
            entry.failures = 0;
            entry.due = Some(entry.started.unwrap_or(now) + pace);
        } else {
            entry.failures = entry.failures.saturating_add(1);
            // A broker that stands still is noticed soon when it goes on.
            let longest = if matches!(lane, Lane::Pulse(_)) { pace * 2 } else { LONGEST_PAUSE.max(pace) };
            let pause = pace.saturating_mul(1 << entry.failures.min(4)).min(longest);
            entry.due = Some(now + pause);
        }
    }

    /// What is to be started now, within the budget.
    pub fn due(&mut self, now: Mono) -> Vec<Step> {
        self.refill(now);
        let mut ready: Vec<(u8, Option<Mono>, Lane)> = self
            .entries
            .iter()
            .filter(|(_, entry)| !entry.is_running && entry.due.is_none_or(|due| due <= now))
            .map(|(lane, entry)| (lane.rank(), entry.due, *lane))
            .collect();
        // Of one rank, who waits longest goes first.
        ready.sort_unstable();
        let (mut requests, mut bytes) = self.reserved();
        let mut steps = Vec::new();
        self.is_stretched = now < self.throttled_until && !ready.is_empty();
        if self.is_stretched {
            return steps;
        }
        for (rank, _, lane) in ready {
            let Some(entry) = self.entries.get_mut(&lane) else { continue };
            if !may_start(rank, self.requests - requests, self.bytes - bytes, self.budget) {
                self.is_stretched = true;
                continue;
            }
            entry.is_running = true;
            entry.started = Some(now);
            requests += f64::from(entry.requests.max(1));
            bytes += as_f64(entry.bytes);
            if lane == Lane::Full {
                self.pace.has_moved = false;
            }
            steps.push(Step::Start(lane));
        }
        steps
    }

    /// When something can be due next, if nothing ends before.
    pub fn next_deadline(&self, now: Mono) -> Mono {
        let waiting = self.entries.values().filter(|entry| !entry.is_running);
        let next = waiting.map(|entry| entry.due.unwrap_or(now)).min();
        // What waits for the budget looks again in a moment.
        let floor = if self.is_stretched { now + Duration::from_millis(50) } else { now };
        next.map_or(now + Duration::from_secs(1), |next| next.max(floor).max(self.throttled_until))
    }

    fn refill(&mut self, now: Mono) {
        let span = (now - self.refilled).as_secs_f64();
        self.refilled = self.refilled.max(now);
        let (requests, bytes) = (f64::from(self.budget.requests), as_f64(self.budget.bytes));
        self.requests = (self.requests + span * requests).min(requests * SAVED);
        self.bytes = (self.bytes + span * bytes).min(bytes * SAVED);
    }

    /// What is under way will cost, as far as is known.
    fn reserved(&self) -> (f64, f64) {
        let running = self.entries.values().filter(|entry| entry.is_running);
        running.fold((0.0, 0.0), |(requests, bytes), entry| {
            (requests + f64::from(entry.requests.max(1)), bytes + as_f64(entry.bytes))
        })
    }
}

/// Whether what is left allows a lane of this rank: the lower it stands, the more must be left over. What is
/// larger than the budget itself may start when enough is left, and is paid off afterwards.
fn may_start(rank: u8, requests: f64, bytes: f64, budget: Budget) -> bool {
    if rank == 0 {
        return true;
    }
    let share = f64::from(rank.saturating_sub(1)) / 10.0;
    requests >= share * f64::from(budget.requests) && bytes >= share * as_f64(budget.bytes)
}

#[expect(clippy::cast_precision_loss, reason = "budgets are far below 2^52")]
fn as_f64(bytes: u64) -> f64 {
    bytes as f64
}

/// Tells records from the idle beat of a controller: it appends a NoOp every so often
/// (`metadata.max.idle.interval.ms`), how often is learned.
#[derive(Clone, Debug, Default)]
pub struct IdleBeat {
    looks: Vec<(Mono, i64)>,
    /// Records per second of an idle log; none while it is not known.
    floor: Option<f64>,
}

/// Looks over which the beat is taken.
const BEAT_LOOKS: usize = 6;

/// No idle log is as quick: per second.
const QUICKEST_BEAT: f64 = 10.0;

impl IdleBeat {
    /// Takes a look at the high watermark in; whether there is more than the beat since the look before.
    pub fn look(&mut self, high_watermark: i64, at: Mono) -> bool {
        let before = self.looks.last().copied();
        if before.is_some_and(|(_, known)| high_watermark < known) {
            // Another log, or an answer that is older than the one before.
            *self = Self::default();
        }
        self.looks.push((at, high_watermark));
        if self.looks.len() > BEAT_LOOKS {
            self.looks.remove(0);
        }
        if let [(first, low), .., (last, high)] = self.looks.as_slice()
            && self.looks.len() == BEAT_LOOKS
        {
            let slope = rate(*low, *high, *last - *first);
            let slowest = self.floor.map_or(slope, |floor| floor.min(slope));
            self.floor = Some(slowest).filter(|floor| *floor <= QUICKEST_BEAT);
        }
        let Some((then, known)) = before else { return true };
        if high_watermark == known {
            return false;
        }
        let Some(floor) = self.floor else { return true };
        let expected = floor * (at - then).as_secs_f64();
        let more = rate(known, high_watermark, Duration::from_secs(1)) - expected;
        more >= 0.75
    }

    /// Records per second of the idle log, once it is known.
    pub fn floor(&self) -> Option<f64> {
        self.floor
    }
}

#[expect(clippy::cast_precision_loss, reason = "a difference of two looks is far below 2^52")]
fn rate(low: i64, high: i64, span: Duration) -> f64 {
    let seconds = span.as_secs_f64();
    if seconds > 0.0 { high.saturating_sub(low) as f64 / seconds } else { 0.0 }
}

#[cfg(test)]
mod tests;
