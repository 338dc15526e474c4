//! What is committed of groups, as the oracle has it: every record of `__consumer_offsets`, in order.
//!
//! Each commit of a simulated client carries a [`Tag`] as its metadata, so that every committed offset names its
//! writer. No commit counts that was made outside its generation, none that was acknowledged is missing (I14), and no
//! partition has two owners in one generation (I15).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use kr_client::group::protocol::decode_assignment;
use kr_wire::batch::{Batch, Limit};
use kr_wire::group_records::{GroupMetadataValue, GroupRecord, OffsetCommitValue};

/// A partition by topic name and index.
pub type Place = (String, i32);

/// Generation of a commit from outside the group.
pub const NO_GENERATION: i32 = -1;

/// Who committed what in which generation; unique but for repetitions of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Member id.
    pub member: String,
    /// The generation it was made in.
    pub generation: i32,
    /// The offset.
    pub offset: i64,
}

/// The groups of all partitions of `__consumer_offsets`.
#[derive(Debug, Default)]
pub struct CommittedGroups {
    groups: BTreeMap<String, Group>,
}

#[derive(Debug, Default)]
struct Group {
    generation: i32,
    members: BTreeSet<String>,
    /// What a member was assigned in a generation, in any record of it.
    assigned: BTreeSet<(i32, String, Vec<u8>)>,
    /// Who was assigned a partition in a generation: its instance id if it is static, else its member id.
    owners: BTreeMap<(i32, Place), String>,
    /// Every commit for a partition, oldest first.
    commits: BTreeMap<Place, Vec<Tag>>,
}

impl CommittedGroups {
    /// Learns a batch that has become committed.
    ///
    /// # Errors
    /// What no coordinator may write after what it has written before.
    pub fn learn(&mut self, batch: &Batch<'_>) -> Result<(), String> {
        let payload = batch.payload(Limit::default()).map_err(|e| format!("bad batch: {e}"))?;
        for record in payload.records() {
            let record = record.map_err(|e| format!("bad record: {e}"))?;
            let key = record.key.ok_or("a record of a group without its key")?;
            let decoded = GroupRecord::decode(key, record.value).map_err(|e| format!("bad record: {e}"))?;
            match decoded {
                Some(GroupRecord::GroupMetadata(key, Some(value))) => {
                    let group = self.groups.entry(key.group_id.clone()).or_default();
                    group.settled(&value).map_err(|what| format!("I15: group {}: {what}", key.group_id))?;
                }
                Some(GroupRecord::OffsetCommit(key, Some(value))) => {
                    let group = self.groups.entry(key.group.clone()).or_default();
                    let place = (key.topic, key.partition.0);
                    group
                        .commit(place, &value)
                        .map_err(|what| format!("I14: group {}: {what}", key.group))?;
                }
                // Nobody deletes groups or offsets here, and nothing is old enough to expire.
                other => return Err(format!("I14: {other:?} was written, which nobody asked for")),
            }
        }
        Ok(())
    }

