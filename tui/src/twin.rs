//! The headless twin: the `kr` command that shows what the page shows. It is printed in the `$` line, so it can be
//! copied, put into a script, or read by a screen reader.

use crate::model::health::Health;
use crate::model::list::Scope;
use crate::model::table::Entity;
use crate::model::{Model, Page, Screen, events};

/// The command line for the page.
pub fn of(model: &Model) -> String {
    let options = match model.settings.twin_options.as_str() {
        "" => String::new(),
        options => format!(" {options}"),
    };
    format!("kr{options} {}", verb(model))
}

fn verb(model: &Model) -> String {
    match model.page() {
        Page::List { screen, scope } => list(model, *screen, scope.as_ref()),
        Page::Detail(Entity::Partition(place)) => {
            let ill = model.world().partition(place).is_some_and(|p| {
                !matches!(model.world().health(&place.topic, &p), Health::Well | Health::NotPreferred)
            });
            let verb = if ill { "explain" } else { "describe" };
            format!("partition {verb} -t {} -p {}", quoted(&place.topic), place.partition)
        }
        Page::Detail(Entity::Broker(id)) => format!("broker describe {id}"),
        Page::Detail(Entity::Voter(_)) => "quorum status".to_owned(),
        Page::Detail(Entity::Group(id)) => format!("group describe {}", quoted(id)),
        Page::Detail(Entity::Topic(name)) => format!("topic describe {}", quoted(name)),
        Page::Detail(Entity::Event(_)) => "doctor".to_owned(),
    }
}

fn list(model: &Model, screen: Screen, scope: Option<&Scope>) -> String {
    match screen {
        Screen::Pulse => "doctor".to_owned(),
        Screen::Quorum => "quorum status".to_owned(),
        Screen::Brokers => "broker list -o wide".to_owned(),
        Screen::Topics => format!("topic list{}", flags(model)),
        Screen::Partitions => {
            let narrowed = match scope {
                Some(Scope::Topic(name)) => format!(" {}", quoted(name)),
                Some(Scope::Broker(id)) => format!(" --broker {id}"),
                _ => String::new(),
            };
            format!("partition list --internal{narrowed}{}", flags(model))
        }
        Screen::Groups => "group list".to_owned(),
        // Events have no command of their own; a watched list prints what changes.
        Screen::Events => match scope {
            Some(Scope::Topic(name)) => format!("partition list {} --watch", quoted(name)),
            _ => "partition list --internal --watch".to_owned(),
        },
    }
}

/// Filters that the command line knows, too.
fn flags(model: &Model) -> String {
    let text = model.list().filter.text();
    let known = [
        ("isr<rf", " --under-replicated"),
        ("urp", " --under-replicated"),
        ("offline", " --offline"),
        ("<min", " --under-min-isr"),
    ];
    known
        .iter()
        .filter(|(words, _)| text.split_whitespace().any(|word| word.eq_ignore_ascii_case(words)))
        .map(|(_, flag)| *flag)
        .collect()
}

/// A name as a shell takes it.
fn quoted(name: &str) -> String {
    let is_plain = !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ':' | '@'))
        && !name.starts_with('-');
    if is_plain { name.to_owned() } else { format!("'{}'", name.replace('\'', "'\\''")) }
}

/// The request that a change sends, for its confirmation.
pub fn of_election(places: &[kr_client::admin::TopicPartition]) -> String {
    let names: Vec<String> = places.iter().take(3).map(ToString::to_string).collect();
    let more = places.len().saturating_sub(names.len());
    let more = if more > 0 { format!(" and {}", events::more(more)) } else { String::new() };
    format!("ElectLeaders PREFERRED for {}{more}", names.join(", "))
}
