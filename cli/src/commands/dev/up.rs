//! `kr dev up`: starts a cluster and stays until it ends, or says that it runs already.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use kr_devcluster::{Cluster, Layout, Profile, Remote, Spec, TopicSpec, Up, up, without_effect};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::signals::Signals;
use super::stay::{StatusLine, stay};
use super::{NameArgs, READY_PATIENCE, detach, name_option, remote_error, root, up_error};
use crate::args::OutputArgs;
use crate::config::{forget_dev_context, register_dev_context};
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::output::{Item, Page, Report, json};
use crate::schemas::published;
use crate::spans::parse_duration;

/// What a cluster is to be like.
#[derive(Clone, Debug, Default, Args)]
pub struct ShapeArgs {
    /// Number of brokers [default: 3]
    #[arg(short = 'n', long, value_name = "COUNT")]
    pub nodes: Option<u32>,

    /// Number of controllers [default: 3, or 1 below 3 brokers]
    #[arg(long, value_name = "COUNT")]
    pub controllers: Option<u32>,

    /// Controllers among the brokers, or nodes of their own [default: combined]
    #[arg(long, value_enum, value_name = "LAYOUT")]
    pub roles: Option<RolesArg>,

    /// Racks, given to the brokers in turn
    #[arg(long, value_name = "RACK,...", value_delimiter = ',')]
    pub racks: Vec<String>,

    /// Timers: `fast` reacts in tens of milliseconds, `real` has Kafka's defaults [default: fast]
    #[arg(long, value_enum, value_name = "PROFILE")]
    pub profile: Option<ProfileArg>,

    /// A Kafka property of every node; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<Property>,

    /// A topic that is to exist; may be repeated
    #[arg(long = "topic", value_name = "NAME[:PARTITIONS[:RF]]")]
    pub topics: Vec<Topic>,
}

/// Arguments of `kr dev up`.
#[derive(Clone, Debug, Args)]
pub struct UpArgs {
    #[command(flatten)]
    pub name: NameArgs,
    #[command(flatten)]
    pub shape: ShapeArgs,

    /// Port of the first broker, the others follow; 0 takes free ones [default: 9092]
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,

    /// Remove the cluster when it ends
    #[arg(long)]
    pub ephemeral: bool,

    /// Begin anew: throw the data of an earlier cluster of this name away
    #[arg(long)]
    pub fresh: bool,

    /// Leave the cluster running in the background
    #[arg(short = 'd', long)]
    pub detach: bool,

    /// How long to wait until it is ready [default: 60s]
    #[arg(long, value_name = "DURATION", num_args = 0..=1, value_parser = parse_duration)]
    pub wait: Option<Option<Duration>>,

    /// Write one line of JSON to this file descriptor when it is ready
    #[arg(long, value_name = "FD")]
    pub ready_fd: Option<u32>,

    #[command(flatten)]
    pub output: OutputArgs,
}

/// `--roles`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RolesArg {
    /// The first nodes are brokers and controllers at once
    Combined,
    /// Controllers are nodes of their own
    Separate,
}

/// `--profile`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProfileArg {
    /// Reacts in tens of milliseconds
    Fast,
    /// Kafka's defaults
    Real,
}

/// `--set`: a property and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    key: String,
    value: String,
}

impl FromStr for Property {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => {
                Ok(Self { key: key.trim().to_owned(), value: value.trim().to_owned() })
            }
            _ => Err(format!("`{text}` is not KEY=VALUE")),
        }
    }
}

/// `--topic`: as typed, and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    text: String,
    spec: TopicSpec,
}

impl FromStr for Topic {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let spec = text.parse().map_err(|error: kr_devcluster::BadTopic| error.to_string())?;
        Ok(Self { text: text.to_owned(), spec })
    }
}

