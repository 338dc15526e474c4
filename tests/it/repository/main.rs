//! What the repository promises about itself: which crate may use which, how files look, which pages are made
//! from the sources.
//!
//! Reads files only; what the code does is tested elsewhere.

mod generated;
mod layers;
mod tidy;
mod tree;
