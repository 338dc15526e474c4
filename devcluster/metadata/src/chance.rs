//! Drawing from the controller's seeded generator: numbers below a bound, orders, uuids.

use kr_wire::ids::Uuid;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

/// A number in `0..bound`, or 0 if there is nothing to choose from.
pub(crate) fn below(rng: &mut ChaCha8Rng, bound: usize) -> usize {
    // The bias of the remainder is below 2^-32 for any list that fits into memory.
    if bound < 2 { 0 } else { (rng.next_u64() % bound as u64) as usize }
}

/// Puts a list into a random order.
pub(crate) fn shuffle<T>(rng: &mut ChaCha8Rng, list: &mut [T]) {
    for last in (1..list.len()).rev() {
        list.swap(last, below(rng, last + 1));
    }
}

/// A random id for a topic: version 4, as Kafka's `Uuid.randomUuid`, whose text does not start with `-`.
pub(crate) fn uuid(rng: &mut ChaCha8Rng) -> Uuid {
    loop {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
        // 62 is the index of '-' in the alphabet of uuid texts; tools would take the text for an option.
        if bytes[0] >> 2 != 62 && id.as_u128() >= 100 {
            return id;
        }
    }
}
