//! Every way from state to state, and those that must not be, named after them.
//!
//! Source: the table of KIP-595 as extended by KIP-996 (Kafka: `QuorumState`).

use std::time::Duration;

use kr_wire::ids::{LeaderEpoch, NodeId, Offset};
use kr_wire::time::{Mono, Now};

use super::machine::{Answer, Effect, Machine, config};
use crate::{
    BeginQuorumEpochRequest, CallError, CallId, Election, Event, Head, Output, Peer, Refusal, ReplicaKey,
    Request, RequestId, Response, Role, Timers, VoteRequest, VoteResponse,
};

const OWN: i32 = 1;

/// One of three voters, or an observer of them, with the others played by the test.
struct Node {
    machine: Machine,
    now: Now,
    calls: Vec<(i32, CallId, Request)>,
    fatal: Option<String>,
}

impl Node {
    fn start(election: Election) -> Self {
        Self::start_as(OWN, election)
    }

    fn start_as(id: i32, election: Election) -> Self {
        let mut machine = Machine::new(config(id, &[1, 2, 3], Timers::real()));
        machine.disk.election = Some(election);
        let mut node = Self { machine, now: Now::default(), calls: Vec::new(), fatal: None };
        let effects = node.machine.start(7, node.now);
        node.take(effects);
        node
    }

    fn unattached(epoch: i32) -> Self {
        Self::start(election(epoch, None, None))
    }

    fn follower(epoch: i32) -> Self {
        Self::start(election(epoch, Some(2), None))
    }

    fn candidate(epoch: i32) -> Self {
        Self::start(election(epoch, None, Some(OWN)))
    }

    fn resigned(epoch: i32) -> Self {
        Self::start(election(epoch, Some(OWN), None))
    }

    fn prospective(epoch: i32) -> Self {
        let mut node = Self::unattached(epoch);
        node.expire();
        node
    }

    fn leader(epoch: i32) -> Self {
        let mut node = Self::candidate(epoch);
        node.answer_vote(2, epoch, true);
        node
    }

    fn is(&self, role: Role, epoch: i32, leader: Option<i32>) {
        let status = self.machine.raft.as_ref().expect("node is up").status();
        let expected = (role, LeaderEpoch(epoch), leader.map(NodeId));
        assert_eq!((status.role, status.epoch, status.leader), expected);
    }

    fn voted(&self) -> Option<i32> {
        self.machine.disk.election.and_then(|election| election.voted).map(|key| key.id.0)
    }

    fn take(&mut self, effects: Vec<Effect>) -> Option<Response> {
        let mut reply = None;
        for effect in effects {
            match effect {
                Effect::Call { to: Peer::Node(to), id, request } => self.calls.push((to.0, id, request)),
                Effect::Reply { answer, .. } => reply = Some(answer.response),
                Effect::Done(Output::Fatal { reason }) => self.fatal = Some(reason),
                _ => {}
            }
        }
        reply
    }

    fn handle(&mut self, event: Event) -> Option<Response> {
        let effects = self.machine.handle(event, &[], self.now);
        self.take(effects)
    }

    /// Lets time pass until a timer of the state has acted.
    fn expire(&mut self) {
        let state = |node: &Self| {
            let status = node.machine.raft.as_ref().expect("node is up").status();
            (status.role, status.epoch)
        };
        let before = state(self);
        for _ in 0..100 {
            if state(self) != before {
                return;
            }
            let next = self.machine.raft.as_ref().and_then(|raft| raft.next_deadline());
            self.now.mono = next.expect("some timer runs");
            self.handle(Event::Tick);
        }
        panic!("no timer changes {before:?}");
    }

    fn ask_vote(&mut self, from: i32, epoch: i32, pre_vote: bool) -> VoteResponse {
        let request = Request::Vote(VoteRequest {
            cluster_id: None,
            voter: None,
            candidate: ReplicaKey::of(NodeId(from)),
            epoch: LeaderEpoch(epoch),
            last_epoch: LeaderEpoch(epoch - 1),
            last_offset: Offset(100),
            pre_vote,
        });
        match self.handle(Event::Request { id: RequestId(1), request }) {
            Some(Response::Vote(response)) => response,
            other => panic!("{other:?}"),
        }
    }

