//! What the screen is drawn from: the picture of the cluster and what the user did with it. Pure data; it changes
//! in `update` only.

pub mod brokers;
pub mod clock;
pub mod events;
pub mod filter;
pub mod groups;
pub mod health;
pub mod list;
pub mod partitions;
pub mod quorum;
pub mod samples;
pub mod table;
pub mod topics;
pub mod world;

use std::collections::BTreeMap;
use std::sync::Arc;

use kr_client::admin::TopicPartition;
use kr_wire::ids::NodeId;

use crate::msg::{Action, Focus};
use crate::snapshot::Time;
use crate::theme::Theme;

use list::{List, Scope};
use table::{Entity, Row, Table};
use world::World;

/// The screens, in the order of their digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Screen {
    /// Everything at a glance.
    Pulse,
    /// The metadata quorum.
    Quorum,
    /// Brokers.
    Brokers,
    /// Topics.
    Topics,
    /// Partitions.
    Partitions,
    /// Groups.
    Groups,
    /// Events.
    Events,
}

impl Screen {
    /// All screens.
    pub const ALL: [Self; 7] = [
        Self::Pulse,
        Self::Quorum,
        Self::Brokers,
        Self::Topics,
        Self::Partitions,
        Self::Groups,
        Self::Events,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pulse => "Pulse",
            Self::Quorum => "Quorum",
            Self::Brokers => "Brokers",
            Self::Topics => "Topics",
            Self::Partitions => "Partitions",
            Self::Groups => "Groups",
            Self::Events => "Events",
        }
    }

    /// Its table; Pulse has the one of partitions, narrowed to those that are ill.
    pub fn table(self) -> &'static Table {
        match self {
            Self::Pulse | Self::Partitions => &partitions::PARTITIONS,
            Self::Quorum => &quorum::QUORUM,
            Self::Brokers => &brokers::BROKERS,
            Self::Topics => &topics::TOPICS,
            Self::Groups => &groups::GROUPS,
            Self::Events => &events::EVENTS,
        }
    }

    fn is_in_scope(self) -> fn(&World, Row, &Scope) -> bool {
        match self {
            Self::Pulse | Self::Partitions => partitions::is_in_scope,
            Self::Brokers => brokers::is_in_scope,
            Self::Topics => topics::is_in_scope,
            Self::Events => events::is_in_scope,
            Self::Quorum | Self::Groups => |_, _, _| true,
        }
    }
}

/// Where the user is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// A screen, perhaps narrowed.
    List {
        /// Which screen.
        screen: Screen,
        /// To what it is narrowed.
        scope: Option<Scope>,
    },
    /// One thing in detail.
    Detail(Entity),
}

impl Page {
    /// A screen with everything.
    pub fn whole(screen: Screen) -> Self {
        Self::List { screen, scope: None }
    }
}

/// What lies over the page and takes the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// What keys do.
    Help {
        /// The first line.
        top: usize,
    },
    /// Commands by their names.
    Palette {
        /// What was typed.
        input: String,
        /// Which of the commands found.
        cursor: usize,
    },
    /// The filter is being typed.
    Filter {
        /// What was typed.
        input: String,
        /// What is wrong with it.
        error: Option<String>,
    },
    /// A column is picked: to sort by.
    Sort {
        /// Which column.
        cursor: usize,
    },
    /// Columns are shown and hidden.
    Columns {
        /// Which column.
        cursor: usize,
    },
    /// The log of calls.
    Calls {
        /// Lines from the end.
        back: usize,
    },
    /// A change is shown and waits for its confirmation.
    Confirm {
        /// The change.
        action: Action,
    },
}

/// What was told at the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The name of the cluster on the screen: context, or address.
    pub cluster: String,
    /// Whether it is a development cluster.
    pub is_dev: bool,
    /// Whether nothing may be changed.
    pub is_read_only: bool,
    /// What `kr` commands need to reach the same cluster: `-b 127.0.0.1:9092`, or nothing.
    pub twin_options: String,
}

