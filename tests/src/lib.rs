//! End-to-end suites, the simulator, interop suites and benchmarks.

pub mod sim;
pub mod traffic;
