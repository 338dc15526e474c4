//! Records that Kafka keeps for itself as trees of named values, for whoever shows them to people.
//!
//! Names are those of the fields of our structs; what is absent is [`Shown::Null`]. Nothing is read back from this.

use bytes::Bytes;

use crate::ids::{
    BrokerEpoch, DirectoryId, LeaderEpoch, NodeId, Offset, PartitionId, ProducerId, TopicId, Uuid,
};

/// A value and what is in it.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Another number.
    Float(f64),
    /// Text, or an id as Kafka prints it.
    Text(String),
    /// Bytes.
    Bytes(Bytes),
    /// Values in order.
    List(Vec<Shown>),
    /// Fields in the order of their schema.
    Struct(Vec<(&'static str, Shown)>),
}

/// A type that can be shown.
pub trait Show {
    /// Its value as a tree.
    fn show(&self) -> Shown;
}

macro_rules! integers {
    ($($type:ty)*) => {$(
        impl Show for $type {
            fn show(&self) -> Shown {
                Shown::Integer((*self).into())
            }
        }
    )*};
}

integers!(i8 i16 u16 i32 i64);

macro_rules! wrappers {
    ($($type:ty)*) => {$(
        impl Show for $type {
            fn show(&self) -> Shown {
                self.0.show()
            }
        }
    )*};
}

wrappers!(NodeId PartitionId LeaderEpoch Offset ProducerId BrokerEpoch TopicId DirectoryId);

impl Show for bool {
    fn show(&self) -> Shown {
        Shown::Bool(*self)
    }
}

impl Show for f64 {
    fn show(&self) -> Shown {
        Shown::Float(*self)
    }
}

impl Show for Uuid {
    fn show(&self) -> Shown {
        Shown::Text(self.to_string())
    }
}

impl Show for String {
    fn show(&self) -> Shown {
        Shown::Text(self.clone())
    }
}

impl Show for Bytes {
    fn show(&self) -> Shown {
        Shown::Bytes(self.clone())
    }
}

impl<T: Show> Show for Option<T> {
    fn show(&self) -> Shown {
        self.as_ref().map_or(Shown::Null, Show::show)
    }
}

impl<T: Show> Show for Vec<T> {
    fn show(&self) -> Shown {
        Shown::List(self.iter().map(Show::show).collect())
    }
}
