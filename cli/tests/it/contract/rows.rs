//! The table of the contract: for each command one line that does its work in [`super::estate`].
//!
//! A new command needs a row here, or a reason in [`ELSEWHERE`]; `every_command_has_its_row` says which are
//! missing.

/// What a command does to a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// Asks a cluster and changes nothing.
    Reads,
    /// Changes something, with `--dry-run`; without a terminal it does so at once.
    Changes,
    /// The same, but without a terminal it wants `--yes`.
    Loses,
    /// Writes records or joins a group; there is nothing to try without doing it.
    Streams,
    /// Asks no cluster.
    Local,
}

/// A command.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its words, as they are typed after `kr`.
    pub leaf: &'static str,
    /// What it does.
    pub does: Does,
    /// Its arguments, blanks between.
    pub args: &'static str,
    /// Arguments that name one thing that is there and one that is not; empty where only one is named.
    pub half: &'static str,
    /// Arguments that name what is not there; empty where nothing can be named.
    pub none: &'static str,
}

const fn row(
    leaf: &'static str,
    does: Does,
    args: &'static str,
    half: &'static str,
    none: &'static str,
) -> Row {
    Row { leaf, does, args, half, none }
}

use Does::{Changes, Local, Loses, Reads, Streams};

/// Commands that are held to the contract elsewhere, and where.
pub const ELSEWHERE: &[(&str, &str)] = &[
    ("dev down", "cli/tests/dev.rs"),
    ("dev env", "cli/tests/dev.rs"),
    ("dev kill", "cli/tests/dev.rs"),
    ("dev list", "cli/tests/dev.rs"),
    ("dev logs", "cli/tests/dev.rs"),
    ("dev pause", "cli/tests/dev.rs"),
    ("dev resume", "cli/tests/dev.rs"),
    ("dev run", "cli/tests/dev.rs"),
    ("dev start", "cli/tests/dev.rs"),
    ("dev status", "cli/tests/dev.rs"),
    ("dev stop", "cli/tests/dev.rs"),
    ("dev supervise", "cli/tests/dev.rs"),
    ("dev up", "cli/tests/dev.rs"),
    ("diff", "cli/tests/it/diff.rs: it asks two clusters"),
    ("context doctor", "cli/tests/it/contexts.rs: it reports what it cannot reach"),
    ("undo show", "cli/tests/it/changes.rs: it needs a change before"),
    ("undo apply", "cli/tests/it/changes.rs: it needs a change before"),
    ("context trust", "cli/src/config/project.rs: it needs a project"),
    ("controller unregister", "cli/tests/it/streams_groups.rs: the codec does not have it"),
    ("group internal-topics delete", "cli/tests/it/streams_groups.rs: it needs a group of Kafka Streams"),
    ("group topology", "cli/tests/it/streams_groups.rs: it needs a group of Kafka Streams"),
    ("completion", "cli/tests/it/generated.rs: it prints a script"),
    ("man", "cli/tests/it/generated.rs: it prints pages"),
    ("migrate check", "cli/tests/it/migrate.rs: it reads files"),
    ("migrate dry-run", "cli/tests/it/migrate.rs: it reads files"),
    ("watch", "cli/tests/it/watch.rs: it goes on until it is stopped"),
];

