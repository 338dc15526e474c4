//! The names on a disk: what a process sees, what is durable, and the changes in between.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::not_found;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Dir,
    /// Index of a file's content.
    File(usize),
}

#[derive(Clone, Debug)]
pub(super) struct Names {
    seen: BTreeMap<PathBuf, Node>,
    durable: BTreeMap<PathBuf, Node>,
    /// Changes that are seen but not durable, oldest first.
    pending: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Create(PathBuf, Node),
    Remove(PathBuf),
    Rename(PathBuf, PathBuf, Node),
}

impl Change {
    fn touches(&self, dir: &Path) -> bool {
        let is_in = |path: &Path| path.parent() == Some(dir);
        match self {
            Self::Create(path, _) | Self::Remove(path) => is_in(path),
            Self::Rename(from, to, _) => is_in(from) || is_in(to),
        }
    }
}

/// Files whose handles a rename makes fail.
pub(super) struct Renamed {
    pub moved: Vec<usize>,
    pub replaced: Vec<usize>,
}

impl Default for Names {
    fn default() -> Self {
        let root = BTreeMap::from([(PathBuf::from("/"), Node::Dir)]);
        Self { seen: root.clone(), durable: root, pending: Vec::new() }
    }
}

impl Names {
    pub(super) fn find(&self, path: &Path) -> Option<Node> {
        self.seen.get(path).copied()
    }

    pub(super) fn pending(&self) -> usize {
        self.pending.len()
    }

    /// The names directly in a directory, sorted; `None` when it is none.
    pub(super) fn children(&self, dir: &Path) -> Option<impl Iterator<Item = (String, Node)>> {
        (self.find(dir) == Some(Node::Dir)).then(|| {
            subtree(&self.seen, dir)
                .into_iter()
                .filter(|(path, _)| path.parent() == Some(dir))
                .filter_map(|(path, node)| Some((path.file_name()?.to_str()?.to_owned(), node)))
        })
    }

    pub(super) fn create(&mut self, path: &Path, node: Node) -> io::Result<()> {
        if path.parent().and_then(|parent| self.find(parent)) != Some(Node::Dir) {
            return Err(not_found(path));
        }
        self.seen.insert(path.to_owned(), node);
        self.pending.push(Change::Create(path.to_owned(), node));
        Ok(())
    }

    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> io::Result<Renamed> {
        let node = self.find(from).ok_or_else(|| not_found(from))?;
        let replaced = files(&subtree(&self.seen, to));
        let moved = files(&subtree(&self.seen, from));
        move_subtree(&mut self.seen, from, to, node);
        self.pending.push(Change::Rename(from.to_owned(), to.to_owned(), node));
        Ok(Renamed { moved, replaced })
    }

    /// Removes a file, or a directory with all in it; returns the files.
    pub(super) fn remove(&mut self, path: &Path) -> Vec<usize> {
        let removed = remove_subtree(&mut self.seen, path);
        self.pending.push(Change::Remove(path.to_owned()));
        files(&removed)
    }

    /// Makes the changes in a directory durable; returns the files that no name, seen or durable, leads to
    /// any more.
    pub(super) fn sync(&mut self, dir: &Path) -> Vec<usize> {
        let mut lost = Vec::new();
        let mut kept = Vec::new();
        for change in std::mem::take(&mut self.pending) {
            if change.touches(dir) {
                lost.extend(apply(&mut self.durable, &change));
            } else {
                kept.push(change);
            }
        }
        self.pending = kept;
        lost.retain(|file| {
            let node = Node::File(*file);
            let renamed = |change: &Change| matches!(change, Change::Rename(_, _, moved) | Change::Create(_, moved) if *moved == node);
            !self.seen.values().any(|seen| *seen == node)
                && !self.durable.values().any(|durable| *durable == node)
                && !self.pending.iter().any(renamed)
        });
        lost
    }

    /// Makes all changes durable.
    pub(super) fn sync_all(&mut self) {
        self.pending.clear();
        self.durable = self.seen.clone();
    }

    /// Keeps what is durable and the first `keep` changes beyond.
    pub(super) fn crash(&mut self, keep: usize) {
        for change in std::mem::take(&mut self.pending).iter().take(keep) {
            apply(&mut self.durable, change);
        }
        self.seen = self.durable.clone();
    }
}

/// Applies a change to names; returns the files that lost one.
fn apply(names: &mut BTreeMap<PathBuf, Node>, change: &Change) -> Vec<usize> {
    let mut ancestors = |path: &Path| {
        for dir in path.ancestors().skip(1) {
            names.entry(dir.to_owned()).or_insert(Node::Dir);
        }
    };
    match change {
        Change::Create(path, node) => {
            ancestors(path);
            names.insert(path.clone(), *node);
            Vec::new()
        }
        Change::Remove(path) => files(&remove_subtree(names, path)),
        Change::Rename(from, to, node) => {
            ancestors(to);
            let replaced = files(&subtree(names, to));
            move_subtree(names, from, to, *node);
            replaced
        }
    }
}

fn move_subtree(names: &mut BTreeMap<PathBuf, Node>, from: &Path, to: &Path, node: Node) {
    remove_subtree(names, to);
    for (path, node) in remove_subtree(names, from) {
        let rest = path.strip_prefix(from).expect("a path of the subtree has its prefix");
        let moved = if rest.as_os_str().is_empty() { to.to_owned() } else { to.join(rest) };
        names.insert(moved, node);
    }
    names.insert(to.to_owned(), node);
}

fn remove_subtree(names: &mut BTreeMap<PathBuf, Node>, path: &Path) -> Vec<(PathBuf, Node)> {
    let removed = subtree(names, path);
    for (path, _) in &removed {
        names.remove(path);
    }
    removed
}

/// A path and everything below it. Paths sort by component, so these are neighbours.
fn subtree(names: &BTreeMap<PathBuf, Node>, path: &Path) -> Vec<(PathBuf, Node)> {
    names
        .range(path.to_owned()..)
        .take_while(|(name, _)| name.starts_with(path))
        .map(|(name, node)| (name.clone(), *node))
        .collect()
}

fn files(names: &[(PathBuf, Node)]) -> Vec<usize> {
    names
        .iter()
        .filter_map(|(_, node)| match node {
            Node::File(file) => Some(*file),
            Node::Dir => None,
        })
        .collect()
}
