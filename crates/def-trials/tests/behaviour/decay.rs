//! What decays, fails, or was put in the place of another (D11): it is noticed, and said where.

use std::{cell::RefCell, rc::Rc};

use def_engine::limits::{COUNTER_WARNING, LARGEST_JUMP};
use def_sim::{Operation, SoftElement, State, World};
use def_trials::{Sale, authority::at};
use serde_json::{Value, json};

use crate::shop::{Shop, commit, newest, number, text};

const SECTOR: u32 = 4096;

/// Twenty sales; where on the flash each was programmed.
fn sold(shop: &mut Shop, count: usize) -> Vec<Vec<(u32, usize)>> {
    shop.world.record_forks(true);
    let mut places = Vec::new();
    for _ in 0..count {
        let lines = Sale::of("X", at("2026-03-14T07:15:00"), 40, 3).lines;
        let payload = Sale { lines, ..shop.sale() }.payload();
        shop.pass(1_000);
        let nonce = shop.prepare(&payload);
        shop.world.take_forks();
        shop.ok(&commit(&nonce));
        let programs = shop.world.op_log().into_iter().filter_map(|operation| match operation {
            Operation::Program { address, data } => Some((address, data.len())),
            _ => None,
        });
        places.push(programs.collect());
        shop.world.take_forks();
        shop.host.rest();
    }
    shop.world.record_forks(false);
    places
}

/// The middle of the longest program of a sale: within its content.
fn content(programs: &[(u32, usize)]) -> u32 {
    let (address, length) = programs.iter().max_by_key(|(_, length)| *length).expect("a program");
    address + *length as u32 / 2
}

fn corrupt_in(status: &Value) -> Option<u64> {
    status["corrupt"]["sector"].as_u64()
}

