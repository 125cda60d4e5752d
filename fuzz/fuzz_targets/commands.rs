//! Whatever a host says, with right tokens and wrong ones, through power cuts and battery changes: the device never
//! panics, answers in frames of JSON, gives no number twice, and has every invoice after its next start.

#![no_main]

use def_sim::State;
use libfuzzer_sys::fuzz_target;
use stelala_fuzz::shop::{Shop, boards};

thread_local! {
    static BOARDS: Vec<State> = boards();
}

fuzz_target!(|script: &[u8]| {
    let Some((first, script)) = script.split_first() else { return };
    let board = BOARDS.with(|boards| boards[usize::from(*first) % boards.len()].clone());
    let mut shop = Shop::new(board);
    shop.run(script);
    shop.audit();
});
