//! A group under random members, a random log and random time.
//!
//! Members join, consume, commit, leave, crash and pause; appends are slow or fail; the coordinator
//! moves. Throughout: every request is answered once, a generation never goes back, a partition has one
//! owner in a generation, and what was acknowledged stays. At the end everything heals.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use kr_wire::error_code::ErrorCode;
use kr_wire::messages::offset_commit_request::OffsetCommitRequestPartition;
use kr_wire::messages::offset_fetch_request::OffsetFetchRequestGroup;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::{Commit, Join, Rig, group_id};
use crate::shard::Group;
use crate::{GroupConfig, GroupRequest, GroupResponse, GroupShard, Replayed, Token};

const PARTITIONS: u8 = 6;
const STEPS: usize = 1_000;
const SEEDS: u64 = 300;

#[derive(Clone, Debug, PartialEq)]
enum Stage {
    /// Not in the group; joins again with the id it has.
    Out,
    Joining(Token),
    Syncing(Token, i32),
    /// In a generation, with its partitions and the next offset of each.
    Member(i32, BTreeMap<u8, i64>),
}

struct Client {
    instance: Option<&'static str>,
    id: String,
    stage: Stage,
    paused: bool,
    inbox: Vec<(Token, GroupResponse)>,
}

#[derive(Clone, Copy)]
enum Asked {
    Group(usize),
    Commit(u8, i64),
}

