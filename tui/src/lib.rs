//! `kr tui`: the live picture of a cluster: leaders, ISRs and epochs as they move.
//!
//! Three tasks: a thread that reads the terminal, a core that folds messages into a model, a renderer that draws
//! the model. The core is pure ([`msg::Msg`] in, [`msg::Cmd`] out) and never waits for a broker; only the poller
//! holds a client. What was seen is plain data ([`snapshot`], [`event`]), so that tests and recordings feed the
//! same core.

pub mod app;
pub mod commands;
pub mod event;
pub mod export;
pub mod infer;
pub mod lanes;
pub mod layout;
pub mod line;
pub mod model;
pub mod msg;
pub mod observe;
pub mod overlay;
pub mod picture;
pub mod poller;
pub mod recording;
pub mod snapshot;
pub mod terminal;
pub mod theme;
pub mod twin;
pub mod update;
pub mod view;
pub mod why;
