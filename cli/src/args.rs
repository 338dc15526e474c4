//! The command tree and the options every command takes. Data only.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand};

use crate::commands::acl::AclCommand;
use crate::commands::broker::BrokerCommand;
use crate::commands::client_metrics::ClientMetricsCommand;
use crate::commands::cluster::ClusterCommand;
use crate::commands::completion::CompletionArgs;
use crate::commands::config::ConfigCommand;
use crate::commands::consume::ConsumeArgs;
use crate::commands::context::ContextCommand;
use crate::commands::controller::ControllerCommand;
use crate::commands::decode::DecodeArgs;
use crate::commands::dev::DevCommand;
use crate::commands::diff::DiffArgs;
use crate::commands::doctor::DoctorArgs;
use crate::commands::feature::FeatureCommand;
use crate::commands::group::GroupCommand;
use crate::commands::journal::JournalArgs;
use crate::commands::key::KeyCommand;
use crate::commands::logdir::LogdirCommand;
use crate::commands::man::ManArgs;
use crate::commands::migrate::MigrateCommand;
use crate::commands::partition::PartitionCommand;
use crate::commands::produce::ProduceArgs;
use crate::commands::quorum::QuorumCommand;
use crate::commands::quota::QuotaCommand;
use crate::commands::reassign::ReassignCommand;
use crate::commands::throttle::ThrottleCommand;
use crate::commands::token::TokenCommand;
use crate::commands::topic::TopicCommand;
use crate::commands::tui::TuiArgs;
use crate::commands::txn::TxnCommand;
use crate::commands::undo::UndoCommand;
use crate::commands::user::UserCommand;
use crate::commands::wait::WaitArgs;
use crate::commands::watch::WatchArgs;
use crate::spans::parse_duration;

pub use crate::output::OutputArgs;

/// kr: a local KRaft cluster and an administrator for any Kafka cluster
#[derive(Debug, Parser)]
#[command(name = "kr", version, about, max_term_width = 100, arg_required_else_help = true)]
#[command(disable_help_subcommand = true, propagate_version = false)]
pub struct Cli {
    #[command(flatten)]
    pub global: GlobalArgs,
    #[command(subcommand)]
    pub command: Command,
}

/// Heading of the options every command takes.
pub(crate) const GLOBAL: &str = "Global options";

