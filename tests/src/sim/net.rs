//! The network: TCP connections between machines, with delay, loss, cuts and resets.
//!
//! Within one direction of a connection nothing is lost or reordered, only late; a cut holds everything until it
//! heals. Machines are numbered from 1; the clients share machine 0.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;
use kr_node::{ConnId, LinkId, Listener};

use super::agenda::{Agenda, Item, MS};
use super::chance::Chance;
use super::plan::NetPlan;

/// The machine of all clients.
pub const CLIENTS: i32 = 0;

/// Names a connection for the whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConnectionId(pub u64);

/// A direction of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the one who dialled.
    ToServer,
    /// To the one who dialled.
    ToDialler,
}

/// Who dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialler {
    /// A node, in one of its lives.
    Node {
        /// Its id.
        node: i32,
        /// The life.
        life: u64,
        /// Its name for the connection.
        link: LinkId,
    },
    /// A client, by its place in the list.
    Client(usize),
    /// Somebody on a machine who sends a frame that was sent before, and wants no answer.
    Repeater(i32),
}

/// What travels on a connection.
#[derive(Clone, Debug)]
pub enum Parcel {
    /// The server has accepted.
    Accepted,
    /// A frame without its length.
    Frame(Bytes),
    /// The sender has closed.
    End,
}

/// A connection.
#[derive(Debug)]
pub struct Connection {
    /// Who dialled.
    pub dialler: Dialler,
    /// Which node was dialled, where.
    pub server: i32,
    /// Its listener.
    pub listener: Listener,
    /// The life of the node that accepted it, and the node's name for it.
    pub accepted: Option<(u64, ConnId)>,
    /// Which ends have closed it: the server's, the dialler's.
    pub closed: (bool, bool),
    /// Connection attempts so far.
    attempts: u32,
    to_server: Lane,
    to_dialler: Lane,
}

/// One direction.
#[derive(Debug, Default)]
struct Lane {
    parcels: VecDeque<Parcel>,
    /// When the last parcel is due: none may be earlier.
    last_at: u64,
    /// Parcels whose time has come while the way was cut.
    held: usize,
}

impl Connection {
    fn lane(&mut self, way: Way) -> &mut Lane {
        match way {
            Way::ToServer => &mut self.to_server,
            Way::ToDialler => &mut self.to_dialler,
        }
    }

    /// The machine of the one who dialled.
    pub fn dialler_machine(&self) -> i32 {
        match self.dialler {
            Dialler::Node { node, .. } => node,
            Dialler::Client(_) => CLIENTS,
            Dialler::Repeater(machine) => machine,
        }
    }

    fn machines(&self, way: Way) -> (i32, i32) {
        match way {
            Way::ToServer => (self.dialler_machine(), self.server),
            Way::ToDialler => (self.server, self.dialler_machine()),
        }
    }
}

/// What became of a connection attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It has reached the server.
    Reached,
    /// It will be tried again.
    Later,
    /// Nothing was heard for too long.
    GivenUp,
}

/// All connections and cuts.
#[derive(Debug)]
pub struct Network {
    plan: NetPlan,
    connections: BTreeMap<ConnectionId, Connection>,
    next: u64,
    /// Cut directions between machines, with the number of cuts that cover them.
    cuts: BTreeMap<(i32, i32), u32>,
    open_cuts: BTreeMap<u64, Vec<(i32, i32)>>,
    next_cut: u64,
    /// What repeaters will send.
    repeats: BTreeMap<ConnectionId, Bytes>,
}

/// Connection attempts before the dialler gives up; one every [`RETRY`].
const ATTEMPTS: u32 = 20;

/// Time between connection attempts (TCP's first is 1 s; ours are as impatient as our timers).
const RETRY: u64 = 100 * MS;

impl Network {
    /// No connections, no cuts.
    pub fn new(plan: NetPlan) -> Self {
        Self {
            plan,
            connections: BTreeMap::new(),
            next: 0,
            cuts: BTreeMap::new(),
            open_cuts: BTreeMap::new(),
            next_cut: 0,
            repeats: BTreeMap::new(),
        }
    }

    /// From now on frames are quick and none is lost.
    pub fn calm(&mut self) {
        self.plan.loss_per_mille = 0;
        self.plan.repeats_per_mille = 0;
        self.plan.delay_spread = self.plan.delay_spread.min(1000);
    }

    /// Starts a connection attempt.
    pub fn dial(
        &mut self,
        dialler: Dialler,
        server: i32,
        listener: Listener,
        chance: &mut Chance,
        agenda: &mut Agenda,
    ) -> ConnectionId {
        self.next += 1;
        let id = ConnectionId(self.next);
        let connection = Connection {
            dialler,
            server,
            listener,
            accepted: None,
            closed: (false, false),
            attempts: 0,
            to_server: Lane::default(),
            to_dialler: Lane::default(),
        };
        self.connections.insert(id, connection);
        agenda.after(self.delay(chance), Item::Syn(id));
        id
    }

