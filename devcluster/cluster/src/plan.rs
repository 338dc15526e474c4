//! From what is wanted and what is there to what shall be: pure.
//!
//! A cluster keeps its identity, ports and quorum for life. What may change between two runs: more brokers,
//! other properties, other timers.

use std::collections::BTreeSet;

use kr_node::Roles;

use crate::properties;
use crate::spec::{Layout, MAX_NODES, Spec, is_valid_name};
use crate::state_file::{NodeState, State};

/// Port of the first broker unless told otherwise, as Kafka's.
const BROKER_PORT: u16 = 9092;
/// Controllers listen this much above the first broker's port.
const CONTROLLER_DISTANCE: u16 = 10_000;
/// Distance between the port blocks of clusters that were given no port.
const BLOCK: u16 = 100;
/// The first id of a node that is only a controller.
const FIRST_CONTROLLER_ID: i32 = 101;
const DEFAULT_NODES: u32 = 3;
const DEFAULT_CONTROLLERS: u32 = 3;

/// How a node gets a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// This one or none.
    Exactly(u16),
    /// The first free one from here on.
    From(u16),
    /// Any.
    Any,
}

/// A node that is to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodePlan {
    /// What is known of it; ports are 0 until the wishes are fulfilled.
    pub node: NodeState,
    /// Its broker listener's port, if it has one.
    pub broker_port: Option<Wish>,
    /// Its controller listener's port, if it has one.
    pub controller_port: Option<Wish>,
}

/// What shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The state to write, its nodes left out.
    pub state: State,
    /// The nodes to run.
    pub nodes: Vec<NodePlan>,
}

/// Why there is no such cluster.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The name cannot be a directory.
    #[error("cluster name {0:?} is not made of 1 to 64 letters, digits, dots, dashes and underscores")]
    Name(String),
    /// Too few or too many nodes.
    #[error("a cluster cannot have {count} {what}; 1 to {max} are possible")]
    Count {
        /// What there should be.
        what: &'static str,
        /// How many.
        count: u32,
        /// The most there can be.
        max: u32,
    },
    /// Brokers hold data, so they do not go away because of a number.
    #[error("cluster \"{name}\" has {has} brokers and cannot shrink to {wanted}")]
    Shrink {
        /// Name of the cluster.
        name: String,
        /// Brokers it has.
        has: usize,
        /// Brokers that were asked for.
        wanted: u32,
    },
    /// The quorum is fixed when a cluster is made.
    #[error("cluster \"{name}\" was made with {has}; its quorum cannot change")]
    Quorum {
        /// Name of the cluster.
        name: String,
        /// Its quorum in words.
        has: String,
    },
    /// Ports are fixed when a cluster is made.
    #[error("cluster \"{name}\" has its ports for life, from {has} on")]
    Port {
        /// Name of the cluster.
        name: String,
        /// Its first broker's port.
        has: u16,
    },
    /// Racks are fixed when a broker is made.
    #[error("the racks of cluster \"{name}\" were given when it was made")]
    Racks {
        /// Name of the cluster.
        name: String,
    },
    /// A property that Kafka does not have.
    #[error("Kafka has no broker property \"{0}\"")]
    UnknownProperty(String),
    /// A property that each node gets from the cluster.
    #[error("property {name} is set for each node by the cluster itself; {option} has a say in it")]
    OwnProperty {
        /// The property.
        name: String,
        /// The option of `kr dev up` that bears on it.
        option: &'static str,
    },
    /// A property's value has the wrong form.
    #[error("{reason}")]
    PropertyValue {
        /// Property, value and what is wrong with it.
        reason: String,
    },
    /// The ports would not fit below 65536.
    #[error("{count} ports do not fit from {first} on")]
    PortRange {
        /// The first port.
        first: u16,
        /// How many are needed.
        count: u32,
    },
}

impl PlanError {
    /// What the user can do.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Shrink { .. } | Self::Quorum { .. } | Self::Port { .. } | Self::Racks { .. } => {
                Some("leave the option out, use another --name, or begin anew with --fresh")
            }
            Self::UnknownProperty(_) => Some("see those that there are with `kr broker config get 1 --all`"),
            Self::Name(_) | Self::Count { .. } | Self::OwnProperty { .. } | Self::PropertyValue { .. } => {
                None
            }
            Self::PortRange { .. } => Some("choose a lower --port, or --port 0 for any free ones"),
        }
    }
}

