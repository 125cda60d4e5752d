//! Seeds over the ledger's writers: clients that ask, lose answers and ask again; two processes over one store; a
//! database and a signer that fail at any moment; a clock that jumps; lines that go to devices and back, or are taken by
//! force, while deliveries come in pieces, twice, damaged or late.
//!
//! What it covers: the writers' rounds with everything above the store's port, one step at a time. What it does not:
//! threads that truly run at once, SQL, and real signers; the crash harness has those.

mod devices;
mod memory;
mod world;

pub(crate) use memory::MemoryDatabase;
use proptest::test_runner::{RngAlgorithm, TestRng};
use world::World;

/// 60, or as many as `STELALA_SEEDS` says.
#[allow(clippy::disallowed_methods, reason = "a test has no arguments")]
fn seeds() -> u64 {
    std::env::var("STELALA_SEEDS").map_or(60, |said| said.parse().expect("STELALA_SEEDS is a number"))
}

#[test]
fn whatever_fails_every_sale_is_sealed_once_and_every_client_learns_its_fate() {
    let mut census = world::Census::default();
    for seed in 0..seeds() {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let mut world = World::new(TestRng::from_seed(RngAlgorithm::ChaCha, &bytes), seed);
        for _ in 0..180 {
            world.step();
        }
        world.settle();
        world.check();
        census.add(&world.census);
    }
    // A simulation in which nothing fails shows nothing.
    assert!(census.is_rich(), "{census:?}");
    println!("{} seeds: {census:?}", seeds());
}