/// Everything that is drawn.
#[derive(Clone, Debug)]
pub struct Model {
    /// What was told at the start.
    pub settings: Settings,
    /// The cluster as it is seen now.
    pub live: Arc<World>,
    /// The cluster as it was when the user paused.
    pub frozen: Option<Arc<World>>,
    /// Where the user is, and how they came there; never empty.
    pub path: Vec<Page>,
    /// Where the user was before.
    pub previous: Option<Vec<Page>>,
    /// The list of each screen.
    pub lists: BTreeMap<Screen, List>,
    /// What lies over the page.
    pub overlay: Option<Overlay>,
    /// Whether keys move in the detail beside the list.
    pub in_detail: bool,
    /// Whether the pane with the keys has the whole page.
    pub is_zoomed: bool,
    /// The first line of the detail.
    pub detail_top: usize,
    /// Columns and rows of the screen.
    pub size: (u16, u16),
    /// Colours and signs.
    pub theme: Theme,
    /// The last thing that was done, for the line of keys.
    pub notice: Option<(Time, String)>,
    /// What the poller was told last.
    pub focus: Focus,
    /// Counts changes: what has the same revision looks the same.
    pub revision: u64,
    /// Whether sums and lists must be found anew.
    pub is_stale: bool,
}

impl Model {
    /// The model before anything was seen.
    pub fn new(settings: Settings, theme: Theme, world: World) -> Self {
        let lists = Screen::ALL.into_iter().map(|screen| (screen, List::of(screen.table()))).collect();
        Self {
            settings,
            live: Arc::new(world),
            frozen: None,
            path: vec![Page::whole(Screen::Pulse)],
            previous: None,
            lists,
            overlay: None,
            in_detail: false,
            is_zoomed: false,
            detail_top: 0,
            size: (80, 24),
            theme,
            notice: None,
            focus: Focus::default(),
            revision: 0,
            is_stale: true,
        }
    }

    /// The picture that is shown: the paused one, or the live one.
    pub fn world(&self) -> &World {
        self.frozen.as_deref().unwrap_or(&self.live)
    }

    /// Where the user is.
    pub fn page(&self) -> &Page {
        self.path.last().expect("the path is never empty")
    }

    /// The screen that the page belongs to.
    pub fn screen(&self) -> Screen {
        let list = self.path.iter().rev().find_map(|page| match page {
            Page::List { screen, .. } => Some(*screen),
            Page::Detail(_) => None,
        });
        list.unwrap_or(Screen::Pulse)
    }

    /// The list of the page's screen.
    pub fn list(&self) -> &List {
        &self.lists[&self.screen()]
    }

    /// What the page is about: the detail's entity, or the one under the cursor.
    pub fn subject(&self) -> Option<&Entity> {
        match self.page() {
            Page::Detail(entity) => Some(entity),
            Page::List { .. } => self.list().cursor.as_ref(),
        }
    }

    /// The partition the page is about.
    pub fn subject_partition(&self) -> Option<&TopicPartition> {
        match self.subject()? {
            Entity::Partition(place) => Some(place),
            Entity::Event(number) => self.world().event(*number)?.change.place(),
            _ => None,
        }
    }

    /// The broker the page is about.
    pub fn subject_broker(&self) -> Option<NodeId> {
        match self.subject()? {
            Entity::Broker(id) | Entity::Voter(id) => Some(*id),
            _ => None,
        }
    }

    /// Finds the rows of the page's list anew.
    pub fn rebuild(&mut self) {
        let screen = self.screen();
        let scope = self.path.iter().rev().find_map(|page| match page {
            Page::List { scope, .. } => Some(scope.clone()),
            Page::Detail(_) => None,
        });
        let world = self.frozen.clone().unwrap_or_else(|| self.live.clone());
        let list = self.lists.get_mut(&screen).expect("every screen has a list");
        list.scope = if screen == Screen::Pulse { Some(Scope::Ill) } else { scope.flatten() };
        list.rebuild(&world, screen.table(), screen.is_in_scope());
    }

    /// Moves the list's window so that the cursor is in it.
    pub fn scroll(&mut self, height: usize) {
        let screen = self.screen();
        self.lists.get_mut(&screen).expect("every screen has a list").scroll(height);
    }
}
