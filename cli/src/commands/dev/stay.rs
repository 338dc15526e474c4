//! While a cluster runs in the foreground: a line that says how it is, until a signal or another process ends
//! it.
//!
//! ```text
//! running 1,3 | killed 2 | controller 3, epoch 2 | under-replicated 4 | up for 42 s
//! ```
//! On a terminal the line is kept up to date in place; elsewhere there is one for each change that matters.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kr_devcluster::{Cluster, ClusterStatus};

use super::signals::Signals;
use crate::context::Context;
use crate::error::Exit;
use crate::output::escape::escape;

/// Pause between two looks at the cluster.
const LOOK: Duration = Duration::from_millis(500);

/// What a node can be, the best first.
const STATES: [&str; 7] = ["running", "fenced", "paused", "stopping", "stopped", "killed", "failed"];

/// Stays until the cluster is brought down by a signal or by another process.
pub(super) async fn stay(
    cluster: &Cluster,
    signals: &mut Signals,
    mut line: StatusLine,
    context: &mut Context,
) -> Exit {
    let mut notices = cluster.notices();
    loop {
        tokio::select! {
            () = signals.next() => break,
            () = cluster.ended() => {
                line.clear();
                return Exit::DONE;
            }
            notice = notices.recv() => if let Ok(notice) = notice {
                line.say(&format!("node {} {}", notice.node, notice.text), context);
            },
            status = look(cluster), if line.is_shown() => line.show(&status, context),
        }
    }
    line.clear();
    context.note("shutting down; once more to end at once");
    tokio::select! {
        () = cluster.down() => Exit::DONE,
        () = signals.next() => {
            cluster.crash().await;
            Exit::INTERRUPTED
        }
    }
}

async fn look(cluster: &Cluster) -> ClusterStatus {
    tokio::time::sleep(LOOK).await;
    cluster.status().await
}

/// Where the line goes.
pub(super) enum StatusLine {
    /// Nowhere: nobody reads it.
    Hidden,
    /// The last line of a terminal.
    InPlace(ProgressBar),
    /// A line for each change; the last picture is kept to see one.
    Plain(Option<Picture>),
}

impl StatusLine {
    /// The line as whoever reads stderr wants it.
    pub(super) fn of(context: &Context) -> Self {
        if context.global.quiet {
            return Self::Hidden;
        }
        if !context.io.stderr_is_terminal {
            return Self::Plain(None);
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        // A line that is cut at the edge of the terminal, so that it stays one line.
        let style = ProgressStyle::with_template("{wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        Self::InPlace(bar)
    }

    fn is_shown(&self) -> bool {
        !matches!(self, Self::Hidden)
    }

    fn show(&mut self, status: &ClusterStatus, context: &mut Context) {
        let picture = Picture::of(status);
        match self {
            Self::Hidden => {}
            Self::InPlace(bar) => {
                let seconds = status.uptime_ms.unwrap_or(0) / 1000;
                bar.set_message(format!("{} | up for {seconds} s", picture.text()));
            }
            Self::Plain(last) => {
                if last.as_ref().is_some_and(|last| last.differs(&picture)) {
                    context.warn(&picture.text());
                }
                *last = Some(picture);
            }
        }
    }

    /// Writes a line that stays.
    fn say(&self, line: &str, context: &mut Context) {
        match self {
            Self::InPlace(bar) => bar.suspend(|| context.warn(line)),
            Self::Hidden | Self::Plain(_) => context.warn(line),
        }
    }

    fn clear(&self) {
        if let Self::InPlace(bar) = self {
            bar.finish_and_clear();
        }
    }
}

/// What the line says of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Picture {
    /// Nodes by their state.
    nodes: BTreeMap<usize, (String, Vec<String>)>,
    controller: Option<i32>,
    epoch: Option<i32>,
    under_replicated: usize,
}

impl Picture {
    fn of(status: &ClusterStatus) -> Self {
        let mut nodes: BTreeMap<usize, (String, Vec<String>)> = BTreeMap::new();
        for node in &status.nodes {
            let is_fenced = node.state == "running" && node.fenced == Some(true);
            let state = if is_fenced { "fenced" } else { node.state.as_str() };
            let rank = STATES.iter().position(|known| *known == state).unwrap_or(STATES.len());
            let entry = nodes.entry(rank).or_insert_with(|| (state.to_owned(), Vec::new()));
            entry.1.push(node.id.to_string());
        }
        Self {
            nodes,
            controller: status.controller,
            epoch: status.nodes.iter().filter_map(|node| node.epoch).max(),
            under_replicated: status.nodes.iter().filter_map(|node| node.under_replicated).sum(),
        }
    }

