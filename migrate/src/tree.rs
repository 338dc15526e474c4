//! A ZooKeeper tree in memory: znodes with data, stat and ACL, found by path.
//!
//! The difference between null and empty data is kept: Kafka treats them differently. What the nodes mean is
//! [`model`](crate::model)'s; this file knows no Kafka.

use std::collections::BTreeMap;

/// Most nodes of a tree: ten times the largest clusters known; a file that claims more is damaged or hostile.
const MAX_NODES: usize = 20_000_000;

/// One entry of a node's access control list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Acl {
    /// Bits: 1 read, 2 write, 4 create, 8 delete, 16 admin.
    pub perms: i32,
    /// `world`, `sasl`, `digest`, `x509`, `ip`, ...
    pub scheme: String,
    /// Who, in the form of the scheme.
    pub id: String,
}

impl Acl {
    /// What every node without an ACL of its own has: anyone may do anything.
    pub fn open() -> Vec<Self> {
        vec![Self { perms: 31, scheme: "world".to_owned(), id: "anyone".to_owned() }]
    }
}

/// What ZooKeeper keeps about a node beside its data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stat {
    /// Transaction that created the node.
    pub czxid: i64,
    /// Transaction that last changed the data.
    pub mzxid: i64,
    /// Transaction that last changed the list of children.
    pub pzxid: i64,
    /// Creation, milliseconds since 1970.
    pub ctime_ms: i64,
    /// Last change of the data, milliseconds since 1970.
    pub mtime_ms: i64,
    /// Number of changes of the data.
    pub version: i32,
    /// Number of changes of the list of children.
    pub cversion: i32,
    /// Number of changes of the ACL.
    pub aversion: i32,
    /// Session that owns an ephemeral node; 0 for a persistent one.
    pub ephemeral_owner: i64,
}

/// A znode.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its bytes; `None` is ZooKeeper's null, which is not the same as empty.
    pub data: Option<Box<[u8]>>,
    /// What ZooKeeper keeps about it.
    pub stat: Stat,
    acl: u32,
    children: BTreeMap<Box<str>, u32>,
}

/// Why a node cannot be put where it should go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// The path does not begin with `/`, ends with it, or has an empty part.
    #[error("is not a path")]
    Path,
    /// There is no such node.
    #[error("does not exist")]
    NoNode,
    /// Its parent is not there.
    #[error("has no parent")]
    NoParent,
    /// It is there already.
    #[error("exists already")]
    Exists,
    /// It has children.
    #[error("has children")]
    NotEmpty,
    /// The tree would have too many nodes.
    #[error("is one node too many: a tree has at most 20,000,000")]
    Full,
}

/// A tree of znodes; the root is always there.
#[derive(Clone, Debug)]
pub struct Tree {
    nodes: Vec<Node>,
    free: Vec<u32>,
    acls: Vec<Vec<Acl>>,
    acl_ids: BTreeMap<Vec<Acl>, u32>,
}

impl Default for Tree {
    fn default() -> Self {
        let mut tree =
            Self { nodes: Vec::new(), free: Vec::new(), acls: Vec::new(), acl_ids: BTreeMap::new() };
        let acl = tree.intern(Acl::open());
        tree.nodes.push(Node { data: None, stat: Stat::default(), acl, children: BTreeMap::new() });
        tree
    }
}

impl Tree {
    /// Number of nodes, the root included.
    pub fn len(&self) -> usize {
        self.nodes.len() - self.free.len()
    }

    /// Whether there is only the root.
    pub fn is_empty(&self) -> bool {
        self.len() == 1
    }

    /// The node at an absolute path; `/` is the root.
    pub fn get(&self, path: &str) -> Option<&Node> {
        self.find(path).map(|index| &self.nodes[index as usize])
    }

    /// The access control list of a node of this tree.
    pub fn acl(&self, node: &Node) -> &[Acl] {
        &self.acls[node.acl as usize]
    }

