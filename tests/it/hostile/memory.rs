//! What the process takes, as Linux tells it; elsewhere nothing is measured.

use std::cell::Cell;
use std::fs;

/// Growth that is nobody's fault: what nodes keep of their own work meanwhile, and what the allocator keeps.
const ALLOWANCE_BYTES: u64 = 48 << 20;
/// Most bytes of memory that a node takes for each byte of the largest frame.
const TIMES: u64 = 8;
/// Nodes in the process; the allocator does not give back what one of them had for the next one to take.
const NODES: u64 = 3;
/// Address space that may be added in all. A lying count of 31 bits takes more, also where nothing is touched.
const RESERVED_MAX_BYTES: u64 = 2 << 30;

/// Compares the process with itself.
#[derive(Debug)]
pub(crate) struct Meter {
    reserved: u64,
    before: Cell<u64>,
}

impl Meter {
    pub(crate) fn new() -> Self {
        Self { reserved: kernel_says("VmPeak").unwrap_or(0), before: Cell::new(0) }
    }

    /// Remembers what the process takes before an attack.
    pub(crate) fn begin(&self) {
        // 5 resets the peak; where that is not allowed, the peak is that of the whole run, which is stricter.
        let _ = fs::write("/proc/self/clear_refs", "5");
        self.before.set(kernel_says("VmRSS").unwrap_or(0));
    }

    /// Compares the peak since [`Meter::begin`] with the largest frame that was sent.
    pub(crate) fn check(&self, name: &str, largest: usize) {
        let Some(peak) = kernel_says("VmHWM") else { return };
        let grown = peak.saturating_sub(self.before.get());
        let allowed = ALLOWANCE_BYTES + NODES * TIMES * largest as u64;
        assert!(grown <= allowed, "{name}: took {grown} bytes more for frames of at most {largest} bytes");
    }

    /// Whether anything reserved what a frame claimed, over the whole run.
    pub(crate) fn check_reserved(&self) {
        let Some(reserved) = kernel_says("VmPeak") else { return };
        let grown = reserved.saturating_sub(self.reserved);
        assert!(grown <= RESERVED_MAX_BYTES, "{grown} bytes of address space were added");
    }
}

/// A line of the process's status, in bytes.
fn kernel_says(field: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib << 10)
}