    fn text(&self) -> String {
        let number = |number: Option<i32>| number.map_or(Cow::from("-"), |number| number.to_string().into());
        let states = self.nodes.values().map(|(state, ids)| format!("{state} {}", ids.join(",")));
        let mut parts: Vec<String> = states.collect();
        parts.push(format!("controller {}, epoch {}", number(self.controller), number(self.epoch)));
        parts.push(format!("under-replicated {}", self.under_replicated));
        escape(&parts.join(" | ")).into_owned()
    }

    /// Whether another picture is worth a line of its own: how many partitions are behind is not.
    fn differs(&self, other: &Self) -> bool {
        let rough =
            |picture: &Self| Self { under_replicated: picture.under_replicated.min(1), ..picture.clone() };
        rough(self) != rough(other)
    }
}

#[cfg(test)]
mod tests {
    use kr_devcluster::NodeView;

    use super::*;

    fn node(id: i32, state: &str, under_replicated: Option<usize>) -> NodeView {
        NodeView {
            id,
            roles: "broker,controller".to_owned(),
            rack: None,
            state: state.to_owned(),
            reason: None,
            broker_port: Some(9091),
            controller_port: None,
            quorum: None,
            epoch: under_replicated.map(|_| 2),
            high_watermark: None,
            applied: None,
            fenced: Some(false),
            partitions: None,
            leading: None,
            under_replicated,
        }
    }

    fn picture(controller: Option<i32>, nodes: Vec<NodeView>) -> Picture {
        let status = ClusterStatus {
            name: "dev".to_owned(),
            cluster_id: "id".to_owned(),
            state: "ready".to_owned(),
            reason: None,
            pid: None,
            uptime_ms: None,
            bootstrap: String::new(),
            profile: "fast".to_owned(),
            ephemeral: false,
            data_dir: String::new(),
            controller,
            nodes,
        };
        Picture::of(&status)
    }

    #[test]
    fn line_groups_nodes_by_state_and_sums_what_is_behind() {
        let mut fenced = node(4, "running", Some(0));
        fenced.fenced = Some(true);
        let nodes =
            vec![node(1, "running", Some(3)), node(2, "killed", None), node(3, "running", Some(1)), fenced];
        assert_eq!(
            picture(Some(3), nodes).text(),
            "running 1,3 | fenced 4 | killed 2 | controller 3, epoch 2 | under-replicated 4"
        );
        let nobody = picture(None, vec![node(1, "paused", None)]);
        assert_eq!(nobody.text(), "paused 1 | controller -, epoch - | under-replicated 0");
    }

    #[test]
    fn change_of_a_state_is_worth_a_line_and_a_count_that_moves_is_not() {
        let whole = picture(Some(1), vec![node(1, "running", Some(0))]);
        let behind = |count| picture(Some(1), vec![node(1, "running", Some(count))]);
        assert!(whole.differs(&behind(5)));
        assert!(!behind(5).differs(&behind(4)));
        assert!(whole.differs(&picture(Some(1), vec![node(1, "paused", Some(0))])));
        assert!(whole.differs(&picture(Some(2), vec![node(1, "running", Some(0))])));
    }
}