    /// Names of a node's children, ascending; none when the node does not exist.
    pub fn children<'a>(&'a self, path: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.get(path).into_iter().flat_map(|node| node.children.keys().map(|name| &**name))
    }

    /// All nodes with their paths, parents before children, siblings ascending by name.
    pub fn walk(&self) -> impl Iterator<Item = (String, &Node)> {
        let mut stack = vec![(String::from("/"), 0_u32)];
        std::iter::from_fn(move || {
            let (path, index) = stack.pop()?;
            let node = &self.nodes[index as usize];
            let base = if path == "/" { "" } else { path.as_str() };
            stack.extend(node.children.iter().rev().map(|(name, index)| (format!("{base}/{name}"), *index)));
            Some((path, node))
        })
    }

    /// The part of the tree below a chroot, as a tree of its own; `None` when there is no such node.
    pub fn below(&self, chroot: &str) -> Option<Self> {
        let chroot = chroot.trim_end_matches('/');
        if chroot.is_empty() {
            return Some(self.clone());
        }
        let top = self.find(chroot)?;
        let mut tree = Self { acls: self.acls.clone(), acl_ids: self.acl_ids.clone(), ..Self::default() };
        let mut stack = vec![(top, 0_u32)];
        while let Some((from, to)) = stack.pop() {
            let node = &self.nodes[from as usize];
            let copy = &mut tree.nodes[to as usize];
            (copy.data, copy.stat, copy.acl) = (node.data.clone(), node.stat, node.acl);
            for (name, child) in &node.children {
                let index = u32::try_from(tree.nodes.len()).expect("no more nodes than in the whole tree");
                tree.nodes.push(Node {
                    data: None,
                    stat: Stat::default(),
                    acl: 0,
                    children: BTreeMap::new(),
                });
                tree.nodes[to as usize].children.insert(name.clone(), index);
                stack.push((*child, index));
            }
        }
        Some(tree)
    }

    /// Puts a node under its parent, leaving the parent's stat as it is.
    ///
    /// # Errors
    /// A path that is none, a missing parent, a node that exists, a full tree.
    pub fn create(
        &mut self,
        path: &str,
        data: Option<Box<[u8]>>,
        acl: Vec<Acl>,
        stat: Stat,
    ) -> Result<(), TreeError> {
        let (parent, name) = split(path)?;
        let parent = self.find(parent).ok_or(TreeError::NoParent)?;
        if self.nodes[parent as usize].children.contains_key(name) {
            return Err(TreeError::Exists);
        }
        let acl = self.intern(acl);
        let node = Node { data, stat, acl, children: BTreeMap::new() };
        let index = match self.free.pop() {
            Some(index) => {
                self.nodes[index as usize] = node;
                index
            }
            None if self.nodes.len() >= MAX_NODES => return Err(TreeError::Full),
            None => {
                self.nodes.push(node);
                u32::try_from(self.nodes.len() - 1).expect("MAX_NODES fits")
            }
        };
        self.nodes[parent as usize].children.insert(name.into(), index);
        Ok(())
    }

    /// Takes a node away, leaving the parent's stat as it is.
    ///
    /// # Errors
    /// A path that is none or the root, a node that is not there or has children.
    pub fn delete(&mut self, path: &str) -> Result<(), TreeError> {
        let (parent, name) = split(path)?;
        let parent = self.find(parent).ok_or(TreeError::NoNode)?;
        let index = *self.nodes[parent as usize].children.get(name).ok_or(TreeError::NoNode)?;
        if !self.nodes[index as usize].children.is_empty() {
            return Err(TreeError::NotEmpty);
        }
        self.nodes[parent as usize].children.remove(name);
        self.nodes[index as usize].data = None;
        self.free.push(index);
        Ok(())
    }

    /// The node at a path, to be changed.
    pub fn get_mut(&mut self, path: &str) -> Option<&mut Node> {
        self.find(path).map(|index| &mut self.nodes[index as usize])
    }

    /// Gives a node another access control list.
    ///
    /// # Errors
    /// There is no such node.
    pub fn set_acl(&mut self, path: &str, acl: Vec<Acl>) -> Result<&mut Node, TreeError> {
        let index = self.find(path).ok_or(TreeError::NoNode)?;
        let acl = self.intern(acl);
        let node = &mut self.nodes[index as usize];
        node.acl = acl;
        Ok(node)
    }

    fn find(&self, path: &str) -> Option<u32> {
        let rest = path.strip_prefix('/')?;
        if rest.is_empty() {
            return Some(0);
        }
        rest.split('/').try_fold(0_u32, |index, name| self.nodes[index as usize].children.get(name).copied())
    }

    fn intern(&mut self, acl: Vec<Acl>) -> u32 {
        if let Some(id) = self.acl_ids.get(&acl) {
            return *id;
        }
        let id = u32::try_from(self.acls.len()).expect("fewer lists than nodes");
        self.acls.push(acl.clone());
        self.acl_ids.insert(acl, id);
        id
    }
}

