//! Answers of a fake broker to what changes topics and partitions, and to what is looked at before.

use kr_wire::error_code::ErrorCode;
use kr_wire::message::StrBytes;
use kr_wire::messages::*;

use super::world::World;

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

pub fn delete_records(world: &mut World, node: i32, request: &DeleteRecordsRequest) -> DeleteRecordsResponse {
    use delete_records_response::*;
    let mut topics = Vec::new();
    for topic in &request.topics {
        let mut partitions = Vec::new();
        for wanted in &topic.partitions {
            let result = DeleteRecordsPartitionResult::default().with_partition_index(wanted.partition_index);
            let known = world.topics.get_mut(topic.name.as_str());
            let known = known.and_then(|topic| topic.partitions.get_mut(wanted.partition_index as usize));
            partitions.push(match known {
                None => result.with_error_code(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.0),
                Some(p) if p.leader != node => result.with_error_code(ErrorCode::NOT_LEADER_OR_FOLLOWER.0),
                Some(p) if wanted.offset > p.end() => {
                    result.with_error_code(ErrorCode::OFFSET_OUT_OF_RANGE.0)
                }
                Some(p) => {
                    let to = if wanted.offset < 0 { p.end() } else { wanted.offset };
                    p.start = p.start.max(to);
                    result.with_low_watermark(p.start)
                }
            });
        }
        topics.push(
            DeleteRecordsTopicResult::default().with_name(topic.name.clone()).with_partitions(partitions),
        );
    }
    DeleteRecordsResponse::default().with_topics(topics)
}

pub fn describe_producers(world: &World, request: &DescribeProducersRequest) -> DescribeProducersResponse {
    use describe_producers_response::*;
    let topic = |topic: &describe_producers_request::TopicRequest| {
        let known = &world.topics[topic.name.as_str()];
        let partition = |index: &i32| {
            let producer = |(id, sequence): (i64, i32)| {
                ProducerState::default()
                    .with_producer_id(ProducerId(id))
                    .with_last_sequence(sequence)
                    .with_last_timestamp(1_700_000_000_000)
                    .with_coordinator_epoch(-1)
                    .with_current_txn_start_offset(-1)
            };
            let states = known.partitions[*index as usize].known_producers().map(producer);
            PartitionResponse::default().with_partition_index(*index).with_active_producers(states.collect())
        };
        TopicResponse::default()
            .with_name(topic.name.clone())
            .with_partitions(topic.partition_indexes.iter().map(partition).collect())
    };
    DescribeProducersResponse::default().with_topics(request.topics.iter().map(topic).collect())
}

/// Every broker has the same directories and all replicas in the first; a replica has the bytes of the log.
pub fn describe_log_dirs(
    world: &World,
    node: i32,
    request: &DescribeLogDirsRequest,
) -> DescribeLogDirsResponse {
    use describe_log_dirs_response::*;
    let is_wanted = |name: &str| match &request.topics {
        None => true,
        Some(topics) => topics.iter().any(|topic| topic.topic.as_str() == name),
    };
    let topic = |(name, topic): (&String, &super::world::FakeTopic)| {
        let here = (0..).zip(&topic.partitions).filter(|(_, p)| p.replicas.contains(&node));
        let partition = |(index, p): (i32, &super::world::FakePartition)| {
            DescribeLogDirsPartition::default()
                .with_partition_index(index)
                .with_partition_size(p.batches.iter().map(bytes::Bytes::len).sum::<usize>() as i64)
        };
        DescribeLogDirsTopic::default()
            .with_name(TopicName(text(name)))
            .with_partitions(here.map(partition).collect())
    };
    let topics: Vec<_> = world.topics.iter().filter(|(name, _)| is_wanted(name)).map(topic).collect();
    let dir = |name: &String| {
        DescribeLogDirsResult::default()
            .with_log_dir(text(name))
            .with_total_bytes(1 << 40)
            .with_usable_bytes(1 << 39)
    };
    let mut dirs: Vec<DescribeLogDirsResult> = world.log_dirs.iter().map(dir).collect();
    dirs[0].topics = topics;
    DescribeLogDirsResponse::default().with_results(dirs)
}

