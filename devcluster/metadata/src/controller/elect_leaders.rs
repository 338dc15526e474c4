//! ElectLeaders (43): leadership back to preferred replicas, or to any replica when none is in sync.
//!
//! Also the elections that the controller holds by itself, from time to time.

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::PartitionId;
use kr_wire::messages::elect_leaders_response::{PartitionResult, ReplicaElectionResult};
use kr_wire::messages::{ElectLeadersRequest, ElectLeadersResponse, TopicName};
use kr_wire::metadata_records::MetadataRecord;

use super::election::{Election, Target};
use super::outcome::text;
use super::{Call, Controller, MAX_RECORDS, Outcome, Refusal};
use crate::image::{Partition, Topic};

/// Elections in one run of the controller's own (Kafka: `MAX_ELECTIONS_PER_IMBALANCE`).
const MAX_ELECTIONS: usize = 1000;

impl Controller {
    /// Elects leaders of the named partitions, or of all.
    ///
    /// Errors per partition: UNKNOWN_TOPIC_OR_PARTITION, ELECTION_NOT_NEEDED (not listed when all are asked
    /// for), PREFERRED_LEADER_NOT_AVAILABLE, ELIGIBLE_LEADERS_NOT_AVAILABLE; INVALID_REQUEST for the whole
    /// request when the type is unknown.
    pub fn elect_leaders(
        &mut self,
        request: &ElectLeadersRequest,
        _call: Call,
    ) -> Outcome<ElectLeadersResponse> {
        let election = match request.election_type {
            0 => Election::Preferred,
            1 => Election::Unclean,
            _ => {
                let code = ErrorCode::INVALID_REQUEST.0;
                return Outcome::unchanged(ElectLeadersResponse::default().with_error_code(code));
            }
        };
        let mut records = Vec::new();
        let mut results = Vec::new();
        match &request.topic_partitions {
            None => {
                for topic in self.image.topics_by_name() {
                    let elect = |(index, _): (&PartitionId, _)| {
                        let outcome = self.elect(topic, *index, election);
                        outcome_of(index.0, outcome, &mut records)
                    };
                    let needless = ErrorCode::ELECTION_NOT_NEEDED.0;
                    let of_topic: Vec<PartitionResult> =
                        topic.partitions.iter().map(elect).filter(|r| r.error_code != needless).collect();
                    results.push(result(TopicName(text(&topic.name)), of_topic));
                }
            }
            Some(named) => {
                for wanted in named {
                    let topic = self.image.topic_by_name(&wanted.topic);
                    let elect = |index: &i32| {
                        let outcome = match topic {
                            Some(topic) => self.elect(topic, PartitionId(*index), election),
                            None => Err(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.into()),
                        };
                        outcome_of(*index, outcome, &mut records)
                    };
                    let of_topic = wanted.partitions.iter().map(elect).collect();
                    results.push(result(wanted.topic.clone(), of_topic));
                }
            }
        }
        if records.len() > MAX_RECORDS {
            let code = ErrorCode::POLICY_VIOLATION.0;
            return Outcome::unchanged(ElectLeadersResponse::default().with_error_code(code));
        }
        Outcome::split(records, ElectLeadersResponse::default().with_replica_election_results(results))
    }

    fn elect(
        &self,
        topic: &Topic,
        index: PartitionId,
        election: Election,
    ) -> Result<MetadataRecord, Refusal> {
        let partition = topic
            .partitions
            .get(&index)
            .ok_or_else(|| Refusal::from(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION))?;
        let needless = match election {
            Election::Preferred => {
                partition.leader.is_some() && partition.leader == partition.preferred_leader()
            }
            Election::Online | Election::Unclean => partition.leader.is_some(),
        };
        if needless {
            return Err(Refusal::new(
                ErrorCode::ELECTION_NOT_NEEDED,
                "the partition has the leader that the election would give it",
            ));
        }
        let mut target = Target::of(partition);
        target.election = election;
        self.change_now(topic, index, target).map(MetadataRecord::from).ok_or_else(|| match election {
            Election::Preferred => Refusal::new(
                ErrorCode::PREFERRED_LEADER_NOT_AVAILABLE,
                "the preferred leader is not in sync or not alive",
            ),
            Election::Online | Election::Unclean => Refusal::new(
                ErrorCode::ELIGIBLE_LEADERS_NOT_AVAILABLE,
                "no replica of the partition is alive",
            ),
        })
    }

    /// Moves leaderships to preferred replicas that are in sync, and says whether more are left.
    pub(super) fn balance_leaders(&self) -> (Vec<MetadataRecord>, bool) {
        let away = |p: &Partition| p.leader != p.preferred_leader();
        self.elect_where(Election::Preferred, |_| true, away)
    }

    /// Gives leaders to leaderless partitions of topics that allow unclean elections.
    pub(super) fn elect_unclean(&self) -> (Vec<MetadataRecord>, bool) {
        let allowed = |t: &Topic| self.unclean_election_enabled(&t.name);
        self.elect_where(Election::Unclean, allowed, |p| p.leader.is_none())
    }

    fn elect_where(
        &self,
        election: Election,
        topics: impl Fn(&Topic) -> bool,
        partitions: impl Fn(&Partition) -> bool,
    ) -> (Vec<MetadataRecord>, bool) {
        let mut records = Vec::new();
        for topic in self.image.topics() {
            let mut wanted = topic.partitions.iter().filter(|(_, p)| partitions(p)).peekable();
            if wanted.peek().is_none() || !topics(topic) {
                continue;
            }
            for (index, partition) in wanted {
                if records.len() == MAX_ELECTIONS {
                    return (records, true);
                }
                let mut target = Target::of(partition);
                target.election = election;
                records.extend(self.change_now(topic, *index, target).map(MetadataRecord::from));
            }
        }
        (records, false)
    }
}

fn outcome_of(
    index: i32,
    outcome: Result<MetadataRecord, Refusal>,
    records: &mut Vec<MetadataRecord>,
) -> PartitionResult {
    let result = PartitionResult::default().with_partition_id(index).with_error_message(None);
    match outcome {
        Ok(record) => {
            records.push(record);
            result
        }
        Err(refusal) => result.with_error_code(refusal.code.0).with_error_message(refusal.text()),
    }
}

fn result(topic: TopicName, partitions: Vec<PartitionResult>) -> ReplicaElectionResult {
    ReplicaElectionResult::default().with_topic(topic).with_partition_result(partitions)
}
