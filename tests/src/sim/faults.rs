//! The fault atlas: what may break now without breaking the promise, and how it heals.
//!
//! The promise (KIP-966): with min.insync.replicas 2, one broker at a time may come back from an unclean end with less
//! than it had. The controller cannot tell which unclean end lost something, so while one may have, there is no other:
//! a machine that lost power has recovered when it is back in every ISR, and loses power only when all others are.
//! A disk that fails counts as one that loses power, because what it was to make durable may be gone; a full one loses
//! nothing. The process on either ends, and starts again.
//! Everything else may happen at any time, but so that a majority of controllers is usually up: a cluster that does
//! nothing breaks nothing.
//!
//! Beyond the promise ([`Mode::Beyond`]) none of this is heeded.

use std::io;

use super::agenda::{Item, MS};
use super::machine::DiskFault;
use super::net::CLIENTS;
use super::plan::Mode;
use super::processes::Death;
use super::world::World;

/// The faults in the order of [`super::plan::FaultPlan::weights`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Kill,
    Power,
    DieInWrite,
    Stop,
    Pause,
    CutOneWay,
    CutBothWays,
    Isolate,
    Reset,
    SlowDisk,
    DiskError,
    DiskFull,
    Blackout,
}

const FAULTS: [Fault; 13] = [
    Fault::Kill,
    Fault::Power,
    Fault::DieInWrite,
    Fault::Stop,
    Fault::Pause,
    Fault::CutOneWay,
    Fault::CutBothWays,
    Fault::Isolate,
    Fault::Reset,
    Fault::SlowDisk,
    Fault::DiskError,
    Fault::DiskFull,
    Fault::Blackout,
];

impl World {
    /// Lets one fault happen and plans the next.
    pub(super) fn fault(&mut self) {
        let interval = self.plan.fault_interval;
        let next = interval / 2 + self.chance.below(interval);
        self.agenda.after(next, Item::Fault);
        let mut draw = self.chance.below(self.plan.faults.sum());
        for (fault, weight) in FAULTS.into_iter().zip(self.plan.faults.weights()) {
            if draw < weight {
                return self.break_something(fault);
            }
            draw -= weight;
        }
    }

    fn break_something(&mut self, fault: Fault) {
        let node = self.chance.between(1, self.plan.nodes as u64) as i32;
        let at = self.agenda.now();
        self.trace.line(at, || format!("fault {fault:?} at node {node}"));
        match fault {
            Fault::Kill if self.may_stop(node) && self.may_end_uncleanly(node) => self.die(node, Death::Kill),
            Fault::Power if self.may_stop(node) && self.may_lose(node) => {
                self.has_lost = Some(node);
                self.die(node, Death::Power);
            }
            Fault::DieInWrite if self.may_stop(node) && self.may_end_uncleanly(node) => {
                self.plan_death_in_write(node);
            }
            // What was to be flushed may be gone when the disk says that it failed.
            Fault::DiskError if self.may_stop(node) && self.may_lose(node) => {
                self.has_lost = Some(node);
                let after = self.chance.below(60);
                self.break_disk(node, DiskFault::Failing);
                self.machines[&node].disk.fail_after(after, io::ErrorKind::Other);
            }
            Fault::DiskFull if self.may_stop(node) && self.may_end_uncleanly(node) => {
                let (room, span) = (self.chance.below(2000), self.chance.between(100, 3000));
                self.break_disk(node, DiskFault::Full);
                let disk = &self.machines[&node].disk;
                disk.set_capacity(disk.used() + room);
                self.agenda.after(span * MS, Item::Freed(node));
            }
            Fault::Stop if self.may_stop(node) => self.stop(node),
            Fault::Pause if self.may_stop(node) => {
                let span = self.chance.between(20, if self.plan.patient { 6000 } else { 3000 });
                self.pause(node, span * MS);
            }
            Fault::CutOneWay | Fault::CutBothWays => {
                let other = self.chance.below(self.plan.nodes as u64 + 1) as i32;
                if other != node {
                    let there = (node, other);
                    let back = (other, node);
                    self.cut(if fault == Fault::CutOneWay { vec![there] } else { vec![there, back] });
                }
            }
            Fault::Isolate => {
                let (inward, outward) = *self
                    .chance
                    .pick(&[(true, true), (true, true), (true, false), (false, true)])
                    .expect("there are four");
                let with_clients = self.chance.percent(30);
                let others =
                    (CLIENTS..=self.plan.nodes).filter(|o| *o != node && (*o != CLIENTS || with_clients));
                let mut directions = Vec::new();
                for other in others {
                    directions.extend(inward.then_some((other, node)));
                    directions.extend(outward.then_some((node, other)));
                }
                self.cut(directions);
            }
            Fault::Blackout => {
                let running = self.machines.iter().filter(|(_, machine)| machine.node.is_some());
                for id in running.map(|(id, _)| *id).collect::<Vec<_>>() {
                    self.die(id, Death::Power);
                }
            }
            Fault::Reset => self.reset_connections(),
            Fault::SlowDisk => {
                for machine in self.machines.values_mut() {
                    let slower = if self.chance.percent(50) { 10 } else { 1 };
                    machine.flush_max = self.plan.flush_max * slower;
                }
            }
            _ => {}
        }
    }