/// Parts a path into its parent's path and its own name.
pub(crate) fn split(path: &str) -> Result<(&str, &str), TreeError> {
    let (parent, name) = path.rsplit_once('/').ok_or(TreeError::Path)?;
    if name.is_empty() || !path.starts_with('/') || path.contains("//") {
        return Err(TreeError::Path);
    }
    Ok((if parent.is_empty() { "/" } else { parent }, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(paths: &[&str]) -> Tree {
        let mut tree = Tree::default();
        for path in paths {
            tree.create(path, Some(path.as_bytes().into()), Acl::open(), Stat::default()).expect(path);
        }
        tree
    }

    #[test]
    fn walk_gives_parents_before_children_and_siblings_in_order() {
        let tree = tree(&["/b", "/a", "/a/y", "/a/x", "/a-b"]);
        let paths: Vec<_> = tree.walk().map(|(path, _)| path).collect();
        assert_eq!(paths, ["/", "/a", "/a/x", "/a/y", "/a-b", "/b"]);
        assert_eq!(tree.children("/a").collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(tree.children("/none").count(), 0);
    }

    #[test]
    fn a_node_needs_a_parent_and_a_proper_path() {
        let mut tree = tree(&["/a"]);
        let mut create = |path: &str| tree.create(path, None, Acl::open(), Stat::default());
        assert_eq!(create("/x/y"), Err(TreeError::NoParent));
        assert_eq!(create("/a"), Err(TreeError::Exists));
        for path in ["", "a", "/", "//", "/a/", "/a//b", "a/b"] {
            assert_eq!(create(path), Err(TreeError::Path), "{path}");
        }
    }

    #[test]
    fn a_deleted_node_is_gone_and_its_place_is_used_again() {
        let mut tree = tree(&["/a", "/a/b"]);
        assert_eq!(tree.delete("/a"), Err(TreeError::NotEmpty));
        tree.delete("/a/b").expect("it is there");
        assert_eq!(tree.delete("/a/b"), Err(TreeError::NoNode));
        assert_eq!(tree.len(), 2);
        tree.create("/c", None, Acl::open(), Stat::default()).expect("room");
        assert_eq!(tree.nodes.len(), 3);
        assert!(tree.get("/a/b").is_none());
    }

    #[test]
    fn a_chroot_is_a_tree_of_its_own() {
        let tree = tree(&["/k", "/k/brokers", "/k/brokers/ids", "/other"]);
        let below = tree.below("/k/").expect("it is there");
        assert_eq!(below.walk().map(|(path, _)| path).collect::<Vec<_>>(), ["/", "/brokers", "/brokers/ids"]);
        assert_eq!(below.get("/brokers").expect("copied").data.as_deref(), Some(&b"/k/brokers"[..]));
        assert!(tree.below("/none").is_none());
    }
}
