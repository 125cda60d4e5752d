//! What a device's lights show (`def_engine::Condition`).

use def_engine::Condition::{DoesNotSeal, NeedsHost, Ready};
use def_protocol::token::{HandOver, NewState, Policy};
use def_trials::Authority;
use fiscal::Epoch;

use crate::shop::Shop;

#[test]
fn a_device_that_would_seal_shows_so() {
    let mut shop = Shop::open();
    assert_eq!(shop.host.condition(), Ready);
    shop.sell();
    assert_eq!(shop.host.condition(), Ready);
}

#[test]
fn what_a_host_can_mend_is_shown_apart() {
    let mut shop = Shop::from_factory(64, Authority::default());
    assert_eq!(shop.host.condition(), NeedsHost, "no outlet");
    shop.init();
    assert_eq!(shop.host.condition(), Ready);
    shop.sell();
    shop.set_now("2026-03-14T06:00:00");
    assert_eq!(shop.host.condition(), NeedsHost, "a clock that went back");
    shop.world.change(|state| state.clock = def_sim::ManualClock::lost());
    assert_eq!(shop.host.condition(), NeedsHost, "a clock without a time");
    let policy = Policy { invoices: 1, ..Policy::default() };
    let mut shop = Shop::with(64, Authority { policy, ..Authority::default() });
    shop.sell();
    assert_eq!(shop.host.condition(), NeedsHost, "the ledger has to know");
}

#[test]
fn what_only_a_person_can_mend_is_shown_as_such() {
    let mut shop = Shop::open();
    let token = shop.authority.hand_over(HandOver::Leave { epoch: Epoch(0) });
    shop.ok(&format!(r#"CFG|HANDOVER {{"token":"{token}"}}"#));
    assert_eq!(shop.host.condition(), DoesNotSeal, "handed over");
    let mut shop = Shop::open();
    let token = shop.authority.state(NewState::Revoked);
    shop.ok(&format!(r#"CFG|STATE {{"token":"{token}"}}"#));
    assert_eq!(shop.host.condition(), DoesNotSeal, "revoked");
    let mut shop = Shop::open();
    shop.world.change(|state| state.element.set_counter(5_000));
    shop.reboot();
    assert_eq!(shop.host.condition(), DoesNotSeal, "another chip");
    let mut shop = Shop::open();
    shop.world.change(|state| state.random.stick(Some(0)));
    shop.reboot();
    assert_eq!(shop.host.condition(), DoesNotSeal, "self-test");
}