/// Refuses what cannot be, whatever there is.
pub fn check(spec: &Spec) -> Result<(), PlanError> {
    if !is_valid_name(&spec.name) {
        return Err(PlanError::Name(spec.name.clone()));
    }
    properties::check(&spec.properties)
}

/// Plans a cluster that [`check`] accepts. `taken` holds the ports that stay with other clusters; `new_id` is used for a new one.
pub fn plan(
    spec: &Spec,
    observed: Option<&State>,
    taken: &BTreeSet<u16>,
    new_id: String,
) -> Result<Plan, PlanError> {
    match observed {
        Some(state) => plan_existing(spec, state),
        None => plan_new(spec, taken, new_id),
    }
}

fn plan_new(spec: &Spec, taken: &BTreeSet<u16>, new_id: String) -> Result<Plan, PlanError> {
    let brokers = counted("brokers", spec.nodes.unwrap_or(DEFAULT_NODES), MAX_NODES)?;
    let layout = spec.layout.unwrap_or_default();
    let most = if layout == Layout::Combined { brokers } else { MAX_NODES };
    // An even quorum survives no more than the odd one below it.
    let by_default = if brokers < DEFAULT_CONTROLLERS { 1 } else { DEFAULT_CONTROLLERS };
    let controllers = counted("controllers", spec.controllers.unwrap_or(by_default), most)?;
    let first = first_port(spec, brokers, taken)?;

    let mut nodes = Vec::new();
    for index in 0..brokers {
        let roles = match layout {
            Layout::Combined if index < controllers => Roles::Combined,
            _ => Roles::Broker,
        };
        nodes.push(broker(spec, index, roles, first));
    }
    if layout == Layout::Separate {
        for index in 0..controllers {
            let node = NodeState {
                id: FIRST_CONTROLLER_ID + index as i32,
                roles: Roles::Controller,
                rack: None,
                broker_port: 0,
                controller_port: 0,
            };
            let controller_port = Some(controller_wish(first, index));
            nodes.push(NodePlan { node, broker_port: None, controller_port });
        }
    }
    let profile = spec.profile.unwrap_or_default();
    let mut state = State::new(spec.name.clone(), new_id, profile, spec.ephemeral);
    state.properties = spec.properties.clone();
    Ok(Plan { state, nodes })
}

fn plan_existing(spec: &Spec, observed: &State) -> Result<Plan, PlanError> {
    let name = || observed.name.clone();
    let brokers: Vec<_> = observed.nodes.iter().filter(|node| node.roles.is_broker()).collect();
    let controllers = observed.nodes.iter().filter(|node| node.roles.is_controller()).count();
    let is_separate = observed.nodes.iter().any(|node| node.roles == Roles::Controller);

    let other_count = spec.controllers.is_some_and(|wanted| wanted as usize != controllers);
    let other_layout = spec.layout.is_some_and(|layout| (layout == Layout::Separate) != is_separate);
    if other_count || other_layout {
        let roles = if is_separate { "separate" } else { "combined" };
        return Err(PlanError::Quorum { name: name(), has: format!("{controllers} {roles} controllers") });
    }
    let first = brokers.first().map_or(BROKER_PORT, |node| node.broker_port);
    if spec.port.is_some_and(|wanted| wanted != 0 && wanted != first) {
        return Err(PlanError::Port { name: name(), has: first });
    }
    let rack = |index: usize| rack(&spec.racks, index);
    if !spec.racks.is_empty() && brokers.iter().enumerate().any(|(index, node)| node.rack != rack(index)) {
        return Err(PlanError::Racks { name: name() });
    }
    let wanted = counted("brokers", spec.nodes.unwrap_or(brokers.len() as u32), MAX_NODES)?;
    if (wanted as usize) < brokers.len() {
        return Err(PlanError::Shrink { name: name(), has: brokers.len(), wanted });
    }

    let exactly = |port: u16| (port != 0).then_some(Wish::Exactly(port));
    let mut nodes: Vec<_> = observed
        .nodes
        .iter()
        .map(|node| NodePlan {
            node: node.clone(),
            broker_port: exactly(node.broker_port),
            controller_port: exactly(node.controller_port),
        })
        .collect();
    let last_port = brokers.iter().map(|node| node.broker_port).max().unwrap_or(BROKER_PORT);
    for index in brokers.len() as u32..wanted {
        let mut added = broker(spec, index, Roles::Broker, None);
        added.broker_port = Some(last_port.checked_add(1).map_or(Wish::Any, Wish::From));
        nodes.push(added);
    }
    nodes.sort_by_key(|plan| plan.node.id);

    let mut state = observed.clone();
    state.nodes = Vec::new();
    state.profile = spec.profile.unwrap_or(state.profile);
    state.properties.extend(spec.properties.clone());
    state.ephemeral = spec.ephemeral || state.ephemeral;
    Ok(Plan { state, nodes })
}

