//! Frames that mean harm, on every listener of a running cluster: none ends a node, none makes it take much more
//! memory than the frame has bytes, and afterwards the cluster serves as before.
//!
//! The cluster runs in this process, so the process is what is measured. Everything random comes from one seed,
//! `KR_HOSTILE_SEED` or a fixed one. What each decoder refuses is tested next to it; here is what is left when a
//! decoder, a handler or a bound forgot something.

mod attacks;
mod frames;
mod memory;
mod victim;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use memory::Meter;
use victim::Victim;

const SEED: u64 = 9;

#[test]
fn cluster_outlives_hostile_frames_within_its_memory() {
    let seed = std::env::var("KR_HOSTILE_SEED").map_or(SEED, |text| text.parse().expect("a number"));
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let victim = Victim::start();
    victim.write_and_read("before");
    let meter = Meter::new();
    for attack in attacks::ALL {
        let name = format!("{} with seed {seed}", attack.name);
        meter.begin();
        let largest = (attack.run)(&victim, &mut rng);
        victim.check_alive(&name);
        meter.check(&name, largest);
    }
    victim.write_and_read("after");
    victim.check_ready();
    meter.check_reserved();
}