impl ShapeArgs {
    /// The wanted cluster under this name.
    pub fn spec(&self, name: &str) -> Spec {
        Spec {
            name: name.to_owned(),
            nodes: self.nodes,
            controllers: self.controllers,
            layout: self.roles.map(|roles| match roles {
                RolesArg::Combined => Layout::Combined,
                RolesArg::Separate => Layout::Separate,
            }),
            racks: self.racks.clone(),
            profile: self.profile.map(|profile| match profile {
                ProfileArg::Fast => Profile::Fast,
                ProfileArg::Real => Profile::Real,
            }),
            properties: self.set.iter().map(|set| (set.key.clone(), set.value.clone())).collect(),
            topics: self.topics.iter().map(|topic| topic.spec.clone()).collect(),
            ..Spec::default()
        }
    }

    /// The same as arguments of a command line.
    fn to_args(&self) -> Vec<String> {
        let mut args = Vec::new();
        let mut option = |name: &str, value: String| args.push(format!("--{name}={value}"));
        if let Some(nodes) = self.nodes {
            option("nodes", nodes.to_string());
        }
        if let Some(controllers) = self.controllers {
            option("controllers", controllers.to_string());
        }
        if let Some(roles) = self.roles.as_ref().and_then(ValueEnum::to_possible_value) {
            option("roles", roles.get_name().to_owned());
        }
        if !self.racks.is_empty() {
            option("racks", self.racks.join(","));
        }
        if let Some(profile) = self.profile.as_ref().and_then(ValueEnum::to_possible_value) {
            option("profile", profile.get_name().to_owned());
        }
        for Property { key, value } in &self.set {
            option("set", format!("{key}={value}"));
        }
        for topic in &self.topics {
            option("topic", topic.text.clone());
        }
        args
    }
}

impl UpArgs {
    /// The wanted cluster.
    pub fn spec(&self) -> Spec {
        Spec {
            port: self.port,
            ephemeral: self.ephemeral,
            fresh: self.fresh,
            ..self.shape.spec(&self.name.name)
        }
    }

    /// What the supervisor of a detached cluster needs, as arguments of a command line.
    pub fn to_args(&self) -> Vec<String> {
        let mut args = vec![format!("--name={}", self.name.name)];
        args.extend(self.shape.to_args());
        args.extend(self.port.map(|port| format!("--port={port}")));
        args.extend(self.ephemeral.then(|| "--ephemeral".to_owned()));
        args.extend(self.fresh.then(|| "--fresh".to_owned()));
        args.push(format!("--wait={}ms", self.patience().as_millis()));
        args
    }

    /// Whether anything is asked for that a running cluster does not take up.
    fn asks_for_a_shape(&self) -> bool {
        let shape = ShapeArgs { topics: Vec::new(), ..self.shape.clone() };
        self.fresh || self.ephemeral || self.port.is_some() || !shape.to_args().is_empty()
    }

    /// How long readiness is waited for.
    pub fn patience(&self) -> Duration {
        self.wait.flatten().unwrap_or(READY_PATIENCE)
    }
}

/// A cluster that is ready.
#[derive(Clone, Debug, JsonSchema, Serialize, Deserialize)]
pub struct ReadyCluster {
    /// Name of the cluster.
    pub name: String,
    /// `cluster.id`
    pub cluster_id: String,
    /// Addresses for clients.
    pub bootstrap_servers: String,
    /// Ids of its nodes.
    pub nodes: Vec<i32>,
    /// The process that runs it.
    pub pid: Option<u32>,
    /// Milliseconds from the start of the command until the cluster was ready.
    pub ready_ms: u64,
    /// Whether it ran before.
    pub already_running: bool,
    /// Directory of its state.
    pub data_dir: PathBuf,
    /// The context that points to it.
    pub kr_context: Option<String>,
}

impl Item for ReadyCluster {
    const KIND: &'static str = "kr.dev.up/v1";

