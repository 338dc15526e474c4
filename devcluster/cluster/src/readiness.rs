//! Whether a cluster is ready, from what its nodes say: pure.
//!
//! Ready means: a controller is active, every broker that runs is in service and has applied all metadata that
//! was committed when it was asked, and every running controller follows. Partitions get their leaders in the
//! same records that put brokers into service, so a produce then succeeds.

use kr_node::NodeStatus;

/// A node as it was found.
#[derive(Clone, Debug)]
pub struct Seen {
    /// `node.id`
    pub id: i32,
    /// What it said; `None` when it did not answer.
    pub status: Option<NodeStatus>,
}

/// What is missing, or `None` when the cluster is ready. `running` are the nodes that should answer.
pub fn missing(running: &[Seen]) -> Option<String> {
    if running.is_empty() {
        return Some("no node is running".to_owned());
    }
    let mut statuses = Vec::new();
    for seen in running {
        match &seen.status {
            Some(status) => statuses.push((seen.id, status)),
            None => return Some(format!("node {} does not answer", seen.id)),
        }
    }
    // Of two that believe to be active, the one of the later epoch is.
    let active = statuses.iter().filter(|(_, status)| status.active_controller);
    let Some((_, controller)) = active.max_by_key(|(_, status)| status.quorum.epoch) else {
        return Some("no controller is active".to_owned());
    };
    let Some(committed) = controller.quorum.high_watermark else {
        return Some("the controller has not committed anything in its epoch".to_owned());
    };
    for (id, status) in &statuses {
        if status.quorum.epoch != controller.quorum.epoch {
            return Some(format!("node {id} has not seen epoch {}", controller.quorum.epoch));
        }
        if status.broker.as_ref().is_some_and(|broker| broker.fenced) {
            return Some(format!("broker {id} is fenced"));
        }
        if status.quorum.applied < committed {
            return Some(format!(
                "node {id} has applied {} of {committed} metadata records",
                status.quorum.applied
            ));
        }
    }
    None
}

/// The active controller, if one of these nodes is it.
pub fn controller(seen: &[Seen]) -> Option<i32> {
    let active = seen.iter().filter_map(|seen| {
        let status = seen.status.as_ref()?;
        status.active_controller.then_some((status.quorum.epoch, seen.id))
    });
    active.max().map(|(_, id)| id)
}

#[cfg(test)]
mod tests {
    use kr_node::{BrokerStatus, QuorumStatus, Roles};
    use kr_wire::ids::{LeaderEpoch, NodeId, Offset};

    use super::*;

    fn node(id: i32) -> Seen {
        let quorum = QuorumStatus {
            state: "follower",
            leader: Some(NodeId(1)),
            epoch: LeaderEpoch(3),
            high_watermark: Some(Offset(10)),
            log_end: Offset(10),
            applied: Offset(10),
        };
        let broker =
            BrokerStatus { epoch: None, fenced: false, partitions: 0, leading: 0, under_replicated: 0 };
        let status = NodeStatus {
            node_id: NodeId(id),
            roles: Roles::Combined,
            quorum,
            active_controller: id == 1,
            broker: Some(broker),
        };
        Seen { id, status: Some(status) }
    }

    fn changed(id: i32, change: impl FnOnce(&mut NodeStatus)) -> Option<String> {
        let mut nodes = vec![node(1), node(2), node(3)];
        let seen = nodes.iter_mut().find(|seen| seen.id == id).expect("it is there");
        change(seen.status.as_mut().expect("it answered"));
        missing(&nodes)
    }

    #[test]
    fn cluster_is_ready_when_all_are_in_service_and_up_to_date() {
        assert_eq!(changed(1, |_| ()), None);
        assert_eq!(controller(&[node(2), node(1)]), Some(1));
    }

    #[test]
    fn what_is_missing_is_named() {
        let says = |got: Option<String>, text: &str| {
            assert!(got.as_ref().is_some_and(|g| g.contains(text)), "{got:?}")
        };
        says(changed(1, |status| status.active_controller = false), "no controller");
        says(changed(1, |status| status.quorum.high_watermark = None), "not committed");
        says(changed(2, |status| status.quorum.epoch = LeaderEpoch(2)), "node 2 has not seen epoch 3");
        says(
            changed(3, |status| status.broker.as_mut().expect("broker").fenced = true),
            "broker 3 is fenced",
        );
        says(changed(3, |status| status.quorum.applied = Offset(9)), "node 3 has applied 9 of 10");
        says(missing(&[node(1), Seen { id: 2, status: None }]), "node 2 does not answer");
        says(missing(&[]), "no node");
    }

    #[test]
    fn deposed_controller_does_not_count() {
        let got = changed(2, |status| {
            status.active_controller = true;
            status.quorum.epoch = LeaderEpoch(4);
        });
        assert_eq!(got.as_deref(), Some("node 1 has not seen epoch 4"));
    }
}
