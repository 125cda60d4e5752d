//! Whatever stands on the flash: the device starts, says how it is, and answers or refuses.

#![no_main]

use def_engine::Memory;
use def_sim::State;
use def_trials::{Authority, Host};
use libfuzzer_sys::fuzz_target;
use stelala_fuzz::{
    image::tamper,
    shop::{SECTORS, Shop, boards, rest},
};

thread_local! {
    static BOARDS: Vec<State> = {
        let mut boards = boards();
        // The key of a bound device over an empty flash.
        let mut empty = boards[1].clone();
        (0..SECTORS).for_each(|sector| empty.flash.erase_sector(sector));
        boards.push(empty);
        boards
    };
}

fuzz_target!(|input: &[u8]| {
    let Some((first, changes)) = input.split_first() else { return };
    let mut state = BOARDS.with(|boards| boards[usize::from(*first) % boards.len()].clone());
    tamper(&mut state, changes);
    let mut shop = Shop::new(state);
    let world = shop.world().clone();
    let mut memory = Box::new(Memory::new());
    let mut host = Host::start(&world, Authority::default().factory(), &mut memory);
    assert_eq!(shop.status(&mut host)["status"], "OK");
    for request in [
        "QRY|LOG 1",
        "QRY|LOG 0/10",
        r#"RPT|X {"period":"session"}"#,
        r#"RPT|X {"period":"day"}"#,
        r#"RPT|A {"since":"2026-03-13","until":"2026-03-15"}"#,
        r#"ADM|DUMPLOG {"format":"digest","after":5}"#,
        r#"RPT|Z {"date":"2026-03-14"}"#,
    ] {
        let replies = shop.exchange(&mut host, format!("\u{2}{request}\u{3}").as_bytes());
        assert!(!replies.is_empty(), "{request}");
    }
    dump(&mut shop, &mut host);
    rest(&mut host);
    for request in ["TXN|PREPARE $pq", "TXN|PREPARE $rq"] {
        shop.ask(&mut host, request.as_bytes());
        shop.ask(&mut host, br#"TXN|COMMIT {"nonce":"$n"}"#);
    }
    drop(host);
    world.cut();
    world.reboot();
    let mut host = Host::start(&world, Authority::default().factory(), &mut memory);
    assert_eq!(shop.status(&mut host)["status"], "OK");
});

fn dump(shop: &mut Shop, host: &mut Host<'_>) {
    let mut after = 0;
    for chunk in 0.. {
        assert!(chunk < 10_000, "a dump has an end");
        let request = format!("\u{2}ADM|DUMPLOG {{\"format\":\"json\",\"after\":{after}}}\u{3}");
        let replies = shop.exchange(host, request.as_bytes());
        let reply = replies.last().expect("an answer");
        match (reply["last"].as_bool(), reply["chunk_index"].as_u64()) {
            (Some(false), Some(next)) => after = next,
            _ => return,
        }
    }
}