    fn begin(&mut self, leader: i32, epoch: i32) -> Option<Refusal> {
        let request = Request::BeginQuorumEpoch(BeginQuorumEpochRequest {
            cluster_id: None,
            voter: None,
            leader: NodeId(leader),
            epoch: LeaderEpoch(epoch),
            endpoints: Vec::new(),
        });
        match self.handle(Event::Request { id: RequestId(1), request }) {
            Some(Response::BeginQuorumEpoch(head)) => head.error,
            other => panic!("{other:?}"),
        }
    }

    /// Answers the last call to a peer.
    fn answer(&mut self, from: i32, response: Response) {
        let (_, call, _) =
            *self.calls.iter().rfind(|(to, _, _)| *to == from).as_ref().expect("the peer was asked");
        let call = *call;
        let answer = Answer { response, records: Vec::new() };
        let effects = self.machine.answer(call, answer, self.now);
        self.take(effects);
    }

    fn answer_vote(&mut self, from: i32, epoch: i32, granted: bool) {
        let head = Head { error: None, leader: None, epoch: LeaderEpoch(epoch), endpoints: Vec::new() };
        self.answer(from, Response::Vote(VoteResponse { head, granted }));
    }

    fn answer_head(&mut self, from: i32, error: Option<Refusal>, leader: Option<i32>, epoch: i32) {
        let head =
            Head { error, leader: leader.map(NodeId), epoch: LeaderEpoch(epoch), endpoints: Vec::new() };
        self.answer(from, Response::Vote(VoteResponse { head, granted: false }));
    }

    fn fail(&mut self, to: i32, error: CallError) {
        let call = self.calls.iter().rfind(|(peer, _, _)| *peer == to).expect("the peer was asked").1;
        self.handle(Event::Response { call, result: Err(error) });
    }
}

fn election(epoch: i32, leader: Option<i32>, voted: Option<i32>) -> Election {
    Election {
        epoch: LeaderEpoch(epoch),
        leader: leader.map(NodeId),
        voted: voted.map(|id| ReplicaKey::of(NodeId(id))),
    }
}

#[test]
fn start_without_a_file_is_unattached_in_epoch_0() {
    let mut machine = Machine::new(config(OWN, &[1, 2, 3], Timers::real()));
    machine.start(7, Now::default());
    assert_eq!(machine.disk.election, Some(Election::default()));
}

#[test]
fn start_with_own_leadership_is_resigned() {
    Node::resigned(4).is(Role::Resigned, 4, None);
}

#[test]
fn start_with_own_vote_is_candidate() {
    Node::candidate(4).is(Role::Candidate, 4, None);
}

#[test]
fn start_with_a_vote_for_another_is_unattached_and_keeps_it() {
    let mut node = Node::start(election(4, None, Some(3)));
    node.is(Role::Unattached, 4, None);
    assert!(!node.ask_vote(2, 4, false).granted);
    assert!(node.ask_vote(3, 4, false).granted);
}

#[test]
fn start_with_a_known_leader_is_follower() {
    Node::follower(4).is(Role::Follower, 4, Some(2));
}

#[test]
fn start_with_a_leader_that_cannot_be_reached_is_unattached() {
    let mut node = Node::start(election(4, Some(9), None));
    node.is(Role::Unattached, 4, None);
    assert!(!node.ask_vote(3, 4, false).granted, "the epoch has a leader");
}

#[test]
fn unattached_to_prospective_on_election_timeout() {
    let mut node = Node::unattached(4);
    node.expire();
    node.is(Role::Prospective, 4, None);
}

#[test]
fn unattached_to_follower_on_leader_of_the_epoch() {
    let mut node = Node::unattached(4);
    assert_eq!(node.begin(3, 4), None);
    node.is(Role::Follower, 4, Some(3));
}