/// All others. `{plan}`, `{offsets}`, `{client}` are files, `{servers}` the brokers.
#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    row("acl add", Changes, "--allow bob --op read -t orders", "", ""),
    row("acl can", Reads, "alice read topic:orders", "", ""),
    row("acl lint", Reads, "", "", ""),
    row("acl list", Reads, "", "", ""),
    row("acl remove", Loses, "--principal alice -t orders", "", ""),
    row("acl who-can", Reads, "read topic:orders", "", ""),
    row("broker config diff", Reads, "1", "", ""),
    row("broker config get", Reads, "1", "", ""),
    row("broker config set", Changes, "1 log.cleaner.threads=2", "", ""),
    row("broker config unset", Changes, "1 log.cleaner.threads", "", ""),
    row("broker describe", Reads, "1", "1 9", "9"),
    row("broker list", Reads, "", "", ""),
    row("broker logger list", Reads, "1", "", ""),
    row("broker logger reset", Changes, "1 kafka", "", ""),
    row("broker logger set", Changes, "1 kafka=DEBUG", "", ""),
    row("broker unregister", Loses, "1 --even-active", "", ""),
    row("client-metrics delete", Changes, "latency", "latency nope", "nope"),
    row("client-metrics describe", Reads, "latency", "latency nope", "nope"),
    row("client-metrics list", Reads, "", "", ""),
    row("client-metrics set", Changes, "latency --interval 5s", "", ""),
    row("cluster api-versions", Reads, "", "", "9"),
    row("cluster balance", Reads, "", "", ""),
    row("cluster id", Reads, "", "", ""),
    row("cluster info", Reads, "", "", ""),
    row("cluster nodes", Reads, "", "", ""),
    row("config append", Loses, "topic/payments cleanup.policy=compact", "", "topic/nope cleanup.policy=compact"),
    row("config get", Reads, "topic/orders", "topic/orders topic/nope", "topic/nope"),
    row("config set", Changes, "topic/orders compression.type=zstd", "", "topic/nope retention.ms=5"),
    row("config subtract", Changes, "topic/orders cleanup.policy=compact", "", "topic/nope cleanup.policy=compact"),
    row("config unset", Loses, "topic/orders cleanup.policy", "", "topic/nope cleanup.policy"),
    row("consume", Reads, "orders", "", "nope"),
    row("context add", Local, "other -b {servers}", "", ""),
    row("context current", Local, "", "", ""),
    row("context edit", Local, "prod --max-blast 3", "", "nope --max-blast 3"),
    row("context export", Local, "--as java prod", "", "--as java nope"),
    row("context import", Local, "java {client} --name other --dry-run", "", "java /no/such/file --name other"),
    row("context list", Local, "", "", ""),
    row("context remove", Local, "prod --yes", "", "nope --yes"),
    row("context rename", Local, "prod live", "", "nope live"),
    row("context show", Local, "", "", "nope"),
    row("context use", Local, "prod", "", "nope"),
    row("controller list", Reads, "", "", ""),
    row("decode", Reads, "__consumer_offsets", "", ""),
    row("doctor", Reads, "--fail-on error", "", ""),
    row("feature check", Reads, "--to 4.0", "", ""),
    row("feature deps", Local, "metadata.version=4.1", "", ""),
    row("feature downgrade", Loses, "metadata.version=26", "", ""),
    row("feature list", Reads, "", "", ""),
    row("feature mapping", Local, "4.1", "", ""),
    row("feature upgrade", Changes, "transaction.version=2", "", ""),
    row("group clone", Changes, "billing copy", "", "nope copy"),
    row("group config get", Reads, "billing", "", ""),
    row("group config set", Changes, "billing consumer.session.timeout.ms=50000", "", ""),
    row("group config unset", Changes, "billing consumer.session.timeout.ms", "", ""),
    row("group create", Changes, "new -t orders --to earliest", "", "new -t nope --to earliest"),
    row("group delete", Loses, "billing", "billing nope", "nope"),
    row("group describe", Reads, "billing", "billing nope", "nope"),
    row("group explain", Reads, "billing --between 10ms", "billing nope --between 10ms", "nope --between 10ms"),
    row("group export", Reads, "billing", "billing nope", "nope"),
    row("group get", Reads, "billing", "billing nope", "nope"),
    row("group lag", Reads, "billing", "billing nope", "nope"),
    row("group list", Reads, "", "", ""),
    row("group member remove", Loses, "shop --member member-1", "", "nope --member member-1"),
    row("group offsets delete", Loses, "billing -t orders", "", "nope -t orders"),
    row("group reset", Loses, "billing -t orders --to earliest", "", ""),
    row("journal", Local, "", "", ""),
    row("key partition", Reads, "k -t orders", "", "k -t nope"),
    row("logdir describe", Reads, "1", "", "9"),
    row("logdir list", Reads, "", "", "--broker 9"),
    row("logdir move", Changes, "orders-0@1:/data2", "", "nope-0@1:/data2"),
    row("partition describe", Reads, "orders-0", "orders-0 orders-9", "orders-9"),
    row("partition elect", Changes, "orders-1 --preferred", "orders-1 orders-9 --preferred", "orders-9 --preferred"),
    row("partition explain", Reads, "orders-0 --interval 10ms", "orders-0 orders-9 --interval 10ms", "orders-9 --interval 10ms"),
    row("partition leaders elect", Changes, "orders-1 --preferred", "orders-1 orders-9 --preferred", "orders-9 --preferred"),
    row("partition list", Reads, "orders", "orders nope", "nope"),
    row("partition verify", Reads, "orders-0", "orders-0 orders-9", "orders-9"),
    row("produce", Streams, "orders -p 0", "", "nope"),
    row("quorum add", Changes, "104", "", "9"),
    row("quorum remove", Loses, "102", "", "9"),
    row("quorum replication", Reads, "", "", ""),
    row("quorum status", Reads, "", "", ""),
    row("quota describe", Reads, "--user alice", "", ""),
    row("quota effective", Reads, "--user alice", "", ""),
    row("quota list", Reads, "", "", ""),
    row("quota set", Changes, "--user alice producer_byte_rate=5", "", ""),
    row("quota unset", Changes, "--user alice producer_byte_rate", "", ""),
    row("reassign cancel", Loses, "--all", "", ""),
    row("reassign plan add", Reads, "3", "", "9"),
    row("reassign plan drain", Reads, "1 -t small", "", "9"),
    row("reassign plan leaders", Reads, "", "", ""),
    row("reassign plan racks", Reads, "", "", ""),
    row("reassign plan rebalance", Reads, "", "", ""),
    row("reassign plan set-rf", Reads, "2 -t orders", "", "2 -t nope"),
    row("reassign run", Loses, "{plan} --no-wait", "", ""),
    row("reassign show", Reads, "{plan}", "", ""),
    row("reassign status", Reads, "", "", ""),
    row("tail", Reads, "orders -n 1", "", "nope"),
    row("throttle clear", Changes, "--all", "", ""),
    row("throttle list", Reads, "", "", ""),
    row("token create", Changes, "", "", ""),
    row("token expire", Loses, "token-1", "", "nope"),
    row("token list", Reads, "", "", ""),
    row("token renew", Changes, "token-1", "", "nope"),
    row("topic add-partitions", Changes, "orders 5", "", "nope 5"),
    row("topic config append", Loses, "payments cleanup.policy=compact", "payments nope cleanup.policy=compact", "nope cleanup.policy=compact"),
    row("topic config diff", Reads, "payments", "", "nope"),
    row("topic config get", Reads, "orders", "orders nope", "nope"),
    row("topic config set", Changes, "orders retention.ms=900000000", "orders nope retention.ms=900000000", "nope retention.ms=5"),
    row("topic consume", Reads, "orders", "", "nope"),
    row("topic config subtract", Changes, "orders cleanup.policy=compact", "orders nope cleanup.policy=compact", "nope cleanup.policy=compact"),
    row("topic config unset", Changes, "orders cleanup.policy", "", "nope cleanup.policy"),
    row("topic create", Changes, "new", "new orders", ""),
    row("topic delete", Loses, "orders", "orders nope", "nope"),
    row("topic describe", Reads, "orders", "orders nope", "nope"),
    row("topic get", Reads, "orders", "orders nope", "nope"),
    row("topic groups", Reads, "orders", "orders nope", "nope"),
    row("topic list", Reads, "", "", ""),
    row("topic offsets", Reads, "orders", "orders nope", "nope"),
    row("topic produce", Streams, "orders -p 0", "", "nope"),
    row("topic producers", Reads, "orders", "orders nope", "nope"),
    row("topic set-rf", Changes, "orders 2", "", "nope 2"),
    row("topic trim", Loses, "orders --to end", "orders nope --to end", "nope --to end"),
    row("txn abort", Loses, "orders-0 --start-offset 1", "", "orders-0 --start-offset 0"),
    row("txn describe", Reads, "import", "import nope", "nope"),
    row("txn hung", Loses, "--abort", "", "-t nope"),
    row("txn list", Reads, "", "", ""),
    row("txn producers", Reads, "orders-0", "orders-0 orders-9", "orders-9"),
    row("undo list", Local, "", "", ""),
    row("user delete", Loses, "alice", "alice nobody", "nobody"),
    row("user describe", Reads, "alice", "alice nobody", "nobody"),
    row("user list", Reads, "", "", ""),
    row("user set", Changes, "bob --generate", "", ""),
    row("wait", Reads, "--for topic=orders", "", ""),
];

/// Lines whose condition does not hold, with what they end in: 3.
pub const UNMET: &[&str] = &[
    "acl can bob write topic:orders",
    "acl can nobody read topic:orders",
    "doctor --fail-on info",
    "feature check --to 4.2",
    "topic config diff orders payments",
    "wait --for topic=nope --timeout 300ms",
];