    /// Names of the groups.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.groups.keys()
    }

    /// The newest generation of a group; 0 before the first.
    pub fn generation(&self, group: &str) -> i32 {
        self.groups.get(group).map_or(0, |group| group.generation)
    }

    /// How many commits there have been for a partition.
    pub fn commits(&self, group: &str, place: &Place) -> usize {
        self.groups.get(group).and_then(|group| group.commits.get(place)).map_or(0, Vec::len)
    }

    /// The newest commit of each partition of a group.
    pub fn newest(&self, group: &str) -> impl Iterator<Item = (&Place, &Tag)> {
        let commits = self.groups.get(group).into_iter().flat_map(|group| &group.commits);
        commits.filter_map(|(place, tags)| Some((place, tags.last()?)))
    }

    /// A client was told that its commit is stored.
    ///
    /// # Errors
    /// When it is not.
    pub fn acknowledged(&self, group: &str, place: &Place, tag: &Tag) -> Result<(), String> {
        let commits = self.groups.get(group).and_then(|group| group.commits.get(place));
        match commits.is_some_and(|tags| tags.contains(tag)) {
            true => Ok(()),
            false => {
                Err(format!("I14: the commit {tag} for {place:?} was acknowledged and is not committed"))
            }
        }
    }

    /// A client asked for an offset when there were `floor` commits that it must not miss, and was told `found`.
    ///
    /// # Errors
    /// When that was never committed, or only before what the client must not miss.
    pub fn fetched(
        &self,
        group: &str,
        place: &Place,
        floor: usize,
        found: Option<&str>,
    ) -> Result<(), String> {
        let tags = self.groups.get(group).and_then(|group| group.commits.get(place));
        let tags = tags.map(Vec::as_slice).unwrap_or_default();
        let known = match found {
            None => 0,
            Some(found) => {
                let at = tags.iter().rposition(|tag| tag.to_string() == found);
                1 + at.ok_or_else(|| {
                    format!("I14: {found} was fetched for {place:?}, which nobody committed")
                })?
            }
        };
        if known >= floor {
            return Ok(());
        }
        let due = &tags[floor - 1];
        Err(format!("I14: {found:?} was fetched for {place:?} after {due} was committed"))
    }

    /// A member was told its assignment.
    ///
    /// # Errors
    /// When the generation gave it another one.
    pub fn assigned(&self, group: &str, generation: i32, member: &str, bytes: &[u8]) -> Result<(), String> {
        let key = (generation, member.to_owned(), bytes.to_vec());
        match self.groups.get(group).is_some_and(|group| group.assigned.contains(&key)) {
            true => Ok(()),
            false => Err(format!(
                "I15: {member} was told an assignment of generation {generation} of {group} that is not committed"
            )),
        }
    }
}

impl Group {
    fn settled(&mut self, value: &GroupMetadataValue) -> Result<(), String> {
        let generation = value.generation;
        if generation < self.generation {
            return Err(format!("generation {} is followed by {generation}", self.generation));
        }
        self.generation = generation;
        self.members = value.members.iter().map(|member| member.member_id.clone()).collect();
        for member in &value.members {
            let partitions =
                decode_assignment(&member.assignment).map_err(|e| format!("bad assignment: {e}"))?;
            let owner = member.group_instance_id.as_ref().unwrap_or(&member.member_id);
            for partition in partitions {
                let place = (partition.topic.to_string(), partition.partition.0);
                let known = self.owners.entry((generation, place.clone())).or_insert_with(|| owner.clone());
                if known != owner {
                    return Err(format!(
                        "{place:?} belongs to {known} and {owner} in generation {generation}"
                    ));
                }
            }
            self.assigned.insert((generation, member.member_id.clone(), member.assignment.to_vec()));
        }
        Ok(())
    }

    fn commit(&mut self, place: Place, value: &OffsetCommitValue) -> Result<(), String> {
        let tag = Tag::parse(&value.metadata)?;
        if tag.offset != value.offset.0 {
            return Err(format!("{tag} was committed for {place:?} as {}", value.offset));
        }
        let is_member = tag.generation == self.generation && self.members.contains(&tag.member);
        if tag.generation != NO_GENERATION && !is_member {
            return Err(format!(
                "{tag} was committed for {place:?} in generation {} of {:?}",
                self.generation, self.members
            ));
        }
        self.commits.entry(place).or_default().push(tag);
        Ok(())
    }
}

impl Tag {
    fn parse(text: &str) -> Result<Self, String> {
        let bad = || format!("{text:?} is not the metadata of a simulated commit");
        let mut parts = text.split(' ');
        let (Some(member), Some(generation), Some(offset)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(bad());
        };
        Ok(Self {
            member: member.to_owned(),
            generation: generation.parse().map_err(|_| bad())?,
            offset: offset.parse().map_err(|_| bad())?,
        })
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.member, self.generation, self.offset)
    }
}