#[test]
fn unattached_to_unattached_in_a_higher_epoch_loses_its_vote() {
    let mut node = Node::start(election(4, None, Some(3)));
    assert!(node.ask_vote(2, 5, true).granted);
    node.is(Role::Unattached, 5, None);
    assert_eq!(node.voted(), None);
}

#[test]
fn unattached_to_follower_keeps_its_vote_of_the_epoch() {
    let mut node = Node::start(election(4, None, Some(3)));
    node.begin(3, 4);
    assert_eq!(node.voted(), Some(3));
}

#[test]
fn unattached_takes_its_timer_along_to_a_higher_epoch() {
    let mut node = Node::unattached(4);
    let deadline = |node: &Node| node.machine.raft.as_ref().and_then(|raft| raft.next_deadline());
    let before = deadline(&node);
    node.now.mono = Mono(0) + Duration::from_millis(500);
    node.ask_vote(2, 5, true);
    assert_eq!(deadline(&node), before);
}

#[test]
fn unattached_restarts_its_timer_when_it_votes() {
    let mut node = Node::unattached(4);
    node.now.mono = Mono(0) + Duration::from_millis(900);
    assert!(node.ask_vote(2, 5, false).granted);
    let next = node.machine.raft.as_ref().and_then(|raft| raft.next_deadline()).expect("a timer runs");
    assert!(next >= node.now.mono + Duration::from_millis(1000));
}

#[test]
fn unattached_stays_on_an_older_epoch() {
    let mut node = Node::unattached(4);
    assert_eq!(node.begin(3, 3), Some(Refusal::FencedLeaderEpoch));
    assert_eq!(node.ask_vote(3, 3, false).head.error, Some(Refusal::FencedLeaderEpoch));
    node.is(Role::Unattached, 4, None);
}

#[test]
fn prospective_to_candidate_on_majority_of_pre_votes() {
    let mut node = Node::prospective(4);
    node.answer_vote(3, 4, true);
    node.is(Role::Candidate, 5, None);
    assert_eq!(node.voted(), Some(OWN));
}

#[test]
fn prospective_to_candidate_when_a_peer_lacks_pre_votes() {
    let mut node = Node::prospective(4);
    node.fail(2, CallError::UnsupportedVersion);
    node.is(Role::Candidate, 5, None);
}

#[test]
fn prospective_to_unattached_when_rejected_without_leader() {
    let mut node = Node::prospective(4);
    node.answer_vote(2, 4, false);
    node.is(Role::Prospective, 4, None);
    node.answer_vote(3, 4, false);
    node.is(Role::Unattached, 4, None);
}

#[test]
fn prospective_to_follower_when_rejected_with_leader() {
    let mut node = Node::follower(4);
    node.expire();
    node.is(Role::Prospective, 4, Some(2));
    node.answer_vote(2, 4, false);
    node.answer_vote(3, 4, false);
    node.is(Role::Follower, 4, Some(2));
}

#[test]
fn prospective_to_unattached_on_election_timeout() {
    let mut node = Node::prospective(4);
    node.expire();
    node.is(Role::Unattached, 4, None);
}

#[test]
fn prospective_to_follower_on_leader_of_the_epoch() {
    let mut node = Node::prospective(4);
    node.begin(2, 4);
    node.is(Role::Follower, 4, Some(2));
}

#[test]
fn prospective_to_unattached_in_a_higher_epoch() {
    let mut node = Node::prospective(4);
    node.answer_vote(2, 6, false);
    node.is(Role::Unattached, 6, None);
}

#[test]
fn prospective_writes_nothing() {
    let mut node = Node::follower(4);
    let before = node.machine.disk.election;
    node.expire();
    assert_eq!(node.machine.disk.election, before);
}

#[test]
fn candidate_to_leader_on_majority() {
    let mut node = Node::candidate(4);
    node.answer_vote(3, 4, true);
    node.is(Role::Leader, 4, Some(OWN));
    assert_eq!(node.machine.disk.election, Some(election(4, Some(OWN), None)));
}