    /// Perhaps sends a request once more on a connection of its own, sooner or later than the first one, as somebody
    /// does who has given up waiting for the answer.
    pub fn maybe_repeat(
        &mut self,
        machine: i32,
        server: i32,
        listener: Listener,
        frame: &Bytes,
        chance: &mut Chance,
        agenda: &mut Agenda,
    ) {
        if self.plan.repeats_per_mille > 0 && chance.per_mille(self.plan.repeats_per_mille) {
            let id = self.dial(Dialler::Repeater(machine), server, listener, chance, agenda);
            self.repeats.insert(id, frame.clone());
        }
    }

    /// What the repeater of a connection sends.
    pub fn take_repeat(&mut self, id: ConnectionId) -> Option<Bytes> {
        self.repeats.remove(&id)
    }

    /// A connection attempt arrives, or is tried again because nobody answered.
    pub fn attempt(&mut self, id: ConnectionId, server_is_reachable: bool, agenda: &mut Agenda) -> Attempt {
        let Some(connection) = self.connections.get_mut(&id) else { return Attempt::GivenUp };
        let machines = connection.machines(Way::ToServer);
        let back = (machines.1, machines.0);
        let is_cut = self.cuts.contains_key(&machines) || self.cuts.contains_key(&back);
        if server_is_reachable && !is_cut {
            return Attempt::Reached;
        }
        connection.attempts += 1;
        if connection.attempts == ATTEMPTS {
            return Attempt::GivenUp;
        }
        agenda.after(RETRY, Item::Syn(id));
        Attempt::Later
    }

    /// The connection, while at least one end is open.
    pub fn get(&self, id: ConnectionId) -> Option<&Connection> {
        self.connections.get(&id)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.connections.get_mut(&id)
    }

    /// All connections.
    pub fn iter(&self) -> impl Iterator<Item = (ConnectionId, &Connection)> {
        self.connections.iter().map(|(id, connection)| (*id, connection))
    }

    /// Forgets a connection with everything on its way.
    pub fn forget(&mut self, id: ConnectionId) -> Option<Connection> {
        self.repeats.remove(&id);
        self.connections.remove(&id)
    }

    /// Puts a parcel on its way behind those before it.
    pub fn send(
        &mut self,
        id: ConnectionId,
        way: Way,
        parcel: Parcel,
        chance: &mut Chance,
        agenda: &mut Agenda,
    ) {
        let delay = self.delay(chance);
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let lane = connection.lane(way);
        lane.last_at = lane.last_at.max(agenda.now() + delay);
        lane.parcels.push_back(parcel);
        agenda.at(lane.last_at, Item::Arrive(id, way));
    }

    /// The next parcel, whose time has come, unless a cut holds it.
    pub fn arrive(&mut self, id: ConnectionId, way: Way) -> Option<Parcel> {
        let connection = self.connections.get_mut(&id)?;
        let is_cut = self.cuts.contains_key(&connection.machines(way));
        let lane = connection.lane(way);
        if is_cut {
            lane.held += 1;
            return None;
        }
        lane.parcels.pop_front()
    }

    /// Cuts directions between machines; the name of the cut is for [`Network::heal`].
    pub fn cut(&mut self, directions: Vec<(i32, i32)>) -> u64 {
        for direction in &directions {
            *self.cuts.entry(*direction).or_default() += 1;
        }
        self.next_cut += 1;
        self.open_cuts.insert(self.next_cut, directions);
        self.next_cut
    }

    /// Ends a cut: what it held goes on its way.
    pub fn heal(&mut self, cut: u64, chance: &mut Chance, agenda: &mut Agenda) {
        for direction in self.open_cuts.remove(&cut).unwrap_or_default() {
            if let Some(count) = self.cuts.get_mut(&direction) {
                *count -= 1;
                if *count == 0 {
                    self.cuts.remove(&direction);
                }
            }
        }
        self.release(chance, agenda);
    }

    /// Ends all cuts.
    pub fn heal_all(&mut self, chance: &mut Chance, agenda: &mut Agenda) {
        let open: BTreeSet<u64> = self.open_cuts.keys().copied().collect();
        for cut in open {
            self.heal(cut, chance, agenda);
        }
    }

    fn release(&mut self, chance: &mut Chance, agenda: &mut Agenda) {
        let plan = self.plan.clone();
        for (id, connection) in &mut self.connections {
            for way in [Way::ToServer, Way::ToDialler] {
                if self.cuts.contains_key(&connection.machines(way)) {
                    continue;
                }
                let lane = connection.lane(way);
                for _ in 0..std::mem::take(&mut lane.held) {
                    let at = agenda.now() + plan.delay_min + chance.below(plan.delay_spread);
                    lane.last_at = lane.last_at.max(at);
                    agenda.at(lane.last_at, Item::Arrive(*id, way));
                }
            }
        }
    }

    /// How long a frame takes. Most are quick; few take long.
    fn delay(&self, chance: &mut Chance) -> u64 {
        let spread = match chance.below(10) {
            0..=6 => self.plan.delay_spread / 8,
            7..=8 => self.plan.delay_spread / 2,
            _ => self.plan.delay_spread,
        };
        let mut delay = self.plan.delay_min + chance.below(spread + 1);
        let mut again = 50 * MS;
        while chance.per_mille(self.plan.loss_per_mille) && again < 2000 * MS {
            delay += again;
            again *= 2;
        }
        delay
    }
}