/// Options every command takes.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = GLOBAL)]
pub struct GlobalArgs {
    /// Brokers to ask first, HOST:PORT with commas between
    #[arg(
        short = 'b',
        long = "bootstrap-server",
        value_name = "BROKERS",
        global = true,
        value_delimiter = ','
    )]
    #[arg(aliases = ["bootstrap-servers", "brokers", "broker-list"])]
    pub bootstrap: Vec<String>,

    /// Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    #[arg(long = "bootstrap-controller", value_name = "CONTROLLERS", global = true, value_delimiter = ',')]
    #[arg(conflicts_with = "bootstrap")]
    pub bootstrap_controllers: Vec<String>,

    /// Context to use: a cluster by its name in the configuration
    #[arg(short = 'c', long = "context", value_name = "NAME", global = true)]
    pub context: Option<String>,

    /// Configuration file [default: ~/.config/kr/config.toml]
    #[arg(long = "config", value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,

    /// File of Kafka client properties (Java or librdkafka names)
    #[arg(long = "command-config", value_name = "FILE", global = true)]
    pub command_config: Option<PathBuf>,

    /// One Kafka client property; may be repeated
    #[arg(short = 'X', long = "property", value_name = "KEY=VALUE", global = true)]
    pub properties: Vec<String>,

    /// Take the SASL password from the first line of standard input
    #[arg(long = "sasl-password-stdin", global = true)]
    pub sasl_password_stdin: bool,

    /// How long a command may wait for the cluster in all: 30s, 2m
    #[arg(long = "timeout", value_name = "DURATION", global = true, value_parser = parse_duration)]
    pub timeout: Option<Duration>,

    /// Say on stderr what is sent and received; -vv for more
    #[arg(short = 'v', long = "verbose", global = true, action = ArgAction::Count)]
    pub verbose: u8,

    /// Say only errors on stderr
    #[arg(short = 'q', long = "quiet", global = true)]
    pub quiet: bool,

    /// No colours, also on a terminal
    #[arg(long = "no-color", global = true, alias = "no-colour")]
    pub no_color: bool,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Topics: list, create, describe, delete, configs, offsets, trim
    #[command(subcommand, aliases = ["topics", "t"])]
    Topic(TopicCommand),
    /// Partitions: list, describe, elect leaders, explain, verify
    #[command(subcommand, aliases = ["partitions", "p"])]
    Partition(PartitionCommand),
    /// Groups of consumers: list, describe, lag, explain, reset, export, delete
    #[command(subcommand, aliases = ["groups", "g"])]
    Group(GroupCommand),
    /// The cluster: info, nodes, what they serve, how the load is spread
    #[command(subcommand)]
    Cluster(ClusterCommand),
    /// The metadata quorum: status, add and remove voters
    #[command(subcommand)]
    Quorum(QuorumCommand),
    /// Which replicas are where: plan, run, status, cancel
    #[command(subcommand)]
    Reassign(ReassignCommand),
    /// Brokers: list, describe, configs, log levels, unregister
    #[command(subcommand, aliases = ["brokers", "b"])]
    Broker(BrokerCommand),
    /// Configs of anything by type and name: get, set, unset
    #[command(subcommand, alias = "configs")]
    Config(ConfigCommand),
    /// Subscriptions to metrics of clients: list, describe, set, delete
    #[command(subcommand, name = "client-metrics")]
    ClientMetrics(ClientMetricsCommand),
    /// Controllers: list, unregister
    #[command(subcommand, alias = "controllers")]
    Controller(ControllerCommand),
    /// Levels of features: list, upgrade, downgrade, what they need
    #[command(subcommand, alias = "features")]
    Feature(FeatureCommand),
    /// Transactions: list, describe, find those that hang, abort
    #[command(subcommand, aliases = ["tx", "transaction", "transactions"])]
    Txn(TxnCommand),
    /// Delegation tokens: create, list, renew, expire
    #[command(subcommand, aliases = ["tokens", "delegation-token"])]
    Token(TokenCommand),
    /// ACLs: list, add, remove, who may do what
    #[command(subcommand, aliases = ["acls", "a"])]
    Acl(AclCommand),
    /// Users with SCRAM passwords: list, describe, set, delete
    #[command(subcommand, aliases = ["users", "u"])]
    User(UserCommand),
    /// Quotas of users, client ids and addresses: list, set, unset, which one counts
    #[command(subcommand, aliases = ["quotas", "q"])]
    Quota(QuotaCommand),
    /// Throttles of replication: list, clear
    #[command(subcommand)]
    Throttle(ThrottleCommand),
    /// Directories of brokers: list, describe, move
    #[command(subcommand, alias = "logdirs")]
    Logdir(LogdirCommand),
    /// Write records of standard input or files to a topic
    Produce(ProduceArgs),
    /// Read records of topics
    Consume(ConsumeArgs),
    /// Watch the cluster: leaders, ISRs and epochs as they move
    Tui(TuiArgs),
    /// Check the cluster: what is wrong, and what to do about it
    Doctor(DoctorArgs),
    /// Tell in what two clusters differ
    Diff(DiffArgs),
    /// From ZooKeeper to KRaft: check, dry-run
    #[command(subcommand)]
    Migrate(MigrateCommand),
    /// Wait until conditions hold
    Wait(WaitArgs),
    /// What happens in the cluster, a line for each event
    Watch(WatchArgs),
    /// The changes made from this machine
    Journal(JournalArgs),
    /// Take a change back
    #[command(subcommand)]
    Undo(UndoCommand),
    /// Read the last records of topics, then those that come
    Tail(ConsumeArgs),
    /// Read what Kafka writes in topics of its own
    Decode(DecodeArgs),
    /// Keys of records: partition
    #[command(subcommand)]
    Key(KeyCommand),
    /// Clusters by name
    #[command(subcommand, alias = "contexts")]
    Context(ContextCommand),
    /// A local cluster on this machine
    #[command(subcommand)]
    Dev(DevCommand),
    /// Print the script that makes a shell complete kr
    Completion(CompletionArgs),
    /// Print or install manual pages
    Man(ManArgs),
}

/// Options of every command that changes a cluster.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct ChangeArgs {
    /// Show what would be done and change nothing
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

/// Options of every command that asks before it goes on.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct ConfirmArgs {
    /// Do not ask
    #[arg(short = 'y', long = "yes", aliases = ["force", "execute", "no-confirm", "noconfirm", "skip-confirm"])]
    pub yes: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// Options of a verb must not have the names of global ones, their hidden spellings included.
    #[test]
    fn the_command_tree_is_free_of_contradictions() {
        Cli::command().debug_assert();
    }
}
