//! `ADM|FIRMWARE`: a newer firmware comes in pieces, is started on trial, and keeps itself or goes.

use def_protocol::Base64Url;
use def_sim::Slots;
use def_trials::Authority;
use serde_json::{Value, json};

use crate::shop::Shop;

const PIECE: usize = 4_096;
/// The trials' device runs build 7.
const NEWER: u32 = 8;

fn image(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at / 7 % 251) as u8).collect()
}

fn order(shop: &mut Shop, build: u32, image: &[u8]) -> Value {
    let token = shop.authority.firmware(build, "2026.12.01", image);
    shop.ask(&format!(r#"ADM|FIRMWARE {{"token":"{token}"}}"#))
}

fn send(shop: &mut Shop, offset: usize, piece: &[u8]) -> Value {
    shop.ask(&format!(r#"ADM|FIRMWARE {{"offset":{offset},"data":"{}"}}"#, Base64Url(piece)))
}

/// Orders it and sends all of it; the last answer.
fn deliver(shop: &mut Shop, image: &[u8]) -> Value {
    let mut answer = order(shop, NEWER, image);
    assert_eq!(answer["received"], 0, "{answer}");
    for (index, piece) in image.chunks(PIECE).enumerate() {
        answer = send(shop, index * PIECE, piece);
    }
    answer
}

fn running(shop: &Shop) -> u8 {
    shop.world.state().slots.running
}

#[test]
fn a_newer_firmware_is_delivered_started_on_trial_and_kept() {
    for length in [1, 255, 256, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 77, Slots::BYTES] {
        let mut shop = Shop::open();
        let image = image(length);
        let answer = deliver(&mut shop, &image);
        let whole = json!({"status": "OK", "version": "2026.12.01", "received": length, "length": length, "restarts": true});
        assert_eq!(answer, whole);
        assert_eq!(shop.world.state().slots.other()[..length], image);
        assert!(shop.host.wants_restart());
        shop.host_restarts();
        assert_eq!(running(&shop), 1, "it was started");
        shop.reboot();
        assert_eq!(running(&shop), 1, "and kept itself");
        shop.sell();
    }
}

#[test]
fn sales_go_on_between_the_pieces() {
    let mut shop = Shop::open();
    let image = image(2 * PIECE);
    assert_eq!(order(&mut shop, NEWER, &image)["status"], "OK");
    for (index, piece) in image.chunks(PIECE).enumerate() {
        shop.sell();
        assert!(!shop.host.wants_restart());
        assert_eq!(send(&mut shop, index * PIECE, piece)["status"], "OK");
    }
    assert!(shop.host.wants_restart());
}

#[test]
fn a_firmware_that_is_not_newer_is_refused() {
    let mut shop = Shop::open();
    for build in [0, 6, 7] {
        let refusal = order(&mut shop, build, &image(10));
        assert_eq!(refusal["code"], "FIRMWARE_REFUSED", "{build}: {refusal}");
    }
    assert_eq!(send(&mut shop, 0, &image(10))["code"], "FIRMWARE_REFUSED", "nothing was ordered");
    assert_eq!(order(&mut shop, 8, &image(10))["status"], "OK");
}

#[test]
fn a_firmware_longer_than_its_place_is_refused() {
    let mut shop = Shop::open();
    assert_eq!(order(&mut shop, NEWER, &image(Slots::BYTES + 1))["code"], "FIRMWARE_REFUSED");
    assert_eq!(order(&mut shop, NEWER, &image(Slots::BYTES))["status"], "OK");
}

#[test]
fn an_image_that_is_not_the_one_ordered_is_not_started() {
    let mut shop = Shop::open();
    let right = image(PIECE + 9);
    for at in [0, PIECE - 1, PIECE, PIECE + 8] {
        let mut wrong = right.clone();
        wrong[at] ^= 1;
        assert_eq!(order(&mut shop, NEWER, &right)["status"], "OK");
        assert_eq!(send(&mut shop, 0, &wrong[..PIECE])["status"], "OK");
        assert_eq!(send(&mut shop, PIECE, &wrong[PIECE..])["code"], "FIRMWARE_REFUSED", "{at}");
        assert!(!shop.host.wants_restart());
    }
    // Begun anew it is taken.
    assert_eq!(deliver(&mut shop, &right)["restarts"], true);
}

#[test]
fn a_piece_comes_where_it_belongs_and_may_come_again() {
    let mut shop = Shop::open();
    let image = image(2 * PIECE + 5);
    assert_eq!(order(&mut shop, NEWER, &image)["status"], "OK");
    assert_eq!(send(&mut shop, PIECE, &image[PIECE..2 * PIECE])["code"], "FIRMWARE_REFUSED", "a gap");
    assert_eq!(send(&mut shop, 0, &image[..PIECE - 1])["code"], "FIRMWARE_REFUSED", "too short");
    assert_eq!(send(&mut shop, 0, &image[..=PIECE])["code"], "SCHEMA_INVALID", "too long");
    assert_eq!(send(&mut shop, 1, &image[..PIECE])["code"], "SCHEMA_INVALID", "no piece begins there");
    assert_eq!(send(&mut shop, 0, &image[..PIECE])["received"], PIECE);
    // The answer was lost: the piece, or the order, is said again.
    assert_eq!(send(&mut shop, 0, &image[..PIECE])["received"], PIECE);
    assert_eq!(order(&mut shop, NEWER, &image)["received"], PIECE);
    assert_eq!(send(&mut shop, PIECE, &image[PIECE..2 * PIECE])["received"], 2 * PIECE);
    assert_eq!(send(&mut shop, 2 * PIECE, &image[2 * PIECE..])["restarts"], true);
}

#[test]
fn what_came_is_forgotten_when_the_power_goes() {
    let mut shop = Shop::open();
    let image = image(PIECE + 5);
    assert_eq!(order(&mut shop, NEWER, &image)["status"], "OK");
    assert_eq!(send(&mut shop, 0, &image[..PIECE])["status"], "OK");
    shop.reboot();
    assert_eq!(running(&shop), 0);
    assert_eq!(send(&mut shop, PIECE, &image[PIECE..])["code"], "FIRMWARE_REFUSED");
    assert_eq!(deliver(&mut shop, &image)["restarts"], true);
    // The power fails before the device restarts by itself: nothing happened.
    shop.reboot();
    assert_eq!(running(&shop), 0);
}

#[test]
fn a_firmware_on_trial_that_cannot_read_the_journal_goes_back() {
    let mut shop = Shop::open();
    shop.sell();
    deliver(&mut shop, &image(100));
    shop.host_restarts_after(|state| state.element.set_counter(5_000));
    assert_eq!(running(&shop), 1);
    assert!(shop.host.wants_restart(), "it asks for the old one");
    shop.world.change(|state| state.element.set_counter(4));
    shop.host_restarts();
    assert_eq!(running(&shop), 0, "which is back");
    assert!(!shop.host.wants_restart());
    shop.reboot();
    assert_eq!(running(&shop), 0);
}

#[test]
fn a_trial_that_loses_its_power_before_it_is_confirmed_goes_back() {
    let mut shop = Shop::open();
    deliver(&mut shop, &image(100));
    // A secure element that does not answer: the self-test and the mount fail.
    shop.host_restarts_after(|state| state.element.fail_next(100));
    assert!(shop.host.wants_restart());
    shop.world.change(|state| state.element.fail_next(0));
    shop.reboot();
    assert_eq!(running(&shop), 0);
    shop.sell();
}

#[test]
fn only_the_operator_orders_a_firmware_and_only_for_this_device() {
    let mut shop = Shop::open();
    let image = image(10);
    let stranger = Authority { operator: shop.authority.dgi.clone(), ..Authority::default() };
    let other = Authority::new("DEF-000002");
    for authority in [stranger, other] {
        let token = authority.firmware(NEWER, "1", &image);
        shop.refused(&format!(r#"ADM|FIRMWARE {{"token":"{token}"}}"#), "UNAUTHORIZED");
    }
    let acknowledgement = shop.authority.state(def_protocol::token::NewState::Revoked);
    shop.refused(&format!(r#"ADM|FIRMWARE {{"token":"{acknowledgement}"}}"#), "UNAUTHORIZED");
    for object in [
        r#"{"offset":0}"#,
        r#"{"data":"AA"}"#,
        r#"{"offset":0,"data":"A"}"#,
        "{}",
        r#"{"token":"AA","offset":0}"#,
    ] {
        let code = if object.ends_with(r#""A"}"#) { "FIRMWARE_REFUSED" } else { "SCHEMA_INVALID" };
        shop.refused(&format!("ADM|FIRMWARE {object}"), code);
    }
}

#[test]
fn a_new_device_takes_no_firmware() {
    let mut shop = Shop::from_factory(64, Authority::default());
    assert_eq!(order(&mut shop, NEWER, &image(10))["code"], "NOT_PROVISIONED");
    assert_eq!(send(&mut shop, 0, &image(10))["code"], "NOT_PROVISIONED");
}

#[test]
fn a_place_that_fails_while_it_is_written_or_read_starts_nothing() {
    let image = image(2 * PIECE + 9);
    let mut failures = 0;
    for after in 0.. {
        let mut shop = Shop::open();
        // Something is there already, so that it has to be erased.
        assert_eq!(deliver(&mut shop, &vec![0; 3 * PIECE])["restarts"], true);
        shop.reboot();
        shop.world.change(|state| state.slots.fail_after(after, 1));
        let mut answer = order(&mut shop, NEWER, &image);
        for (index, piece) in image.chunks(PIECE).enumerate() {
            if answer["status"] == "OK" {
                answer = send(&mut shop, index * PIECE, piece);
            }
        }
        if answer["restarts"] == true {
            assert!(after > 20, "{after}");
            break;
        }
        failures += 1;
        assert_eq!(answer["code"], "FIRMWARE_REFUSED", "{after}: {answer}");
        assert!(!shop.host.wants_restart());
        let again = order(&mut shop, NEWER, &image);
        assert_eq!(again["restarts"], false, "{after}: {again}");
        assert_eq!(deliver_rest(&mut shop, &image)["restarts"], true, "{after}");
        assert_eq!(shop.world.state().slots.other()[..image.len()], image);
    }
    assert!(failures > 20, "{failures}");
}

/// Orders it, and sends from where the device says.
fn deliver_rest(shop: &mut Shop, image: &[u8]) -> Value {
    let mut answer = order(shop, NEWER, image);
    while answer["restarts"] == false {
        let from = answer["received"].as_u64().unwrap() as usize;
        answer = send(shop, from, &image[from..image.len().min(from + PIECE)]);
        assert_eq!(answer["status"], "OK", "{answer}");
    }
    answer
}

#[test]
fn a_piece_that_comes_again_after_the_last_is_verified_again() {
    let mut shop = Shop::open();
    let image = image(PIECE + 5);
    assert_eq!(deliver(&mut shop, &image)["restarts"], true);
    // The board has not restarted yet, and another piece is put in the place of the first.
    let mut other = image.clone();
    other[0] ^= 1;
    assert_eq!(send(&mut shop, 0, &other[..PIECE])["code"], "FIRMWARE_REFUSED");
    shop.host_restarts();
    assert_eq!(running(&shop), 0, "what is not what was ordered is not started");
}

#[test]
fn an_image_that_the_board_would_not_start_is_refused_before_it_restarts() {
    let mut shop = Shop::open();
    shop.world.change(|state| state.slots.foreign = true);
    let answer = deliver(&mut shop, &image(PIECE + 5));
    assert_eq!(answer["code"], "FIRMWARE_REFUSED", "{answer}");
    assert!(!shop.host.wants_restart());
}

#[test]
fn what_is_not_what_was_ordered_never_has_a_beginning() {
    let beginning = |shop: &Shop| shop.world.state().slots.other()[..PIECE].to_vec();
    let blank = vec![0xFF; PIECE];
    let right = image(3 * PIECE);
    let mut foreign = right.clone();
    foreign[7] ^= 1;
    let mut shop = Shop::open();
    // An earlier firmware is there, whole; the order already takes its beginning away.
    assert_eq!(deliver(&mut shop, &vec![0; 2 * PIECE])["restarts"], true);
    shop.reboot();
    assert_eq!(order(&mut shop, NEWER, &right)["status"], "OK");
    assert_eq!(beginning(&shop), blank);
    for (index, piece) in foreign.chunks(PIECE).enumerate() {
        send(&mut shop, index * PIECE, piece);
        assert_eq!(beginning(&shop), blank, "{index}");
    }
    assert!(!shop.host.wants_restart());
    // Nor does a piece that comes after all was verified leave what is not.
    assert_eq!(deliver_rest(&mut shop, &right)["restarts"], true);
    send(&mut shop, PIECE, &foreign[..PIECE]);
    assert_eq!(beginning(&shop), blank);
}

#[test]
fn pieces_end_with_the_orders_time_and_with_the_device() {
    let mut shop = Shop::open();
    let image = image(2 * PIECE);
    assert_eq!(order(&mut shop, NEWER, &image)["status"], "OK");
    shop.set_now("2036-01-01T00:00:01");
    assert_eq!(send(&mut shop, 0, &image[..PIECE])["code"], "UNAUTHORIZED");
    let mut shop = Shop::open();
    assert_eq!(order(&mut shop, NEWER, &image)["status"], "OK");
    let token = shop.authority.state(def_protocol::token::NewState::Decommissioned);
    shop.ok(&format!(r#"CFG|STATE {{"token":"{token}"}}"#));
    assert_eq!(send(&mut shop, 0, &image[..PIECE])["code"], "DEVICE_REVOKED");
}

#[test]
fn an_order_does_not_wear_the_flash_out() {
    let mut shop = Shop::open();
    let image = image(3 * PIECE);
    assert_eq!(order(&mut shop, NEWER, &image)["status"], "OK");
    send(&mut shop, 0, &image[..PIECE]);
    let (one, other) = (vec![1; PIECE], vec![2; PIECE]);
    let mut taken = 0;
    while send(&mut shop, PIECE, if taken % 2 == 0 { &one } else { &other })["status"] == "OK" {
        taken += 1;
        assert!(taken < 2_000);
    }
    assert!(taken >= 1_000, "{taken}");
    // The same bytes again cost nothing.
    shop.reboot();
    assert_eq!(order(&mut shop, NEWER, &image)["status"], "OK");
    send(&mut shop, 0, &image[..PIECE]);
    for _ in 0..1_100 {
        assert_eq!(send(&mut shop, PIECE, &image[PIECE..2 * PIECE])["status"], "OK");
    }
    assert_eq!(deliver_rest(&mut shop, &image)["restarts"], true);
}