    /// Whether another process may go away: most of the time, a majority of controllers stays.
    fn may_stop(&mut self, node: i32) -> bool {
        if !self.machines[&node].runs_undisturbed() {
            return false;
        }
        if self.plan.mode == Mode::Beyond {
            return true;
        }
        let controllers = self.plan.controllers;
        let gone = (1..=controllers).filter(|id| !self.machines[id].runs_undisturbed()).count() as i32;
        let would_be = gone + i32::from(node <= controllers);
        would_be <= controllers / 2 || self.chance.percent(10)
    }

    /// Whether a process may end without having closed its files.
    fn may_end_uncleanly(&mut self, node: i32) -> bool {
        if self.plan.mode == Mode::Beyond {
            return true;
        }
        match self.has_lost {
            Some(lost) if lost != node && !self.has_recovered(lost) => false,
            Some(lost) if lost != node => {
                self.has_lost = None;
                true
            }
            _ => true,
        }
    }

    /// Whether a machine may lose what it has not flushed.
    fn may_lose(&self, node: i32) -> bool {
        self.plan.mode == Mode::Beyond || (1..=self.plan.nodes).all(|id| id == node || self.has_recovered(id))
    }

    /// Whether a broker is back in every ISR under its present registration.
    fn has_recovered(&self, id: i32) -> bool {
        let machine = &self.machines[&id];
        if !machine.config.roles.is_broker() {
            return true;
        }
        let Some(node) = &machine.node else { return false };
        let epoch = node.inspect().broker_epoch();
        let (_, image) = self.checks.image();
        if image.broker(id.into()).is_none_or(|broker| broker.fenced || Some(broker.epoch) != epoch) {
            return false;
        }
        image
            .topics()
            .flat_map(|topic| topic.partitions.values())
            .all(|partition| !partition.replicas.contains(&id.into()) || partition.isr.contains(&id.into()))
    }

    fn plan_death_in_write(&mut self, node: i32) {
        let after = self.chance.below(60);
        let machine = self.machines.get_mut(&node).expect("the node was drawn from those there are");
        machine.dies_at = Some(machine.disk.operations() + after);
        machine.disk.die_after(after);
        let life = machine.life;
        self.agenda.after(2000 * MS, Item::Crash { node, life });
    }

    fn break_disk(&mut self, node: i32, how: DiskFault) {
        let machine = self.machines.get_mut(&node).expect("the node was drawn from those there are");
        machine.disk_fault = Some(how);
    }

    /// A disk has room again; the process on it may have ended meanwhile.
    pub(super) fn free_disk(&mut self, node: i32) {
        let Some(machine) = self.machines.get_mut(&node) else { return };
        machine.disk.set_capacity(u64::MAX);
        machine.disk_fault.take_if(|fault| *fault == DiskFault::Full);
    }

    fn cut(&mut self, directions: Vec<(i32, i32)>) {
        let at = self.agenda.now();
        self.trace.line(at, || format!("cut {directions:?}"));
        let cut = self.net.cut(directions);
        let span = self.chance.between(20, if self.plan.patient { 8000 } else { 3000 });
        self.agenda.after(span * MS, Item::Heal(cut));
    }

    fn reset_connections(&mut self) {
        let share = self.chance.between(5, 60);
        let ids: Vec<_> = self.net.iter().map(|(id, _)| id).collect();
        for id in ids {
            if self.chance.percent(share) {
                self.reset(id);
            }
        }
    }

    /// Ends all faults: what is cut is healed, what is down comes up.
    pub(super) fn heal_everything(&mut self) {
        let at = self.agenda.now();
        self.trace.line(at, || "all faults end".to_owned());
        self.net.heal_all(&mut self.chance, &mut self.agenda);
        self.net.calm();
        let ids: Vec<i32> = self.machines.keys().copied().collect();
        for id in ids {
            let machine = self.machines.get_mut(&id).expect("its key was just read");
            machine.flush_max = self.plan.flush_max;
            machine.disk.set_capacity(u64::MAX);
            machine.disk.clear_failures();
            machine.disk_fault = None;
            if machine.dies_at.is_some() {
                self.die(id, Death::Kill);
            }
            self.resume(id);
        }
    }
}