#[test]
fn a_bit_that_flips_in_a_record_is_found_while_nobody_asks_and_the_others_are_still_read() {
    let mut shop = Shop::open();
    let places = sold(&mut shop, 20);
    let address = content(&places[7]);
    shop.world.change(|state| state.flash.rot(address, &[0x10]));
    for _ in 0..200 {
        shop.host.idle();
    }
    let status = shop.status();
    assert_eq!(corrupt_in(&status), Some(u64::from(address / SECTOR)), "{status}");
    let payload = shop.sale().payload();
    let refused = shop.not_prepared(&payload, "STORAGE_CORRUPT");
    assert_eq!(refused["sector"], address / SECTOR);
    shop.refused("QRY|LOG 8", "STORAGE_CORRUPT");
    for intact in [1, 2, 18, 20] {
        assert_eq!(shop.log(&intact.to_string())["sequence"], intact);
    }
    for order in ["CFG|ACK", "CFG|MANIFEST", "CFG|STATE", "CFG|HANDOVER", "ADM|RESET"] {
        shop.disobeyed(order, "AAAA", "STORAGE_CORRUPT");
    }
    shop.refused(r#"RPT|Z {"date":"2026-03-14"}"#, "STORAGE_CORRUPT");
}

#[test]
fn a_bit_that_flips_in_a_record_is_found_at_the_next_start() {
    for (record, bit) in [(19, 0x01), (12, 0x80), (0, 0x08)] {
        let mut shop = Shop::open();
        let places = sold(&mut shop, 20);
        let address = content(&places[record]);
        shop.world.change(|state| state.flash.rot(address, &[bit]));
        shop.reboot();
        let status = shop.status();
        assert_eq!(corrupt_in(&status), Some(u64::from(address / SECTOR)), "{record}: {status}");
        let payload = shop.sale().payload();
        shop.not_prepared(&payload, "STORAGE_CORRUPT");
    }
}

#[test]
fn a_log_of_a_record_that_rotted_is_no_answer() {
    let mut shop = Shop::open();
    let places = sold(&mut shop, 20);
    shop.world.change(|state| state.flash.rot(content(&places[4]), &[0x02]));
    shop.refused("QRY|LOG 5", "STORAGE_CORRUPT");
    assert_eq!(shop.log("20")["sequence"], 20);
}

#[test]
fn the_header_of_every_sector_may_decay_and_is_missed() {
    let mut shop = Shop::open();
    sold(&mut shop, 20);
    let before = shop.world.state();
    let newest = (0..64).filter(|sector| holds(&before, sector * SECTOR)).max().expect("sectors in use");
    assert!(newest > 5, "{newest}");
    for sector in 1..=newest {
        let mut state = before.clone();
        state.flash.rot(sector * SECTOR + 9, &[0x04]);
        let mut shop = Shop::on(World::from(state));
        let status = shop.status();
        let told = corrupt_in(&status);
        assert!(told.is_some(), "header of {sector}: {status}");
        let payload = shop.sale().payload();
        shop.not_prepared(&payload, "STORAGE_CORRUPT");
    }
}

fn holds(state: &State, address: u32) -> bool {
    let mut byte = [0];
    state.clone().flash.read(address, &mut byte).expect("in bounds");
    byte[0] == b'S'
}

#[test]
fn checkpoints_that_decay_are_done_without() {
    let mut shop = Shop::open();
    sold(&mut shop, 30);
    let before = shop.status();
    let checkpoints: Vec<u32> = {
        let mut state = shop.world.state();
        (0..64)
            .filter(|sector| {
                let mut usage = [0];
                state.flash.read(sector * SECTOR + 4, &mut usage).expect("in bounds");
                usage[0] == b'C'
            })
            .collect()
    };
    assert!(!checkpoints.is_empty());
    for sector in checkpoints {
        for offset in [200, 900, 2_000] {
            shop.world.change(|state| state.flash.rot(sector * SECTOR + offset, &[0x20]));
        }
    }
    shop.reboot();
    let after = shop.status();
    assert_eq!(after["corrupt"], Value::Null);
    for member in ["next_invoice_seq", "unclosed", "epoch", "closures", "offline"] {
        assert_eq!(after[member], before[member], "{member}");
    }
    shop.sell();
}

#[test]
fn a_sale_whose_cells_fail_is_sealed_in_another_sector() {
    let mut shop = Shop::open();
    let places = sold(&mut shop, 1);
    let after = places[0].iter().map(|(address, length)| address + *length as u32).max().expect("programs");
    // All that follows in the sector cannot be programmed.
    let left = (SECTOR - after % SECTOR - 64) as usize;
    shop.world.change(|state| state.flash.fail_cells(after + 8, &vec![0xFF; left]));
    let (_, seal) = shop.sell();
    assert_eq!(seal["invoice_seq"], 2);
    let status = shop.status();
    assert_eq!((&status["storage"]["bad_sectors"], &status["corrupt"]), (&json!(1), &Value::Null));
    for _ in 0..2 {
        shop.sell();
        shop.reboot();
        assert_eq!(shop.log("2")["sealed"]["record_hash"], seal["record_hash"]);
        assert_eq!(shop.status()["corrupt"], Value::Null);
    }
}

#[test]
fn sectors_whose_headers_fail_are_passed_over() {
    let mut shop = Shop::open();
    for sector in [4, 6, 7, 11] {
        shop.world.change(|state| state.flash.fail_cells(sector * SECTOR, &[0xFF; 200]));
    }
    sold(&mut shop, 20);
    for _ in 0..2 {
        shop.reboot();
        let status = shop.status();
        assert_eq!(status["corrupt"], Value::Null, "{status}");
        for invoice in 1..=20 {
            shop.log(&invoice.to_string());
        }
        shop.sell();
    }
}

#[test]
fn sectors_that_cannot_be_erased_are_passed_over() {
    let mut shop = Shop::open();
    for sector in [9, 10, 12] {
        // A cell that stays 0 when it is erased is one that was programmed and rots at once.
        shop.world.change(|state| state.flash.program(sector * SECTOR + 77, &[0]));
    }
    sold(&mut shop, 20);
    shop.reboot();
    assert_eq!(shop.status()["corrupt"], Value::Null);
    shop.sell();
}

#[test]
fn a_counter_that_jumped_by_eight_is_stated_and_by_nine_is_not_believed() {
    for jump in [1, LARGEST_JUMP, LARGEST_JUMP + 1] {
        let mut shop = Shop::open();
        shop.sell();
        let counter = number(&shop.status()["secure_element"]["counter"]);
        shop.world.change(|state| state.element.set_counter(counter + jump));
        shop.reboot();
        let status = shop.status();
        if jump <= LARGEST_JUMP {
            assert_eq!(status["corrupt"], Value::Null);
            // The recovery takes the last of the counts that no record has.
            assert_eq!(status["secure_element"]["skipped"], jump - 1);
            assert_eq!(status["recovery"]["decision"], "retired");
            assert_eq!(shop.close("2026-03-14")["counter_skipped"], jump - 1);
            shop.sell();
        } else {
            assert!(
                status["corrupt"]["reason"].as_str().is_some_and(|reason| reason.contains("counter")),
                "{status}"
            );
            let payload = shop.sale().payload();
            shop.not_prepared(&payload, "STORAGE_CORRUPT");
            shop.log("1");
        }
    }
}

#[test]
fn starts_that_are_cut_again_and_again_count_no_further_than_one_power_cut() {
    let mut shop = Shop::open();
    shop.sell();
    for cut in 0..40 {
        // The first operations of a start are the counter and the record of the boot, or of the recovery.
        let operation = shop.world.operations() + cut % 7;
        shop.world.cut_at(operation, def_sim::Outcome::new(def_sim::Style::NothingDone, cut));
        shop.reboot();
    }
    shop.reboot();
    let status = shop.status();
    assert_eq!(status["corrupt"], Value::Null, "{status}");
    shop.sell();
}

#[test]
fn an_older_copy_of_the_flash_is_noticed_and_left_by_a_new_epoch() {
    let mut shop = Shop::open();
    let (_, seal) = shop.sell();
    let older = shop.world.state().flash;
    for _ in 0..10 {
        shop.sell();
    }
    shop.world.change(|state| state.flash = older);
    shop.reboot();
    let payload = shop.sale().payload();
    shop.not_prepared(&payload, "STORAGE_CORRUPT");
    shop.refused(r#"RPT|Z {"date":"2026-03-14"}"#, "STORAGE_CORRUPT");
    assert_eq!(shop.status()["next_invoice_seq"], 2);
    let token = shop.authority.reset(1, Some(newest(&seal)));
    shop.disobeyed("ADM|RESET", &token, "SYNC_REQUIRED");
    assert_eq!(shop.acknowledge(&seal)["status"], "OK");
    shop.obeyed("ADM|RESET", &token);
    shop.host.rest();
    let (_, first) = shop.sell();
    assert_eq!((&first["epoch"], &first["invoice_seq"]), (&json!(1), &json!(1)));
    shop.reboot();
    assert_eq!(shop.status()["corrupt"], Value::Null);
    shop.sell();
}

#[test]
fn another_secure_element_seals_nothing_on_this_journal() {
    let mut shop = Shop::open();
    shop.sell();
    let counter = number(&shop.status()["secure_element"]["counter"]);
    for private in [Some([9; 32]), None] {
        let other = SoftElement::with(private.as_ref(), counter).expect("an element");
        shop.world.change(|state| state.element = other);
        shop.reboot();
        let status = shop.status();
        assert_ne!(status["corrupt"], Value::Null);
        let payload = shop.sale().payload();
        shop.not_prepared(&payload, "STORAGE_CORRUPT");
    }
}

#[test]
fn a_secure_element_that_does_not_answer_is_asked_again() {
    let mut shop = Shop::open();
    shop.sell();
    shop.world.cut();
    shop.world.change(|state| state.element.fail_after(0, 1_000));
    shop.start();
    let payload = shop.sale().payload();
    shop.not_prepared(&payload, "SE_FAILURE");
    shop.world.change(|state| state.element.fail_after(0, 0));
    shop.host.rest();
    shop.seal(&payload);
}

#[test]
fn a_counter_near_its_end_is_warned_of() {
    for (counter, warned) in [(COUNTER_WARNING - 20, false), (COUNTER_WARNING, true)] {
        let mut shop = Shop::open();
        shop.world.change(|state| state.element.set_counter(counter));
        shop.reboot();
        let token = shop.authority.reset(1, None);
        shop.obeyed("ADM|RESET", &token);
        assert_eq!(shop.status()["warnings"], json!(["counter"]), "counts without a record are warned of");
        assert!(number(&shop.close("2026-03-14")["counter_skipped"]) > 1_000_000);
        let warnings = shop.status()["warnings"].clone();
        assert_eq!(warnings, if warned { json!(["counter"]) } else { json!([]) });
    }
}

#[test]
fn every_single_bit_of_the_journal_matters() {
    let mut shop = Shop::open();
    for _ in 0..3 {
        shop.sell();
    }
    let answers: Vec<_> = (1..=3).map(|invoice| shop.log(&invoice.to_string())).collect();
    let before = Rc::new(RefCell::new(shop.world.state()));
    // A sample, of a step that meets every kind of field.
    for at in (SECTOR..SECTOR + 3_000).step_by(37) {
        let mut state = before.borrow().clone();
        state.flash.rot(at, &[1 << (at % 8)]);
        let mut shop = Shop::on(World::from(state));
        let status = shop.status();
        if status["corrupt"] != Value::Null {
            assert!(shop.ask("TXN|PREPARE {}")["status"] == "ERR");
            continue;
        }
        // Not noticed is only what nothing depends on, or what reads as interrupted where nothing was.
        let next = number(&status["next_invoice_seq"]);
        assert_eq!(next, 4, "a bit at {at} cost an invoice: {status}");
        for (index, answer) in answers.iter().enumerate() {
            assert_eq!(&shop.log(&(index + 1).to_string()), answer);
        }
    }
    let _ = text(&json!(""));
}