#[test]
fn candidate_stays_when_rejected_until_its_timer() {
    let mut node = Node::candidate(4);
    node.answer_vote(2, 4, false);
    node.answer_vote(3, 4, false);
    node.is(Role::Candidate, 4, None);
    node.expire();
    node.is(Role::Prospective, 4, None);
    assert_eq!(node.voted(), Some(OWN), "the vote of the epoch is given");
}

#[test]
fn candidate_to_follower_on_leader_of_the_epoch() {
    let mut node = Node::candidate(4);
    node.begin(3, 4);
    node.is(Role::Follower, 4, Some(3));
    assert_eq!(node.voted(), Some(OWN));
}

#[test]
fn candidate_to_unattached_in_a_higher_epoch_and_may_vote_there() {
    let mut node = Node::candidate(4);
    assert!(node.ask_vote(2, 5, false).granted);
    node.is(Role::Unattached, 5, None);
    assert_eq!(node.voted(), Some(2));
}

#[test]
fn candidate_denies_votes_but_not_pre_votes_of_its_epoch() {
    let mut node = Node::candidate(4);
    assert!(!node.ask_vote(2, 4, false).granted);
    assert!(node.ask_vote(2, 4, true).granted);
}

#[test]
fn leader_to_resigned_on_request() {
    let mut node = Node::leader(4);
    node.handle(Event::Resign { epoch: LeaderEpoch(4) });
    node.is(Role::Resigned, 4, None);
}

#[test]
fn leader_to_resigned_when_no_majority_fetches() {
    let mut node = Node::leader(4);
    node.expire();
    node.is(Role::Resigned, 4, None);
    assert_eq!(node.now.mono, Mono(0) + Duration::from_millis(3000));
}

#[test]
fn leader_to_unattached_in_a_higher_epoch() {
    let mut node = Node::leader(4);
    node.ask_vote(2, 5, true);
    node.is(Role::Unattached, 5, None);
}

#[test]
fn leader_to_follower_in_a_higher_epoch() {
    let mut node = Node::leader(4);
    node.begin(3, 6);
    node.is(Role::Follower, 6, Some(3));
}

#[test]
fn follower_stays_when_a_request_lies_about_its_epoch() {
    let mut node = Node::follower(4);
    assert_eq!(node.begin(3, i32::MAX), Some(Refusal::InvalidRequest));
    node.ask_vote(3, i32::MAX, false);
    node.ask_vote(3, i32::MAX, true);
    node.is(Role::Follower, 4, Some(2));
}

#[test]
fn leader_stays_when_another_claims_its_epoch() {
    let mut node = Node::leader(4);
    assert_eq!(node.begin(3, 4), Some(Refusal::InvalidRequest));
    assert!(!node.ask_vote(2, 4, true).granted);
    node.is(Role::Leader, 4, Some(OWN));
}

#[test]
fn follower_to_prospective_on_fetch_timeout() {
    let mut node = Node::follower(4);
    node.expire();
    node.is(Role::Prospective, 4, Some(2));
    assert_eq!(node.now.mono, Mono(0) + Duration::from_millis(2000));
}

#[test]
fn follower_to_follower_in_a_higher_epoch() {
    let mut node = Node::follower(4);
    node.begin(3, 5);
    node.is(Role::Follower, 5, Some(3));
}

#[test]
fn follower_to_unattached_in_a_higher_epoch() {
    let mut node = Node::follower(4);
    node.ask_vote(3, 5, true);
    node.is(Role::Unattached, 5, None);
}

#[test]
fn follower_stays_when_another_claims_the_epoch() {
    let mut node = Node::follower(4);
    assert_eq!(node.begin(3, 4), Some(Refusal::InvalidRequest));
    assert!(!node.ask_vote(3, 4, false).granted);
    node.is(Role::Follower, 4, Some(2));
}

#[test]
fn resigned_to_unattached_in_the_next_epoch_on_election_timeout() {
    let mut node = Node::resigned(4);
    // Its remaining time is none, so that it goes on to be prospective in the same turn.
    node.expire();
    node.is(Role::Prospective, 5, None);
    assert_eq!(node.machine.disk.election, Some(election(5, None, None)));
}