    fn write(items: &[Self], page: &mut Page) {
        for ready in items {
            if ready.already_running {
                page.line(&format!("cluster \"{}\" is running already", ready.name));
            } else {
                page.line(&format!("cluster \"{}\" is ready after {} ms", ready.name, ready.ready_ms));
            }
            let nodes: Vec<_> = ready.nodes.iter().map(ToString::to_string).collect();
            page.fields([
                ("bootstrap", ready.bootstrap_servers.clone()),
                ("nodes", nodes.join(", ")),
                ("data", ready.data_dir.display().to_string()),
                ("context", ready.kr_context.clone().unwrap_or_else(|| "-".to_owned())),
            ]);
        }
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

published!(ReadyCluster, "dev up");

/// Runs `kr dev up`.
pub async fn run(args: UpArgs, context: &mut Context) -> Result<Exit, CliError> {
    let began = Instant::now();
    if args.detach {
        let ready = detach::start(&args, context, began).await?;
        return announce(ready, &args, context);
    }
    let mut signals = take_signals()?;
    match up(&root(context)?, &args.spec()).await.map_err(up_error)? {
        Up::Running(remote) => {
            let ready = found(&remote, &args, began).await?;
            announce(ready, &args, context)
        }
        Up::Started(cluster) => {
            let ready = settle(&cluster, &args, &mut signals, began).await?;
            announce(ready, &args, context)?;
            if context.io.stderr_is_terminal {
                context.note("Ctrl-C stops it; `kr topic list` in another terminal uses it");
            }
            let exit = stay(&cluster, &mut signals, StatusLine::of(context), context).await;
            if args.ephemeral {
                forget_dev_context(&context.environment, context.global.config.as_deref(), &args.name.name)?;
            }
            Ok(exit)
        }
    }
}

/// Takes the signals, so that a cluster is shut down in order.
pub(super) fn take_signals() -> Result<Signals, CliError> {
    Signals::take().map_err(|error| CliError::internal("cannot handle signals").caused_by(error))
}

/// Waits until a cluster that was started here is ready, its topics included; ends it when that fails.
pub(super) async fn settle(
    cluster: &Cluster,
    args: &UpArgs,
    signals: &mut Signals,
    began: Instant,
) -> Result<ReadyCluster, CliError> {
    let spec = args.spec();
    let patience = args.patience();
    let ready = async {
        cluster.ready(patience).await?;
        cluster.create_topics(&spec.topics, patience).await
    };
    let outcome = tokio::select! {
        outcome = ready => outcome.map_err(up_error),
        () = signals.next() => Err(CliError::new(Kind::Interrupted, "interrupted before the cluster was ready")),
    };
    if let Err(error) = outcome {
        cluster.crash().await;
        return Err(error);
    }
    let state = cluster.state();
    Ok(ReadyCluster {
        name: state.name.clone(),
        cluster_id: state.cluster_id.clone(),
        bootstrap_servers: cluster.bootstrap(),
        nodes: state.nodes.iter().map(|node| node.id).collect(),
        pid: Some(std::process::id()),
        ready_ms: began.elapsed().as_millis() as u64,
        already_running: false,
        data_dir: cluster.place().dir().to_owned(),
        kr_context: None,
    })
}

/// Describes a cluster that runs already, once it is ready.
pub(super) async fn found(remote: &Remote, args: &UpArgs, began: Instant) -> Result<ReadyCluster, CliError> {
    remote.ready(args.patience()).await.map_err(remote_error)?;
    let topics: Vec<String> = args.shape.topics.iter().map(|topic| topic.text.clone()).collect();
    if !topics.is_empty() {
        remote.create_topics(topics, args.patience()).await.map_err(remote_error)?;
    }
    let status = remote.status().await.map_err(remote_error)?;
    Ok(ReadyCluster {
        name: status.name,
        cluster_id: status.cluster_id,
        bootstrap_servers: status.bootstrap,
        nodes: status.nodes.iter().map(|node| node.id).collect(),
        pid: status.pid,
        ready_ms: began.elapsed().as_millis() as u64,
        already_running: true,
        data_dir: PathBuf::from(status.data_dir),
        kr_context: None,
    })
}

/// Makes the cluster known to other commands and to whoever waits for it, and prints it.
fn announce(mut ready: ReadyCluster, args: &UpArgs, context: &mut Context) -> Result<Exit, CliError> {
    let servers: Vec<String> = ready.bootstrap_servers.split(',').map(str::to_owned).collect();
    let flag = context.global.config.as_deref();
    match register_dev_context(&context.environment, flag, &ready.name, &servers) {
        Ok(registered) => ready.kr_context = Some(registered.context),
        // The cluster is there all the same.
        Err(error) => context.warn(&format!("warning: no context for the cluster: {error}")),
    }
    if let Some(fd) = args.ready_fd {
        tell(fd, &ready)?;
    }
    for name in without_effect(&args.spec().properties) {
        context.note(&format!("property {name} is accepted and has no effect"));
    }
    if ready.already_running && args.asks_for_a_shape() {
        let option = name_option(&ready.name);
        context.note(&format!(
            "it goes on as it was started; `kr dev down{option}` first to start it otherwise"
        ));
    }
    context.show(args.output.output, &Report::of(vec![ready]))
}

fn tell(fd: u32, ready: &ReadyCluster) -> Result<(), CliError> {
    let failed = |error: std::io::Error| {
        CliError::failed(format!("cannot write to file descriptor {fd}")).caused_by(error)
    };
    let line = json::line(ready).map_err(|error| failed(error.into()))?;
    // Opened by its path: this process does not know what else the number may be.
    let mut file = std::fs::OpenOptions::new().write(true).open(format!("/dev/fd/{fd}")).map_err(failed)?;
    std::io::Write::write_all(&mut file, &line).map_err(failed)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        up: UpArgs,
    }

    fn parse(args: &[&str]) -> UpArgs {
        Line::try_parse_from([&["up"], args].concat()).expect("a command line").up
    }

    #[test]
    fn detached_supervisor_gets_the_same_wish() {
        let typed = [
            "-n5",
            "--controllers",
            "1",
            "--roles",
            "separate",
            "--racks",
            "a,b",
            "--port",
            "0",
            "--name",
            "x",
            "--ephemeral",
            "--fresh",
            "--set",
            "a.b=c=d",
            "--set",
            "e=",
            "--topic",
            "t:6:3",
            "--profile",
            "real",
            "-d",
            "--wait",
            "90s",
        ];
        let args = parse(&typed);
        let again = args.to_args();
        let again = parse(&again.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(format!("{:?}", args.spec()), format!("{:?}", again.spec()));
        assert_eq!(args.patience(), again.patience());
        assert_eq!(args.patience(), Duration::from_secs(90));
        assert!(!again.detach);
    }

    #[test]
    fn wait_takes_a_duration_or_none() {
        assert_eq!(parse(&["--wait", "-d"]).patience(), READY_PATIENCE);
        assert_eq!(parse(&[]).patience(), READY_PATIENCE);
        assert_eq!(parse(&["--wait", "5"]).patience(), Duration::from_secs(5));
    }

    #[test]
    fn running_cluster_takes_up_topics_only() {
        for asks in
            ["-n3", "--controllers=1", "--roles=separate", "--racks=a", "--set=a=b", "--fresh", "--port=0"]
        {
            assert!(parse(&[asks]).asks_for_a_shape(), "{asks}");
        }
        assert!(!parse(&["--topic=t", "--wait=5s", "-d", "--name=x"]).asks_for_a_shape());
    }

    #[test]
    fn malformed_properties_and_topics_are_refused() {
        for bad in [["--set", "novalue"], ["--set", "=v"], ["--topic", "t:0"]] {
            assert!(Line::try_parse_from([&["up"], &bad[..]].concat()).is_err(), "{bad:?}");
        }
    }
}
