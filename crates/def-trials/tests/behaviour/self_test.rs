//! A device tests itself when the power comes and every day, and seals nothing when something is wrong.

use def_engine::{Factory, Memory};
use def_protocol::token::Realm;
use def_trials::Host;
use serde_json::json;

use crate::shop::Shop;

#[test]
fn a_sound_device_says_when_it_tested_itself() {
    let mut shop = Shop::open();
    shop.set_now("2026-03-14T07:15:00");
    shop.reboot();
    assert_eq!(shop.status()["self_test"], json!({"time": "2026-03-14T07:15:00", "failed": null}));
}

#[test]
fn the_test_is_repeated_after_a_day() {
    let mut shop = Shop::open();
    shop.set_now("2026-03-14T07:15:00");
    shop.reboot();
    shop.pass(24 * 3_600_000 - 1);
    shop.host.rest();
    assert_eq!(shop.status()["self_test"]["time"], "2026-03-14T07:15:00");
    shop.pass(1);
    shop.host.rest();
    assert_eq!(shop.status()["self_test"]["time"], "2026-03-15T07:15:00");
}

#[test]
fn a_generator_that_is_stuck_stops_every_seal_until_it_works_again() {
    for stuck in [0x00, 0xA5] {
        let mut shop = Shop::open();
        let payload = shop.sale().payload();
        shop.world.change(|state| state.random.stick(Some(stuck)));
        shop.reboot();
        shop.refused(&format!("TXN|PREPARE {payload}"), "SELF_TEST_FAILED");
        let status = shop.status();
        assert_eq!(
            (&status["self_test"]["failed"], &status["corrupt"]["reason"]),
            (&json!("randomness"), &json!("randomness"))
        );
        // It does not pass by itself.
        shop.world.change(|state| state.random.stick(None));
        shop.host.rest();
        shop.refused(&format!("TXN|PREPARE {payload}"), "SELF_TEST_FAILED");
        shop.reboot();
        shop.seal(&payload);
    }
}

#[test]
fn a_generator_that_sticks_later_is_found_the_next_day() {
    let mut shop = Shop::open();
    shop.reboot();
    shop.world.change(|state| state.random.stick(Some(7)));
    shop.pass(24 * 3_600_000);
    shop.host.rest();
    let payload = shop.sale().payload();
    shop.refused(&format!("TXN|PREPARE {payload}"), "SELF_TEST_FAILED");
}

#[test]
fn a_secure_element_that_fails_the_test_of_the_day_seals_again_when_it_answers() {
    let mut shop = Shop::open();
    shop.reboot();
    shop.world.change(|state| state.element.fail_next(2));
    shop.pass(24 * 3_600_000);
    shop.host.rest();
    let status = shop.status();
    assert_eq!(status["self_test"]["failed"], "secure_element");
    shop.sell();
    assert_eq!(shop.status()["self_test"]["failed"], json!(null));
}

#[test]
fn a_product_with_an_open_debug_port_warns_and_a_thing_for_development_does_not() {
    for (realm, warns) in [(Realm::Production, true), (Realm::Development, false)] {
        let shop = Shop::open();
        let factory = Factory { realm, ..shop.authority.factory() };
        let mut memory = Box::new(Memory::new());
        let mut host = Host::start(&shop.world, factory, &mut memory);
        let mut warned = || {
            let status = host.ask("QRY|STATUS");
            (status["debug_locked"].clone(), status["warnings"].as_array().unwrap().contains(&json!("debug")))
        };
        assert_eq!(warned(), (json!(true), false));
        shop.world.change(|state| state.debug_locked = false);
        assert_eq!(warned(), (json!(false), warns), "{realm:?}");
    }
}