#[test]
fn resigned_to_follower_in_a_higher_epoch() {
    let mut node = Node::resigned(4);
    node.begin(2, 5);
    node.is(Role::Follower, 5, Some(2));
}

#[test]
fn resigned_denies_votes_but_not_pre_votes_of_its_epoch() {
    let mut node = Node::resigned(4);
    assert!(!node.ask_vote(2, 4, false).granted);
    assert!(node.ask_vote(2, 4, true).granted);
}

#[test]
fn observer_never_stands_for_election() {
    let mut node = Node::start_as(9, election(4, Some(2), None));
    for _ in 0..50 {
        let next = node.machine.raft.as_ref().and_then(|raft| raft.next_deadline());
        node.now.mono = next.unwrap_or(node.now.mono) + Duration::from_millis(100);
        node.handle(Event::Tick);
        node.is(Role::Follower, 4, Some(2));
    }
}

#[test]
fn observer_votes_because_its_voter_set_may_be_old() {
    let mut node = Node::start_as(9, election(4, None, None));
    assert!(node.ask_vote(2, 5, false).granted);
}

#[test]
fn answer_of_an_older_epoch_changes_nothing() {
    let mut node = Node::candidate(4);
    node.answer_vote(2, 3, true);
    node.is(Role::Candidate, 4, None);
}

#[test]
fn answer_to_an_abandoned_election_is_not_counted() {
    let mut node = Node::candidate(4);
    let (_, call, _) = node.calls[0].clone();
    node.expire();
    let head = Head { error: None, leader: None, epoch: LeaderEpoch(4), endpoints: Vec::new() };
    let response = Response::Vote(VoteResponse { head, granted: true });
    node.handle(Event::Response { call, result: Ok(response) });
    node.is(Role::Prospective, 4, None);
}

#[test]
fn answer_that_names_this_node_leader_of_an_unknown_epoch_is_fatal() {
    let mut node = Node::candidate(4);
    node.answer_head(2, Some(Refusal::FencedLeaderEpoch), Some(OWN), 7);
    assert!(node.fatal.is_some_and(|reason| reason.contains("leader of epoch 7")));
}

#[test]
fn answer_that_names_a_second_leader_of_the_epoch_is_fatal() {
    let mut node = Node::leader(4);
    node.answer_head(3, Some(Refusal::NotLeaderOrFollower), Some(2), 4);
    assert!(node.fatal.is_some());
}

#[test]
fn answer_with_a_higher_epoch_and_leader_is_followed() {
    let mut node = Node::candidate(4);
    node.answer_head(3, Some(Refusal::FencedLeaderEpoch), Some(3), 6);
    node.is(Role::Follower, 6, Some(3));
}

#[test]
fn last_epoch_there_is_stops_the_machine() {
    let mut node = Node::prospective(i32::MAX - 1);
    assert!(node.ask_vote(2, i32::MAX, true).granted);
    node.expire();
    node.answer_vote(2, i32::MAX, true);
    assert!(node.fatal.is_some());
}

#[test]
fn bootstrap_servers_are_asked_in_turn() {
    let mut config = config(9, &[1, 2, 3], Timers::real());
    config.bootstrap = 2;
    let mut machine = Machine::new(config);
    let mut asked = Vec::new();
    let mut now = Now::default();
    let mut effects = machine.start(7, now);
    for _ in 0..6 {
        let call = effects.iter().find_map(|effect| match effect {
            Effect::Call { to: Peer::Bootstrap(server), id, .. } => Some((*server, *id)),
            _ => None,
        });
        if let Some((server, call)) = call {
            asked.push(server);
            let event = Event::Response { call, result: Err(CallError::Disconnected) };
            effects = machine.handle(event, &[], now);
        } else {
            now.mono = machine.raft.as_ref().and_then(|raft| raft.next_deadline()).expect("a pause ends");
            effects = machine.handle(Event::Tick, &[], now);
        }
    }
    assert_eq!(asked, [1, 0, 1, 0]);
}
