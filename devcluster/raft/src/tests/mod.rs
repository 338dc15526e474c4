//! Machines driven in memory: by hand (`transitions`), by text (`scenario`) and by chance (`simulation`).

mod machine;
mod scenario;
mod sim;
mod simulation;
mod stage;
mod text;
mod transitions;