struct World {
    rig: Rig,
    rng: ChaCha8Rng,
    clients: Vec<Client>,
    asked: BTreeMap<Token, Asked>,
    /// Who owned a partition in a generation: instance or member id.
    owners: BTreeMap<(i32, u8), String>,
    /// The highest acknowledged offset of each partition.
    acknowledged: BTreeMap<u8, i64>,
    generation: i32,
    /// The generation in which an append failed: it may be recorded differently, until the next is stable.
    lost_in: Option<i32>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let delay = Duration::from_millis(u64::from(rng.next_u32() % 3_000));
        let config = GroupConfig { initial_rebalance_delay: delay, ..GroupConfig::default() };
        let instances = [None, None, None, Some("a"), Some("b")];
        let client = |instance| Client {
            instance,
            id: String::new(),
            stage: Stage::Out,
            paused: false,
            inbox: Vec::new(),
        };
        Self {
            rig: Rig::with(config),
            rng,
            clients: instances.map(client).into(),
            asked: BTreeMap::new(),
            owners: BTreeMap::new(),
            acknowledged: BTreeMap::new(),
            generation: 0,
            lost_in: None,
        }
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.rng.next_u32() % 100 < percent
    }

    fn below(&mut self, end: u64) -> u64 {
        self.rng.next_u64() % end
    }

    fn step(&mut self) {
        let client = self.below(self.clients.len() as u64) as usize;
        match self.below(200) {
            0..140 => self.act(client),
            140..142 => self.clients[client].paused = true,
            142..150 => self.clients[client].paused = false,
            // A crash: the process forgets everything, its requests stay where they are.
            150..152 => {
                let forgotten = &mut self.clients[client];
                forgotten.id = String::new();
                forgotten.stage = Stage::Out;
                forgotten.inbox.clear();
            }
            152..182 => self.replicate_one(),
            182..184 => self.fail_all(),
            184 => self.move_coordinator(),
            185..199 => {
                let ms = self.below(500);
                self.rig.pass(ms);
            }
            _ => {
                let ms = self.below(12_000);
                self.rig.pass(ms);
            }
        }
        self.deliver();
    }

    /// Lets a client do what its stage asks for.
    fn act(&mut self, at: usize) {
        if self.clients[at].paused {
            return;
        }
        match self.clients[at].stage.clone() {
            Stage::Out => self.join(at),
            // Now and then a client gives up waiting and asks again.
            Stage::Joining(_) if self.chance(3) => self.join(at),
            Stage::Joining(_) | Stage::Syncing(..) => {}
            Stage::Member(generation, positions) => match self.below(10) {
                0..5 => self.heartbeat(at, generation),
                5..9 => self.commit(at, generation, positions),
                _ if self.chance(20) => {
                    let id = self.clients[at].id.clone();
                    self.rig.leave_by_id(&id);
                    self.clients[at].id = String::new();
                    self.clients[at].stage = Stage::Out;
                }
                _ => {}
            },
        }
    }

    fn join(&mut self, at: usize) {
        let client = &self.clients[at];
        let mut join = Join::new().member(&client.id).rebalance_timeout(20_000);
        if let Some(instance) = client.instance {
            join = join.instance(instance);
        }
        let api_version = if at == 0 { 3 } else { 9 };
        let token = self.rig.join(join.version(api_version));
        self.asked.insert(token, Asked::Group(at));
        self.clients[at].stage = Stage::Joining(token);
    }

    fn heartbeat(&mut self, at: usize, generation: i32) {
        let id = self.clients[at].id.clone();
        let error = self.rig.heartbeat(&id, generation);
        self.react(at, error);
    }

    fn commit(&mut self, at: usize, generation: i32, mut positions: BTreeMap<u8, i64>) {
        let nth = self.below(u64::from(PARTITIONS)) as usize;
        let nth = nth % positions.len().max(1);
        let Some((&chosen, position)) = positions.iter_mut().nth(nth) else { return };
        *position += 1;
        let offset = *position;
        let mut commit = Commit::at(offset).by(&self.clients[at].id, generation);
        commit.request.group_instance_id = self.clients[at].instance.map(Into::into);
        commit.request.topics[0].partitions = vec![
            OffsetCommitRequestPartition::default()
                .with_partition_index(chosen.into())
                .with_committed_offset(offset),
        ];
        let token = self.rig.commit(commit);
        self.asked.insert(token, Asked::Commit(chosen, offset));
        self.clients[at].stage = Stage::Member(generation, positions);
    }

    /// What a client does on an error of the group.
    fn react(&mut self, at: usize, error: ErrorCode) {
        let client = &mut self.clients[at];
        match error {
            ErrorCode::NONE => {}
            ErrorCode::UNKNOWN_MEMBER_ID | ErrorCode::FENCED_INSTANCE_ID => {
                client.id = String::new();
                client.stage = Stage::Out;
            }
            _ => client.stage = Stage::Out,
        }
    }

    fn deliver(&mut self) {
        loop {
            while let Some((token, response)) = self.rig.answers.pop_first() {
                match self.asked.remove(&token).expect("asked once, answered once") {
                    Asked::Group(at) => {
                        self.check_generation(&response);
                        self.clients[at].inbox.push((token, response));
                    }
                    Asked::Commit(partition, offset) => self.acknowledge(partition, offset, response),
                }
            }
            let awake = |client: &Client| !client.paused && !client.inbox.is_empty();
            let Some(at) = self.clients.iter().position(awake) else { return };
            for (token, response) in std::mem::take(&mut self.clients[at].inbox) {
                match response {
                    GroupResponse::Join(response) => self.on_join(at, token, &response),
                    GroupResponse::Sync(response) => {
                        let error = ErrorCode(response.error_code);
                        self.on_sync(at, token, error, &response.assignment);
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
    }

    fn check_generation(&self, response: &GroupResponse) {
        if let GroupResponse::Join(joined) = response
            && joined.error_code == 0
        {
            assert!(joined.generation_id >= self.generation, "{joined:?} after {}", self.generation);
        }
    }

    fn acknowledge(&mut self, partition: u8, offset: i64, response: GroupResponse) {
        let GroupResponse::OffsetCommit(response) = response else { panic!("{response:?}") };
        if response.topics[0].partitions[0].error_code == 0 {
            let highest = self.acknowledged.entry(partition).or_insert(offset);
            *highest = offset.max(*highest);
        }
    }

    fn on_join(&mut self, at: usize, token: Token, response: &kr_wire::messages::JoinGroupResponse) {
        if self.clients[at].stage != Stage::Joining(token) {
            return;
        }
        match ErrorCode(response.error_code) {
            ErrorCode::NONE => {}
            ErrorCode::MEMBER_ID_REQUIRED => {
                self.clients[at].id = response.member_id.to_string();
                return self.join(at);
            }
            error => return self.react(at, error),
        }
        self.clients[at].id = response.member_id.to_string();
        let is_leader = response.leader == response.member_id && !response.skip_assignment;
        let members: Vec<_> = response.members.iter().map(|member| member.member_id.as_str()).collect();
        // Deal the partitions round robin, starting anywhere.
        let start = self.below(u64::from(PARTITIONS)) as usize;
        let mut parts = BTreeMap::<&str, String>::new();
        for partition in 0..PARTITIONS {
            if is_leader && !members.is_empty() {
                let member = members[(usize::from(partition) + start) % members.len()];
                parts.entry(member).or_default().push(char::from(b'0' + partition));
            }
        }
        let parts: Vec<(&str, &str)> = parts.iter().map(|(id, part)| (*id, part.as_str())).collect();
        let token = self.rig.sync(&response.member_id, response.generation_id, &parts);
        self.asked.insert(token, Asked::Group(at));
        self.clients[at].stage = Stage::Syncing(token, response.generation_id);
    }

    fn on_sync(&mut self, at: usize, token: Token, error: ErrorCode, assignment: &Bytes) {
        let Stage::Syncing(expected, generation) = self.clients[at].stage else { return };
        if expected != token {
            return;
        }
        if !error.is_ok() {
            return self.react(at, error);
        }
        let client = &self.clients[at];
        let identity = client.instance.map_or(client.id.clone(), str::to_owned);
        let committed = self.committed();
        let mut positions = BTreeMap::new();
        for partition in assignment.iter().map(|digit| digit - b'0') {
            let owner = self.owners.entry((generation, partition)).or_insert(identity.clone());
            assert_eq!(*owner, identity, "partition {partition} in generation {generation}");
            positions.insert(partition, committed.get(&partition).copied().unwrap_or(0));
        }
        self.clients[at].stage = Stage::Member(generation, positions);
    }

    /// The offsets of the group, which are at least those acknowledged.
    fn committed(&mut self) -> BTreeMap<u8, i64> {
        let group = OffsetFetchRequestGroup::default().with_group_id(group_id("g")).with_topics(None);
        let request = GroupRequest::OffsetFetch { group, require_stable: false };
        let GroupResponse::OffsetFetch(fetched) = self.rig.ask(request, 9) else { panic!("no offsets") };
        let partitions = fetched.topics.iter().flat_map(|topic| &topic.partitions);
        let committed: BTreeMap<u8, i64> =
            partitions.map(|p| (p.partition_index as u8, p.committed_offset)).collect();
        for (partition, offset) in &self.acknowledged {
            assert!(committed.get(partition) >= Some(offset), "partition {partition} went back");
        }
        committed
    }

    fn replicate_one(&mut self) {
        if let Some((id, records)) = self.rig.appends.pop_front() {
            self.rig.log.extend(records);
            self.rig.shard.appended(id, Ok(()), self.rig.now);
            self.rig.drain();
        }
    }

    fn fail_all(&mut self) {
        let errors = [ErrorCode::NOT_ENOUGH_REPLICAS, ErrorCode::KAFKA_STORAGE_ERROR];
        let error = errors[self.below(2) as usize];
        if !self.rig.appends.is_empty() {
            self.lost_in = Some(self.generation);
        }
        self.rig.fail(error);
    }

    /// Another broker leads: of what is on its way, a prefix made it to the log.
    fn move_coordinator(&mut self) {
        let kept = self.below(self.rig.appends.len() as u64 + 1) as usize;
        for (_, records) in std::mem::take(&mut self.rig.appends).into_iter().take(kept) {
            self.rig.log.extend(records);
        }
        self.rig.shard.unload();
        self.rig.drain();
        assert!(self.asked.keys().all(|token| self.rig.answers.contains_key(token)));
        let seed = self.rng.next_u64();
        self.rig.shard = rebuilt(&self.rig, seed);
        self.generation = 0;
    }

    /// What is recorded of the group and its offsets is what the shard has.
    fn check_replay(&mut self) {
        if !self.rig.appends.is_empty() {
            return;
        }
        let again = rebuilt(&self.rig, 0);
        let offsets = |shard: &GroupShard| -> Vec<_> {
            let all = shard.offsets.of_group("g");
            all.map(|(topic, at, value)| (topic.clone(), at, value.clone())).collect()
        };
        assert_eq!(offsets(&again), offsets(&self.rig.shard));
        let (Some(Group::Classic(live)), Some(Group::Classic(again))) =
            (self.rig.shard.groups.get("g"), again.groups.get("g"))
        else {
            return;
        };
        let is_stable = live.phase().name() == "Stable";
        self.lost_in.take_if(|lost_in| is_stable && live.recorded().generation > *lost_in);
        let is_recorded = (is_stable || live.is_empty()) && self.lost_in.is_none();
        if is_recorded && !live.is_in_first_join() {
            let mut live = live.recorded();
            let again = again.recorded();
            // The group is recorded before it becomes stable.
            live.current_state_timestamp = again.current_state_timestamp;
            assert_eq!(again, live);
        }
    }

    /// No more faults: all clients end up in one generation that shares all partitions.
    fn heal(&mut self) {
        for client in &mut self.clients {
            client.paused = false;
        }
        for _ in 0..600 {
            for at in 0..self.clients.len() {
                match self.clients[at].stage.clone() {
                    Stage::Out => self.join(at),
                    Stage::Member(generation, _) => self.heartbeat(at, generation),
                    Stage::Joining(_) | Stage::Syncing(..) => {}
                }
                self.deliver();
            }
            self.rig.replicate();
            self.deliver();
            self.rig.pass(200);
            self.deliver();
        }
        let mut generations = BTreeSet::new();
        let mut owned = Vec::new();
        for client in &self.clients {
            let Stage::Member(generation, positions) = &client.stage else {
                panic!("{:?} is left out: {:?}", client.id, client.stage)
            };
            generations.insert(*generation);
            owned.extend(positions.keys().copied());
        }
        owned.sort_unstable();
        assert_eq!((generations.len(), owned), (1, (0..PARTITIONS).collect()));
        assert!(self.asked.is_empty(), "requests without an answer: {:?}", self.asked.keys());
        self.committed();
    }
}

fn rebuilt(rig: &Rig, seed: u64) -> GroupShard {
    let mut shard = GroupShard::new(GroupConfig::default(), seed);
    for (key, value) in &rig.log {
        let record = Replayed { key, value: value.as_deref(), producer: None };
        shard.replay(record).expect("own records are well formed");
    }
    shard.loaded(rig.now);
    shard
}

/// The value of each offset in the log, in order.
fn recorded_offsets(rig: &Rig) -> Vec<(i32, i64)> {
    use kr_wire::group_records::GroupRecord;
    let offset = |(key, value): &(Vec<u8>, Option<Vec<u8>>)| match GroupRecord::decode(key, value.as_deref())
    {
        Ok(Some(GroupRecord::OffsetCommit(key, Some(value)))) => Some((key.partition.0, value.offset.0)),
        _ => None,
    };
    rig.log.iter().filter_map(offset).collect()
}

fn run(seed: u64) -> World {
    let mut world = World::new(seed);
    for step in 0..STEPS {
        world.step();
        if step % 4 == 0 {
            world.check_replay();
        }
        let Some(Group::Classic(group)) = world.rig.shard.groups.get("g") else { continue };
        let generation = group.recorded().generation;
        assert!(generation >= world.generation, "generation went back to {generation}");
        world.generation = generation;
    }
    world.heal();
    let mut last = BTreeMap::new();
    for (partition, offset) in recorded_offsets(&world.rig) {
        let before = last.insert(partition, offset);
        assert!(before <= Some(offset), "partition {partition}: {offset} after {before:?}");
    }
    world
}

#[test]
fn group_keeps_its_promises_under_random_faults() {
    let (mut generations, mut commits) = (0, 0);
    for seed in 0..SEEDS {
        let outcome = std::panic::catch_unwind(|| run(seed));
        let Ok(world) = outcome else { panic!("seed {seed} failed") };
        let assigned: BTreeSet<i32> = world.owners.keys().map(|(generation, _)| *generation).collect();
        generations += assigned.len();
        commits += recorded_offsets(&world.rig).len();
    }
    // A simulation in which nothing happens proves nothing.
    let runs = usize::try_from(SEEDS).expect("small");
    assert!(generations > 4 * runs, "{generations} generations in {runs} runs");
    assert!(commits > 20 * runs, "{commits} commits in {runs} runs");
}

#[test]
fn same_seed_gives_the_same_log() {
    assert_eq!(run(11).rig.log, run(11).rig.log);
}
