//! What someone with a programmer for the flash, and no key, gains: nothing.

use def_protocol::token::{HandOver, NewState};
use def_sim::{ManualClock, Operation, Outcome, PAGE_BYTES, SECTOR_BYTES, State, World};
use def_trials::{
    Sale,
    authority::{OPENING, at},
};
use fiscal::{Epoch, InvoiceNumber, RecordHash, Timestamp};
use serde_json::Value;

use crate::shop::{Shop, hash, original, text};

const SECTORS: usize = 64;

/// Everything that stands on the flash.
fn image(state: &State) -> Vec<u8> {
    let mut bytes = vec![0; SECTORS * SECTOR_BYTES];
    state.clone().flash.read(0, &mut bytes).expect("in bounds");
    bytes
}

/// Writes all of the flash anew, where it differs.
fn write(state: &mut State, image: &[u8]) {
    let before = self::image(state);
    for (number, sector) in image.chunks(SECTOR_BYTES).enumerate() {
        let first = number * SECTOR_BYTES;
        if *sector == before[first..first + SECTOR_BYTES] {
            continue;
        }
        state.flash.erase_sector(number);
        for (page, bytes) in sector.chunks(PAGE_BYTES).enumerate() {
            state.flash.program((first + page * PAGE_BYTES) as u32, bytes);
        }
    }
}

/// A device that starts on a changed flash. A till's sale comes later than all before.
fn on(board: &State, change: impl FnOnce(&mut Vec<u8>)) -> Shop {
    let mut state = board.clone();
    let mut bytes = image(&state);
    change(&mut bytes);
    write(&mut state, &bytes);
    let shop = Shop::on(World::from(state));
    shop.pass(60_000);
    shop
}

fn is_corrupt(shop: &mut Shop) -> bool {
    shop.status()["corrupt"] != Value::Null
}

#[track_caller]
fn sells_nothing(shop: &mut Shop) {
    let payload = shop.sale().payload();
    shop.not_prepared(&payload, "STORAGE_CORRUPT");
}

/// Where on the flash the records begin that something seals: each begins with a program of six bytes.
fn records_of(shop: &mut Shop, act: impl FnOnce(&mut Shop)) -> Vec<usize> {
    shop.world.record_forks(true);
    act(shop);
    let begun = shop.world.op_log().into_iter().filter_map(|operation| match operation {
        Operation::Program { address, data } if data.len() == 6 && data[0] == 0x5A => Some(address as usize),
        _ => None,
    });
    let begun = begun.collect();
    shop.world.take_forks();
    shop.world.record_forks(false);
    begun
}

/// How long a record is, and how long its content.
fn spans(image: &[u8], at: usize) -> (usize, usize) {
    let content = usize::from(u16::from_be_bytes([image[at + 2], image[at + 3]]));
    ((6 + content + 4).next_multiple_of(4) + 4, content)
}

#[test]
fn a_flash_that_was_blanked_after_many_counts_is_not_a_new_device() {
    let mut shop = Shop::open();
    for _ in 0..9 {
        shop.sell();
    }
    let board = shop.world.state();
    let counter = board.element.peek_counter();
    let mut shop = on(&board, |bytes| bytes.fill(0xFF));
    for _ in 0..2 {
        assert!(is_corrupt(&mut shop));
        assert_eq!(shop.init()["code"], "STORAGE_CORRUPT");
        let payload = shop.sale().payload();
        assert_eq!(shop.ask(&format!("TXN|PREPARE {payload}"))["status"], "ERR");
        shop.host.rest();
        let state = shop.world.state();
        assert_eq!(state.element.peek_counter(), counter, "nothing was sealed");
        assert!(image(&state).iter().all(|byte| *byte == 0xFF), "nothing was written");
        shop.reboot();
    }
}