fn counted(what: &'static str, count: u32, max: u32) -> Result<u32, PlanError> {
    if (1..=max).contains(&count) { Ok(count) } else { Err(PlanError::Count { what, count, max }) }
}

/// The broker with this index; `first` is the first broker's port, `None` for any ports.
fn broker(spec: &Spec, index: u32, roles: Roles, first: Option<u16>) -> NodePlan {
    let node = NodeState {
        id: index as i32 + 1,
        roles,
        rack: rack(&spec.racks, index as usize),
        broker_port: 0,
        controller_port: 0,
    };
    let broker_port = first.map_or(Wish::Any, |first| Wish::Exactly(first + index as u16));
    let controller_port = roles.is_controller().then(|| controller_wish(first, index));
    NodePlan { node, broker_port: Some(broker_port), controller_port }
}

fn rack(racks: &[String], index: usize) -> Option<String> {
    racks.get(index.checked_rem(racks.len())?).cloned()
}

/// Nobody types a controller's port, so it may be the next free one.
fn controller_wish(first: Option<u16>, index: u32) -> Wish {
    let wished = first.and_then(|first| first.checked_add(CONTROLLER_DISTANCE)?.checked_add(index as u16));
    wished.map_or(Wish::Any, Wish::From)
}

/// The first broker's port; `None` for any ports. Without a wish, a block that no other cluster has.
fn first_port(spec: &Spec, brokers: u32, taken: &BTreeSet<u16>) -> Result<Option<u16>, PlanError> {
    let last = |first: u16| first.checked_add(brokers as u16 - 1);
    match spec.port {
        Some(0) => Ok(None),
        Some(first) => match last(first) {
            Some(_) => Ok(Some(first)),
            None => Err(PlanError::PortRange { first, count: brokers }),
        },
        None => {
            let mut blocks = (BROKER_PORT..CONTROLLER_DISTANCE + BROKER_PORT).step_by(usize::from(BLOCK));
            let is_free = |first: &u16| taken.range(*first..=first + brokers as u16 - 1).next().is_none();
            Ok(Some(blocks.find(is_free).unwrap_or(BROKER_PORT)))
        }
    }
}

#[cfg(test)]
mod tests {
    use kr_node::Profile;

    use super::*;

    fn spec() -> Spec {
        Spec::named("dev")
    }

    fn fresh(spec: &Spec) -> Result<Plan, PlanError> {
        plan(spec, None, &BTreeSet::new(), "new".to_owned())
    }

    /// The state after the plan was carried out, every wish granted.
    fn carried_out(plan: Plan) -> State {
        let mut state = plan.state;
        let granted = |wish: Option<Wish>| match wish {
            Some(Wish::Exactly(port) | Wish::From(port)) => port,
            Some(Wish::Any) => 40_000,
            None => 0,
        };
        for planned in plan.nodes {
            let mut node = planned.node;
            node.broker_port = granted(planned.broker_port);
            node.controller_port = granted(planned.controller_port);
            state.nodes.push(node);
        }
        state
    }

    fn shape(plan: &Plan) -> Vec<(i32, &'static str)> {
        plan.nodes.iter().map(|planned| (planned.node.id, planned.node.roles.as_str())).collect()
    }

    #[test]
    fn silence_means_three_combined_nodes_on_kafkas_ports() {
        let plan = fresh(&spec()).expect("a plan");
        let combined = Roles::Combined.as_str();
        assert_eq!(shape(&plan), [(1, combined), (2, combined), (3, combined)]);
        assert_eq!(carried_out(plan).ports().collect::<Vec<_>>(), [9092, 19092, 9093, 19093, 9094, 19094]);
    }

    #[test]
    fn brokers_beyond_the_controllers_are_only_brokers() {
        let plan = fresh(&Spec { nodes: Some(5), ..spec() }).expect("a plan");
        assert_eq!(shape(&plan)[2..4], [(3, "broker,controller"), (4, "broker")]);
        let two = fresh(&Spec { nodes: Some(2), ..spec() }).expect("a plan");
        assert_eq!(shape(&two), [(1, "broker,controller"), (2, "broker")]);
    }