pub fn create_partitions(world: &mut World, request: &CreatePartitionsRequest) -> CreatePartitionsResponse {
    use create_partitions_response::CreatePartitionsTopicResult;
    let mut results = Vec::new();
    for wanted in &request.topics {
        let name = wanted.name.as_str().to_owned();
        let result = CreatePartitionsTopicResult::default().with_name(wanted.name.clone());
        let known = world.topics.get(&name).map(|topic| topic.partitions.len() as i32);
        let code = match (world.refuse.get(&name), known) {
            (Some(code), _) => *code,
            (None, None) => ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.0,
            (None, Some(count)) if wanted.count <= count => ErrorCode::INVALID_PARTITIONS.0,
            (None, Some(_)) => 0,
        };
        if code == 0 && !request.validate_only {
            world.grow_topic(&name, wanted.count);
        }
        results.push(result.with_error_code(code));
    }
    CreatePartitionsResponse::default().with_results(results)
}

pub fn incremental_alter_configs(
    world: &mut World,
    request: &IncrementalAlterConfigsRequest,
) -> IncrementalAlterConfigsResponse {
    use incremental_alter_configs_response::AlterConfigsResourceResponse;
    let mut results = Vec::new();
    for resource in &request.resources {
        let name = resource.resource_name.as_str().to_owned();
        let result = AlterConfigsResourceResponse::default()
            .with_resource_type(resource.resource_type)
            .with_resource_name(resource.resource_name.clone());
        let defaults = world.config_defaults.clone();
        let refused = world.refuse.get(&name).copied();
        let Some(topic) = world.topics.get_mut(&name).filter(|_| refused.is_none()) else {
            results.push(result.with_error_code(refused.unwrap_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.0)));
            continue;
        };
        for config in resource.configs.iter().filter(|_| !request.validate_only) {
            let key = config.name.as_str().to_owned();
            let value = config.value.as_ref().map(|value| value.as_str().to_owned()).unwrap_or_default();
            let now = topic.configs.get(&key).or(defaults.get(&key)).cloned().unwrap_or_default();
            let mut items: Vec<&str> = now.split(',').filter(|item| !item.is_empty()).collect();
            match config.config_operation {
                0 => drop(topic.configs.insert(key, value)),
                1 => drop(topic.configs.remove(&key)),
                2 => {
                    items.extend(value.split(',').filter(|item| !now.split(',').any(|known| known == *item)));
                    topic.configs.insert(key, items.join(","));
                }
                _ => {
                    items.retain(|item| !value.split(',').any(|gone| gone == *item));
                    topic.configs.insert(key, items.join(","));
                }
            }
        }
        results.push(result);
    }
    IncrementalAlterConfigsResponse::default().with_responses(results)
}

pub fn elect_leaders(world: &mut World, request: &ElectLeadersRequest) -> ElectLeadersResponse {
    use elect_leaders_response::*;
    let is_unclean = request.election_type == 1;
    let mut results = Vec::new();
    for topic in request.topic_partitions.iter().flatten() {
        let mut partitions = Vec::new();
        for index in &topic.partitions {
            let partition = world.partition(topic.topic.as_str(), *index);
            let first = partition.replicas[0];
            let code = match is_unclean {
                true if partition.leader >= 0 => ErrorCode::ELECTION_NOT_NEEDED.0,
                false if partition.leader == first => ErrorCode::ELECTION_NOT_NEEDED.0,
                false if !partition.isr.contains(&first) => ErrorCode::PREFERRED_LEADER_NOT_AVAILABLE.0,
                _ => {
                    partition.leader = first;
                    partition.epoch += 1;
                    0
                }
            };
            partitions.push(PartitionResult::default().with_partition_id(*index).with_error_code(code));
        }
        results.push(
            ReplicaElectionResult::default()
                .with_topic(topic.topic.clone())
                .with_partition_result(partitions),
        );
    }
    ElectLeadersResponse::default().with_replica_election_results(results)
}

/// New replicas are in sync at once.
pub fn alter_reassignments(
    world: &mut World,
    request: &AlterPartitionReassignmentsRequest,
) -> AlterPartitionReassignmentsResponse {
    use alter_partition_reassignments_response::*;
    let mut responses = Vec::new();
    for topic in &request.topics {
        let mut partitions = Vec::new();
        for wanted in &topic.partitions {
            let partition = world.partition(topic.name.as_str(), wanted.partition_index);
            if let Some(replicas) = &wanted.replicas {
                partition.replicas = replicas.iter().map(|id| id.0).collect();
                partition.isr = partition.replicas.clone();
                partition.leader = partition.replicas[0];
            }
            partitions
                .push(ReassignablePartitionResponse::default().with_partition_index(wanted.partition_index));
        }
        responses.push(
            ReassignableTopicResponse::default().with_name(topic.name.clone()).with_partitions(partitions),
        );
    }
    AlterPartitionReassignmentsResponse::default().with_responses(responses)
}
