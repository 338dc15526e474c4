//! Which Kafka properties a user may set, and to what.
//!
//! Pure, and looked at before anything is touched: a mistyped property must not cost the data of `--fresh`. What a
//! property does is known by the node.

use std::collections::BTreeMap;

use crate::plan::PlanError;

/// Properties that say where and what a node is: the cluster sets them for each node, each with the option that
/// has a say in it.
const OWN: [(&str, &str); 15] = [
    ("advertised.listeners", "--port"),
    ("broker.id", "-n"),
    ("broker.rack", "--racks"),
    ("controller.listener.names", "--roles"),
    ("controller.quorum.bootstrap.servers", "--controllers"),
    ("controller.quorum.voters", "--controllers"),
    ("inter.broker.listener.name", "--port"),
    ("listener.security.protocol.map", "--port"),
    ("listeners", "--port"),
    ("log.dir", "--name"),
    ("log.dirs", "--name"),
    ("metadata.log.dir", "--name"),
    ("node.id", "-n"),
    ("process.roles", "--roles"),
    ("security.inter.broker.protocol", "--port"),
];

/// Refuses properties that Kafka does not know, that the cluster sets itself, or that have a value of the wrong
/// form.
pub(crate) fn check(properties: &BTreeMap<String, String>) -> Result<(), PlanError> {
    for (name, value) in properties {
        if let Some((_, option)) = OWN.iter().find(|(own, _)| own == name) {
            return Err(PlanError::OwnProperty { name: name.clone(), option });
        }
        match kr_node::check_property(name, value) {
            Ok(_) => {}
            Err(None) => return Err(PlanError::UnknownProperty(name.clone())),
            Err(Some(reason)) => return Err(PlanError::PropertyValue { reason }),
        }
    }
    Ok(())
}

/// Those of these properties that Kafka knows and no node acts on.
pub fn without_effect(properties: &BTreeMap<String, String>) -> impl Iterator<Item = &str> {
    let inert = |(name, value): &(&String, &String)| kr_node::check_property(name, value) == Ok(false);
    properties.iter().filter(inert).map(|(name, _)| name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(name: &str, value: &str) -> Result<(), PlanError> {
        check(&[(name.to_owned(), value.to_owned())].into())
    }

    #[test]
    fn properties_are_known_free_to_set_and_of_the_right_form() {
        assert_eq!(checked("num.partitions", "4"), Ok(()));
        assert_eq!(
            checked("num.partition", "4"),
            Err(PlanError::UnknownProperty("num.partition".to_owned()))
        );
        assert!(matches!(checked("num.partitions", "many"), Err(PlanError::PropertyValue { .. })));
        let own = PlanError::OwnProperty { name: "node.id".to_owned(), option: "-n" };
        assert_eq!(checked("node.id", "7"), Err(own));
    }

    #[test]
    fn properties_that_nothing_acts_on_are_named() {
        let properties = [("num.partitions", "4"), ("num.network.threads", "8")];
        let properties = properties.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        assert_eq!(without_effect(&properties).collect::<Vec<_>>(), ["num.network.threads"]);
    }
}