#[test]
fn a_record_that_was_copied_to_another_place_is_not_believed() {
    let mut shop = Shop::open();
    let mut places = Vec::new();
    for _ in 0..12 {
        shop.pass(1_000);
        places.extend(records_of(&mut shop, |shop| drop(shop.sell())));
    }
    let board = shop.world.state();
    let before = image(&board);
    let [first, second, .., last] = places[..] else { panic!("twelve records") };
    let end = last + spans(&before, last).0;
    for (from, to) in [(first, end), (last, end), (first, second), (last, first), (last, second)] {
        for blank_mark in [false, true] {
            let (length, _) = spans(&before, from);
            let mut shop = on(&board, |bytes| {
                bytes.copy_within(from..from + length, to);
                if blank_mark {
                    bytes[to + length - 4..to + length].fill(0xFF);
                }
            });
            if is_corrupt(&mut shop) {
                sells_nothing(&mut shop);
            } else {
                assert_eq!(to, end, "only there it may be something that was interrupted");
                assert_eq!(shop.sell().1["invoice_seq"], 13);
            }
        }
    }
}

#[test]
fn newest_records_that_were_made_unreadable_are_told_as_what_a_power_cut_took() {
    let mut shop = Shop::open();
    let mut places = Vec::new();
    for _ in 0..12 {
        shop.pass(1_000);
        places.extend(records_of(&mut shop, |shop| drop(shop.sell())));
    }
    let board = shop.world.state();
    let counter = board.element.peek_counter();
    for lost in 1..=10 {
        let from = places[places.len() - lost];
        let mut shop =
            on(&board, |bytes| bytes[from..(from / SECTOR_BYTES + 1) * SECTOR_BYTES - 8].fill(0xFF));
        if lost > 8 || places[places.len() - 1] / SECTOR_BYTES != from / SECTOR_BYTES {
            assert!(is_corrupt(&mut shop), "{lost}");
            sells_nothing(&mut shop);
            continue;
        }
        let bodies: Vec<_> = shop.dump("json").iter().map(|line| text(&line["payload"])).collect();
        let told = format!(r#""counter_before":{},"counter_found":{counter}"#, counter - lost as u64);
        assert!(bodies.iter().any(|body| body.contains(&told)), "{lost}: {told} in {bodies:?}");
    }
}

/// A device with checkpoints: its board, and what it says of itself.
fn with_checkpoints() -> (State, Value) {
    let mut shop = Shop::open();
    for _ in 0..30 {
        let lines = Sale::of("X", at(OPENING), 40, 3).lines;
        let large = Sale { lines, ..shop.sale() };
        shop.pass(1_000);
        shop.seal(&large.payload());
    }
    let status = shop.status();
    (shop.world.state(), status)
}

fn sectors_of(image: &[u8], usage: u8) -> Vec<usize> {
    let in_use = |sector: &&[u8]| sector.starts_with(b"SLJ1") && sector[4] == usage;
    let numbered = image.chunks(SECTOR_BYTES).enumerate();
    numbered.filter(|(_, sector)| in_use(sector)).map(|(number, _)| number).collect()
}

/// Says as before, or is corrupt and sells nothing.
#[track_caller]
fn tells_no_lies(shop: &mut Shop, before: &Value, what: &str) {
    if is_corrupt(shop) {
        return sells_nothing(shop);
    }
    let after = shop.status();
    for member in ["lifecycle", "next_invoice_seq", "unclosed", "epoch", "closures", "offline"] {
        assert_eq!(after[member], before[member], "{what}: {member}");
    }
}

#[test]
fn a_sector_that_was_copied_to_another_place_is_not_believed() {
    let (board, status) = with_checkpoints();
    let before = image(&board);
    let records = sectors_of(&before, b'L');
    let checkpoints = sectors_of(&before, b'C');
    let newest = *records.iter().chain(&checkpoints).max().expect("sectors in use");
    let copied: Vec<_> =
        [records[0], records[records.len() / 2], newest].into_iter().chain(checkpoints).collect();
    for from in copied {
        // Over the newest, it takes its records away: that is told, up to eight counts.
        for to in [0, 1, records[records.len() / 2] + 1, newest + 1, SECTORS - 1] {
            if to == from {
                continue;
            }
            let mut shop = on(&board, |bytes| {
                bytes.copy_within(from * SECTOR_BYTES..(from + 1) * SECTOR_BYTES, to * SECTOR_BYTES);
            });
            tells_no_lies(&mut shop, &status, &format!("{from} to {to}"));
        }
    }
}

#[test]
fn a_changed_byte_of_a_checkpoint_is_not_used() {
    let (board, status) = with_checkpoints();
    let before = image(&board);
    for sector in sectors_of(&before, b'C') {
        let at = sector * SECTOR_BYTES + 120;
        let (length, _) = spans(&before, at);
        for offset in (0..length).step_by(length / 24) {
            let mut shop = on(&board, |bytes| bytes[at + offset] ^= 0x41);
            assert!(!is_corrupt(&mut shop), "{offset}: a checkpoint is done without");
            tells_no_lies(&mut shop, &status, &format!("{offset} of {sector}"));
        }
    }
}

#[test]
fn a_changed_byte_of_a_sector_header_is_noticed() {
    let (board, status) = with_checkpoints();
    let before = image(&board);
    let (records, checkpoints) = (sectors_of(&before, b'L'), sectors_of(&before, b'C'));
    for sector in [records[0], records[records.len() / 2], *records.last().expect("records"), checkpoints[0]]
    {
        for offset in (0..120).step_by(7) {
            let mut shop = on(&board, |bytes| bytes[sector * SECTOR_BYTES + offset] ^= 0x41);
            if records.contains(&sector) {
                assert!(is_corrupt(&mut shop), "{offset} of {sector}");
            }
            tells_no_lies(&mut shop, &status, &format!("{offset} of {sector}"));
        }
    }
}

#[test]
fn no_changed_byte_of_a_credit_note_gives_back_what_it_took() {
    let mut shop = Shop::open();
    let (sale, seal) = shop.sell();
    let note = sale.back(shop.now(), original("RAM", &seal), 1).payload();
    let at = records_of(&mut shop, |shop| drop(shop.seal(&note)))[0];
    let more = |shop: &Shop| sale.back(shop.now(), original("RAM", &seal), 2).payload();
    let payload = more(&shop);
    shop.not_prepared(&payload, "CREDIT_EXCEEDS_ORIGINAL");
    let newest = shop.world.state();
    for _ in 0..9 {
        shop.pass(1_000);
        shop.sell();
    }
    for board in [newest, shop.world.state()] {
        let before = image(&board);
        // After seal and nonce: the length of what is kept, and that.
        let head = at + 6 + 73 + 16;
        let kept = usize::from(u16::from_be_bytes([before[head], before[head + 1]]));
        assert!(kept > 30, "{kept}");
        for changed in (at + 6 + 73..head + 2 + kept).chain(at..at + 6) {
            let mut shop = on(&board, |bytes| bytes[changed] ^= 0x41);
            let payload = more(&shop);
            let code = text(&shop.ask(&format!("TXN|PREPARE {payload}"))["code"]);
            let told = is_corrupt(&mut shop) && code == "STORAGE_CORRUPT";
            assert!(told || code == "CREDIT_EXCEEDS_ORIGINAL", "{}: {code}", changed - at);
        }
    }
}

#[test]
fn no_changed_byte_makes_a_revoked_device_sell() {
    let mut shop = Shop::open();
    shop.sell();
    let before = shop.world.state().flash;
    let token = shop.authority.state(NewState::Revoked);
    let at = records_of(&mut shop, |shop| drop(shop.obeyed("CFG|STATE", &token)))[0];
    let board = shop.world.state();
    let (length, _) = spans(&image(&board), at);
    // The check and what is before it; the mark says nothing else than that.
    for changed in at..at + length {
        let mut shop = on(&board, |bytes| bytes[changed] ^= 0x41);
        let payload = shop.sale().payload();
        let code = text(&shop.ask(&format!("TXN|PREPARE {payload}"))["code"]);
        assert!(["STORAGE_CORRUPT", "DEVICE_REVOKED"].contains(&code.as_str()), "{}: {code}", changed - at);
    }
    for _ in 0..9 {
        shop.reboot();
    }
    shop.world.change(|state| state.flash = before);
    shop.reboot();
    sells_nothing(&mut shop);
}

#[test]
fn the_journal_of_another_device_is_not_this_ones() {
    let mut shop = Shop::open();
    shop.sell();
    let other = shop.world.state();
    for own_records in [false, true] {
        let world = World::new(SECTORS, 8);
        world.change(|state| state.clock = ManualClock::at(at(OPENING)));
        let mut own = Shop::on(world);
        assert_eq!(own.init()["status"], "OK");
        assert_ne!(own.world.state().element.peek_key(), other.element.peek_key());
        if own_records {
            own.sell();
            own.sell();
        }
        own.world.change(|state| {
            let counter = other.element.peek_counter();
            state.element.set_counter(counter);
            state.flash = other.flash.clone();
        });
        own.reboot();
        assert!(is_corrupt(&mut own));
        sells_nothing(&mut own);
        assert_eq!(own.init()["code"], "STORAGE_CORRUPT");
    }
}

#[test]
fn old_orders_to_hand_over_add_no_record_however_often_they_come() {
    let mut shop = Shop::open();
    shop.sell();
    let mut orders = Vec::new();
    for round in 1..=2 {
        shop.pass(1_000);
        let leave = HandOver::Leave { epoch: Epoch(0) };
        let leave = shop.authority.hand_over_from(leave, shop.now());
        shop.obeyed("CFG|HANDOVER", &leave);
        shop.pass(1_000);
        let enter = HandOver::Enter {
            epoch: Epoch(0),
            next_number: InvoiceNumber::new(10 * round).expect("a number"),
            previous: RecordHash([7; 32]),
            floor: shop.now(),
        };
        let enter = shop.authority.hand_over_from(enter, shop.now());
        shop.obeyed("CFG|HANDOVER", &enter);
        orders.push([leave, enter]);
    }
    let head = shop.status()["head_hash"].clone();
    for turn in 0..40 {
        shop.pass(1_000);
        shop.disobeyed("CFG|HANDOVER", &orders[0][turn % 2], "UNAUTHORIZED");
        shop.disobeyed("CFG|HANDOVER", &orders[1][0], "UNAUTHORIZED");
    }
    assert_eq!(shop.status()["head_hash"], head);
    shop.reboot();
    let head = shop.status()["head_hash"].clone();
    shop.disobeyed("CFG|HANDOVER", &orders[0][0], "UNAUTHORIZED");
    assert_eq!(shop.status()["head_hash"], head);
    assert_eq!(shop.sell().1["invoice_seq"], 20);
}

#[test]
fn an_older_manifest_replaces_no_newer_one() {
    let mut shop = Shop::open();
    let newer = shop.authority.manifest(3);
    shop.obeyed("CFG|MANIFEST", &newer);
    for _ in 0..2 {
        for version in [1, 2] {
            let older = shop.authority.manifest(version);
            let head = shop.status()["head_hash"].clone();
            shop.disobeyed("CFG|MANIFEST", &older, "UNAUTHORIZED");
            assert_eq!(shop.status()["head_hash"], head);
        }
        shop.reboot();
    }
    let next = shop.authority.manifest(4);
    shop.obeyed("CFG|MANIFEST", &next);
}

/// The clock of a board, if it is set.
pub(crate) fn clock(state: &State) -> Option<Timestamp> {
    def_engine::board::Clock::now(&mut state.clock.clone())
}

#[test]
fn a_clock_that_the_power_left_set_has_a_record_that_says_so() {
    let mut shop = Shop::open();
    shop.sell();
    let newest = hash(&shop.status()["head_hash"]);
    shop.status();
    shop.world.record_forks(true);
    let back = "2026-03-14T07:14:30";
    assert_eq!(shop.set_clock(back, Some(newest))["status"], "OK");
    let forks = shop.world.take_forks();
    let set = forks.iter().filter(|fork| matches!(fork.operation, Operation::SetClock(_)));
    assert_eq!(set.count(), 1);
    let mut changed = 0;
    for fork in &forks {
        for style in fork.operation.styles() {
            let mut shop = Shop::on(fork.cut(Outcome::new(*style, 5)));
            let status = shop.status();
            assert_eq!(status["corrupt"], Value::Null, "{}: {style}", fork.number);
            let is_set = clock(&shop.world.state()) == Some(at(back));
            let told = shop.dump("json").iter().any(|line| text(&line["payload"]).contains("time_set"));
            assert!(told || !is_set, "{}: {style}", fork.number);
            changed += u32::from(is_set);
        }
    }
    assert!(changed > 0, "one of the cuts came after the clock was set");
}