    #[test]
    fn separate_controllers_have_ids_of_their_own() {
        let spec = Spec { nodes: Some(1), controllers: Some(2), layout: Some(Layout::Separate), ..spec() };
        let plan = fresh(&spec).expect("a plan");
        assert_eq!(shape(&plan), [(1, "broker"), (101, "controller"), (102, "controller")]);
        assert_eq!(plan.nodes[1].broker_port, None);
        assert_eq!(plan.nodes[2].controller_port, Some(Wish::From(19093)));
    }

    #[test]
    fn racks_go_round() {
        let racks = vec!["a".to_owned(), "b".to_owned()];
        let plan = fresh(&Spec { racks, ..spec() }).expect("a plan");
        let racks: Vec<_> = plan.nodes.iter().map(|planned| planned.node.rack.as_deref()).collect();
        assert_eq!(racks, [Some("a"), Some("b"), Some("a")]);
    }

    #[test]
    fn second_cluster_takes_the_next_block_unless_told_otherwise() {
        let taken = BTreeSet::from([9094, 19092]);
        let second = plan(&spec(), None, &taken, String::new()).expect("a plan");
        assert_eq!(second.nodes[0].broker_port, Some(Wish::Exactly(9192)));
        let told = Spec { port: Some(9092), ..spec() };
        let second = plan(&told, None, &taken, String::new()).expect("a plan");
        assert_eq!(second.nodes[0].broker_port, Some(Wish::Exactly(9092)), "the taken port is then reported");
    }

    #[test]
    fn port_zero_takes_any() {
        let plan = fresh(&Spec { port: Some(0), ..spec() }).expect("a plan");
        let any = |planned: &NodePlan| (planned.broker_port, planned.controller_port);
        assert!(plan.nodes.iter().all(|node| any(node) == (Some(Wish::Any), Some(Wish::Any))));
    }

    #[test]
    fn existing_cluster_keeps_identity_ports_and_properties() {
        let first = Spec { properties: [("num.partitions".to_owned(), "1".to_owned())].into(), ..spec() };
        let state = carried_out(fresh(&first).expect("a plan"));
        let again = Spec {
            properties: [("fetch.max.bytes".to_owned(), "2".to_owned())].into(),
            profile: Some(Profile::Real),
            nodes: Some(3),
            ..spec()
        };
        let plan = plan(&again, Some(&state), &BTreeSet::new(), "other".to_owned()).expect("a plan");
        assert_eq!(plan.state.cluster_id, "new");
        assert_eq!(plan.state.profile, Profile::Real);
        assert_eq!(plan.state.properties.len(), 2);
        assert_eq!(plan.nodes[2].broker_port, Some(Wish::Exactly(9094)));
        assert_eq!(carried_out(plan).nodes, state.nodes);
    }

    #[test]
    fn more_nodes_are_added_as_brokers_after_the_last_port() {
        let state = carried_out(fresh(&spec()).expect("a plan"));
        let more = Spec { nodes: Some(5), ..spec() };
        let plan = plan(&more, Some(&state), &BTreeSet::new(), String::new()).expect("a plan");
        assert_eq!(shape(&plan)[3..], [(4, "broker"), (5, "broker")]);
        assert_eq!(plan.nodes[3].broker_port, Some(Wish::From(9095)));
    }

    #[test]
    fn what_cannot_change_is_refused() {
        let state = carried_out(fresh(&spec()).expect("a plan"));
        let refused = |spec: Spec| {
            plan(&spec, Some(&state), &BTreeSet::new(), String::new()).expect_err("refused").to_string()
        };
        assert!(refused(Spec { nodes: Some(1), ..spec() }).contains("cannot shrink to 1"));
        assert!(refused(Spec { controllers: Some(1), ..spec() }).contains("3 combined controllers"));
        assert!(refused(Spec { layout: Some(Layout::Separate), ..spec() }).contains("quorum"));
        assert!(refused(Spec { port: Some(7000), ..spec() }).contains("from 9092"));
        assert!(refused(Spec { racks: vec!["a".to_owned()], ..spec() }).contains("racks"));
    }

    #[test]
    fn counts_have_bounds() {
        for (nodes, controllers) in [(Some(0), None), (Some(101), None), (None, Some(4)), (None, Some(0))] {
            let error = fresh(&Spec { nodes, controllers, ..spec() }).expect_err("refused");
            assert!(matches!(error, PlanError::Count { .. }), "{error}");
        }
        let error = fresh(&Spec { port: Some(65_535), ..spec() }).expect_err("refused");
        assert_eq!(error, PlanError::PortRange { first: 65_535, count: 3 });
        assert!(check(&Spec { name: "a/b".to_owned(), ..spec() }).is_err());
    }
}
