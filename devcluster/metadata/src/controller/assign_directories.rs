//! AssignReplicasToDirs (73): a broker says in which directory its replicas are (KIP-858).

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{BrokerEpoch, DirectoryId, NodeId, PartitionId, TopicId};
use kr_wire::messages::assign_replicas_to_dirs_response::{DirectoryData, PartitionData, TopicData};
use kr_wire::messages::{AssignReplicasToDirsRequest, AssignReplicasToDirsResponse};
use kr_wire::metadata_records::MetadataRecord;

use super::election::Target;
use super::{Call, Controller, Outcome};
use crate::features::gate;
use crate::image::Broker;

impl Controller {
    /// Assigns replicas to directories; one in an offline directory leaves the ISR.
    ///
    /// Errors: STALE_BROKER_EPOCH and UNSUPPORTED_VERSION for the whole request; per partition UNKNOWN_TOPIC_ID,
    /// UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER for a partition the broker has no replica of.
    pub fn assign_replicas_to_dirs(
        &mut self,
        request: &AssignReplicasToDirsRequest,
        _call: Call,
    ) -> Outcome<AssignReplicasToDirsResponse> {
        let refuse = |code: ErrorCode| {
            Outcome::unchanged(AssignReplicasToDirsResponse::default().with_error_code(code.0))
        };
        if self.metadata_version() < gate::DIRECTORIES {
            return refuse(ErrorCode::UNSUPPORTED_VERSION);
        }
        let epoch = BrokerEpoch(request.broker_epoch);
        let broker = self.image.broker(NodeId(request.broker_id.0)).filter(|b| b.epoch == epoch);
        let Some(broker) = broker else {
            return refuse(ErrorCode::STALE_BROKER_EPOCH);
        };
        let mut records: Vec<MetadataRecord> = Vec::new();
        let mut directories = Vec::with_capacity(request.directories.len());
        for data in &request.directories {
            let directory = DirectoryId(data.id);
            let mut topics = Vec::with_capacity(data.topics.len());
            for topic in &data.topics {
                let assigned = topic.partitions.iter().map(|partition| {
                    let index = PartitionId(partition.partition_index);
                    let code = match self.assign(broker, directory, TopicId(topic.topic_id), index) {
                        Ok(record) => {
                            records.extend(record);
                            ErrorCode::NONE
                        }
                        Err(code) => code,
                    };
                    PartitionData::default().with_partition_index(index.0).with_error_code(code.0)
                });
                let partitions = assigned.collect();
                topics.push(TopicData::default().with_topic_id(topic.topic_id).with_partitions(partitions));
            }
            directories.push(DirectoryData::default().with_id(data.id).with_topics(topics));
        }
        let response = AssignReplicasToDirsResponse::default().with_directories(directories);
        Outcome::split(records, response)
    }

    fn assign(
        &self,
        broker: &Broker,
        directory: DirectoryId,
        topic: TopicId,
        index: PartitionId,
    ) -> Result<Option<MetadataRecord>, ErrorCode> {
        let topic = self.image.topic(topic).ok_or(ErrorCode::UNKNOWN_TOPIC_ID)?;
        let partition = topic.partitions.get(&index).ok_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)?;
        if !partition.is_replica(broker.id) {
            return Err(ErrorCode::NOT_LEADER_OR_FOLLOWER);
        }
        let mut target = Target::of(partition);
        target.directories.insert(broker.id, directory);
        if !broker.has_online_directory(directory) {
            target.isr.retain(|id| *id != broker.id);
        }
        Ok(self.change_now(topic, index, target).map(MetadataRecord::from))
    }
}
