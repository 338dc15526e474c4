//! What a seed draws before its run begins: the cluster, its timers, which faults there are, how the clients behave.
//!
//! Swarm style: each fault is off in half of the seeds, so that the others get room to go wrong by themselves.

use super::agenda::MS;
use super::chance::Chance;
use super::mutant::Mutant;

/// How much is broken, and so what must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Within what the cluster promises to survive: everything must hold.
    #[default]
    Within,
    /// Beyond it: machines lose power as they like, all at once too, so that acknowledged records may be lost. What
    /// must hold: no node ends, the quorum loses nothing, and afterwards everything works again.
    Beyond,
}

/// Partitions of a topic that the clients write to.
#[derive(Clone, Debug)]
pub struct TopicPlan {
    /// Its name.
    pub name: &'static str,
    /// How many partitions it has.
    pub partitions: i32,
}

/// Weights of the faults; 0 is off.
#[derive(Clone, Debug, Default)]
pub struct FaultPlan {
    /// The process is killed; its disk keeps everything, its peers learn of it.
    pub kill: u64,
    /// The machine loses power; unflushed bytes and names are lost, its peers learn nothing.
    pub power: u64,
    /// The process dies in the middle of a disk operation.
    pub die_in_write: u64,
    /// The node is stopped in order.
    pub stop: u64,
    /// The process stands still for a while.
    pub pause: u64,
    /// One direction between two machines is cut.
    pub cut_one_way: u64,
    /// Both directions between two machines are cut.
    pub cut_both_ways: u64,
    /// A machine is cut off from all others, sometimes in one direction only.
    pub isolate: u64,
    /// Connections are reset.
    pub reset: u64,
    /// All machines' disks are slow for a while.
    pub slow_disk: u64,
    /// A write or a flush fails once.
    pub disk_error: u64,
    /// A disk has no room for a while.
    pub disk_full: u64,
    /// All machines lose power at once; beyond the promise only.
    pub blackout: u64,
}

/// How the network behaves when it is not cut.
#[derive(Clone, Debug)]
pub struct NetPlan {
    /// Least delay of a frame, in microseconds.
    pub delay_min: u64,
    /// What chance adds at most, in microseconds.
    pub delay_spread: u64,
    /// Of a thousand frames so many are lost and sent again by TCP after a while.
    pub loss_per_mille: u64,
    /// Of a thousand requests so many are sent a second time, on another connection.
    pub repeats_per_mille: u64,
}

/// Everything that is decided before a run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where all chance comes from.
    pub seed: u64,
    /// How much is broken.
    pub mode: Mode,
    /// Machines; the first [`Plan::controllers`] of them are controllers.
    pub nodes: i32,
    /// Controllers.
    pub controllers: i32,
    /// Whether controllers are brokers too.
    pub combined: bool,
    /// Whether only time tells that a node is gone (Kafka's way, with shorter timers).
    pub patient: bool,
    /// The faults.
    pub faults: FaultPlan,
    /// Mean time between faults, in microseconds.
    pub fault_interval: u64,
    /// How long faults happen, in microseconds.
    pub chaos: u64,
    /// The network.
    pub net: NetPlan,
    /// Longest flush when the disk is not slow, in microseconds.
    pub flush_max: u64,
    /// Whether wall clocks differ by up to 30 s.
    pub skewed: bool,
    /// Topics that are written to.
    pub topics: Vec<TopicPlan>,
    /// Producers, consumers.
    pub clients: (usize, usize),
    /// Members of the group, at most three; the third is a static one.
    pub members: usize,
    /// `session.timeout.ms` of the members, in microseconds.
    pub session_timeout: u64,
    /// Least time between two batches of a producer for one partition, in microseconds.
    pub batch_interval: u64,
    /// `metadata.log.max.record.bytes.between.snapshots`, so small that snapshots are taken often; `None` for never.
    pub snapshot_bytes: Option<u64>,
    /// `max.incremental.fetch.session.cache.slots`: with few of them, most fetches go without a session.
    pub fetch_sessions: u64,
    /// Whether the administrator changes how much of the topics is kept.
    pub retains: bool,
    /// The planted bug.
    pub mutant: Option<Mutant>,
}

impl Plan {
    /// Draws the plan of a seed.
    pub fn draw(seed: u64, mode: Mode, mutant: Option<Mutant>) -> Self {
        let chance = &mut Chance::new(seed ^ 0x706c_616e);
        let (nodes, controllers, combined) = match chance.below(10) {
            0..=6 => (3, 3, true),
            7 => (4, 3, true),
            8 => (5, 3, true),
            _ => (6, 3, false),
        };
        let mut weight = |most: u64| if chance.percent(50) { chance.between(1, most) } else { 0 };
        let mut faults = FaultPlan {
            kill: weight(8),
            power: weight(8),
            die_in_write: weight(4),
            stop: weight(4),
            pause: weight(6),
            cut_one_way: weight(4),
            cut_both_ways: weight(4),
            isolate: weight(6),
            reset: weight(6),
            slow_disk: weight(3),
            disk_error: weight(3),
            disk_full: weight(3),
            blackout: 0,
        };
        match mode {
            Mode::Within if faults.sum() == 0 => faults.kill = 1,
            Mode::Within => {}
            Mode::Beyond => (faults.power, faults.blackout) = (faults.power + 6, chance.between(1, 6)),
        }
        let patient = chance.percent(25);
        Self {
            seed,
            mode,
            nodes,
            controllers,
            combined,
            patient,
            faults,
            fault_interval: chance.between(100, if patient { 1500 } else { 700 }) * MS,
            chaos: chance.between(4, 9) * if patient { 2000 } else { 1000 } * MS,
            net: NetPlan {
                delay_min: chance.between(20, 300),
                delay_spread: *chance.pick(&[200, 1000, 5 * MS, 20 * MS]).expect("there are four"),
                loss_per_mille: if chance.percent(50) { chance.between(1, 30) } else { 0 },
                repeats_per_mille: if chance.percent(50) { chance.between(1, 100) } else { 0 },
            },
            flush_max: *chance.pick(&[300, 3 * MS, 20 * MS]).expect("there are three"),
            skewed: chance.percent(30),
            topics: vec![
                TopicPlan { name: "orders", partitions: 2 },
                TopicPlan { name: "events", partitions: 1 },
            ],
            clients: (chance.between(2, 3) as usize, 2),
            members: chance.between(2, 3) as usize,
            session_timeout: chance.between(300, 1500) * MS,
            batch_interval: chance.between(5, 60) * MS,
            snapshot_bytes: chance.percent(50).then(|| chance.between(1, 8) * 1000),
            fetch_sessions: *chance.pick(&[1000, 1000, 2, 0]).expect("there are four"),
            retains: chance.percent(50),
            mutant,
        }
    }
}

impl FaultPlan {
    /// Sum of all weights.
    pub fn sum(&self) -> u64 {
        self.weights().iter().sum()
    }

    /// The weights in the order of their fields.
    pub fn weights(&self) -> [u64; 13] {
        [
            self.kill,
            self.power,
            self.die_in_write,
            self.stop,
            self.pause,
            self.cut_one_way,
            self.cut_both_ways,
            self.isolate,
            self.reset,
            self.slow_disk,
            self.disk_error,
            self.disk_full,
            self.blackout,
        ]
    }
}
