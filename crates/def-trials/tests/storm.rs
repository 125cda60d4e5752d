//! A till in a storm, in small; the program `tills` has as many as one likes.

use def_trials::storm::{Bench, Tally, weather};

const SEEDS: u64 = 40;

#[test]
fn every_sale_has_one_seal_and_one_original_receipt_whatever_the_weather() {
    let bench = Bench::start();
    let mut tally = Tally::default();
    for seed in 0..SEEDS {
        let run = std::panic::AssertUnwindSafe(|| weather(&bench, seed));
        match std::panic::catch_unwind(run) {
            Ok(one) => tally.add(one),
            Err(_) => panic!("seed {seed}"),
        }
    }
    println!("{tally:?}");
    // A storm that does not blow shows nothing.
    assert!(tally.crashes > SEEDS && tally.duplicates > SEEDS / 20 && tally.papers > 3 * SEEDS, "{tally:?}");
}
