//! A device beside a cloud signer (L2): it is activated to stand by, takes the outlet's line, and gives it back.

use def_protocol::token::{HandOver, Newest};
use def_sim::{ManualClock, Outcome, Style};
use def_trials::{Authority, Sale, authority::at};
use fiscal::{Epoch, InvoiceNumber, RecordHash, Timestamp};
use serde_json::{Value, json};

use crate::shop::{Shop, hash, newest, number, text};

const CLOSE: RecordHash = RecordHash([7; 32]);

/// Activated to stand by, in an epoch.
fn standing_by(epoch: u32) -> Shop {
    let mut shop = Shop::from_factory(64, Authority::default());
    init(&mut shop, epoch);
    shop.host.rest();
    shop
}

fn init(shop: &mut Shop, epoch: u32) -> Value {
    let code = shop.authority.activation_in(Epoch(epoch), None);
    let request = shop.authority.initialisation_with(&code);
    shop.ok(&request)
}

fn enter_token(shop: &Shop, epoch: u32, next: u64, previous: RecordHash, floor: Timestamp) -> String {
    let next_number = InvoiceNumber::new(next).expect("a number");
    let order = HandOver::Enter { epoch: Epoch(epoch), next_number, previous, floor };
    shop.authority.hand_over_from(order, shop.now())
}

fn enter(shop: &mut Shop, epoch: u32, next: u64) -> Value {
    shop.pass(1_000);
    let token = enter_token(shop, epoch, next, CLOSE, shop.now());
    shop.obeyed("CFG|HANDOVER", &token)
}

fn leave(shop: &mut Shop, epoch: u32) -> Value {
    shop.pass(1_000);
    let token = shop.authority.hand_over_from(HandOver::Leave { epoch: Epoch(epoch) }, shop.now());
    shop.obeyed("CFG|HANDOVER", &token)
}

#[track_caller]
fn stands_by(shop: &mut Shop) {
    assert_eq!(shop.status()["handed_over"], true);
    let payload = shop.sale().payload();
    let detail = shop.not_prepared(&payload, "HANDED_OVER");
    assert!(text(&detail["detail"]).contains("another signer"), "{detail}");
}

#[test]
fn it_seals_events_and_no_invoice() {
    let mut shop = standing_by(0);
    let status = shop.status();
    assert_eq!((&status["lifecycle"], &status["epoch"]), (&json!("provisioned"), &json!(0)));
    assert_eq!((&status["last_position"], &status["next_invoice_seq"]), (&json!(1), &json!(1)));
    for start in 2..6 {
        stands_by(&mut shop);
        shop.reboot();
        assert_eq!(number(&shop.status()["last_position"]), start);
    }
    assert_eq!(shop.set_clock("2026-03-14T07:20:00", None)["status"], "OK");
    let manifest = shop.authority.manifest(1);
    shop.obeyed("CFG|MANIFEST", &manifest);
    assert_eq!(shop.close("2026-03-14")["sequence_end"], Value::Null);
    stands_by(&mut shop);
    let kinds: Vec<_> = shop.dump("digest").iter().map(|line| text(&line["kind"])).collect();
    assert_eq!(kinds, ["provisioned", "boot", "boot", "boot", "boot", "time_set", "manifest", "closure"]);
}

#[test]
fn a_close_is_entered_once_also_by_a_later_order_and_after_a_reboot() {
    let mut shop = standing_by(0);
    shop.pass(1_000);
    let closed_at = shop.now();
    let first = enter_token(&shop, 0, 58, CLOSE, closed_at);
    shop.obeyed("CFG|HANDOVER", &first);
    // Nothing is sold, so that the number alone says nothing.
    leave(&mut shop, 0);
    for _ in 0..2 {
        shop.pass(1_000);
        let again = enter_token(&shop, 0, 58, CLOSE, closed_at);
        shop.disobeyed("CFG|HANDOVER", &again, "UNAUTHORIZED");
        stands_by(&mut shop);
        shop.reboot();
    }
    // The other signer went on, and closed no earlier than this one left.
    enter(&mut shop, 0, 58);
}

#[test]
fn it_says_that_another_signer_holds_the_line_before_anything_else() {
    let mut shop = standing_by(0);
    shop.world.change(|state| state.clock = ManualClock::lost());
    stands_by_without_clock(&mut shop);
    shop.refused(r#"TXN|COMMIT {"nonce":"00112233445566778899AABBCCDDEEFF"}"#, "INVALID_NONCE");
    assert_eq!(shop.set_clock("2026-03-14T07:20:00", None)["status"], "OK");
    let token = shop.authority.hand_over_from(HandOver::Leave { epoch: Epoch(0) }, shop.now());
    shop.disobeyed("CFG|HANDOVER", &token, "HANDED_OVER");
}

fn stands_by_without_clock(shop: &mut Shop) {
    let payload = Sale::of("CAISSE-1", at("2026-03-14T07:15:00"), 1, 1).payload();
    shop.not_prepared(&payload, "HANDED_OVER");
}

#[test]
fn a_new_device_is_led_to_its_first_sale_and_back() {
    let mut shop = Shop::from_factory(64, Authority::default());
    shop.world.change(|state| state.clock = ManualClock::lost());
    init(&mut shop, 0);
    // An order needs a time to hold in.
    let early = HandOver::Enter {
        epoch: Epoch(0),
        next_number: InvoiceNumber::new(58).expect("a number"),
        previous: CLOSE,
        floor: at("2026-03-14T07:00:00"),
    };
    let token = shop.authority.hand_over(early);
    shop.disobeyed("CFG|HANDOVER", &token, "CLOCK_ROLLBACK_DETECTED");
    assert_eq!(shop.set_clock("2026-03-14T07:15:00", None)["status"], "OK");
    let own = shop.status()["head_hash"].clone();
    let entered = shop.obeyed("CFG|HANDOVER", &token);
    let body: Value = serde_json::from_str(&text(&entered["body"])).expect("JSON");
    assert_eq!(body, json!({"event": "hand_over", "token": token, "own_previous": own}));
    let status = shop.status();
    assert_eq!((&status["handed_over"], &status["next_invoice_seq"]), (&json!(false), &json!(58)));
    let (_, seal) = shop.sell();
    assert_eq!((&seal["invoice_seq"], &seal["position"]), (&json!(58), &json!(4)));
    assert_eq!(seal["fiscal_number"], "KING-0-00000058");
    assert_eq!(shop.status()["lifecycle"], "active");
    let left = leave(&mut shop, 0);
    let body: Value = serde_json::from_str(&text(&left["body"])).expect("JSON");
    assert_eq!((&body["last_number"], &body["head"]), (&json!(58), &seal["record_hash"]));
    stands_by(&mut shop);
    enter(&mut shop, 0, 70);
    assert_eq!(shop.sell().1["invoice_seq"], 70);
}

#[test]
fn the_line_goes_to_and_fro_and_no_number_is_given_twice() {
    let mut shop = standing_by(0);
    let mut next = 1;
    let mut given = Vec::new();
    for turn in 0..8 {
        // The other signer sealed some meanwhile, or none.
        next += turn % 3;
        let before = shop.status()["next_invoice_seq"].clone();
        enter(&mut shop, 0, next);
        let again = enter_token(&shop, 0, next + 5, CLOSE, shop.now());
        shop.disobeyed("CFG|HANDOVER", &again, "UNAUTHORIZED");
        if turn % 2 == 0 {
            shop.reboot();
        }
        for _ in 0..turn % 4 {
            let (_, seal) = shop.sell();
            assert_eq!(number(&seal["invoice_seq"]), next, "turn {turn}, from {before}");
            given.push(next);
            next += 1;
        }
        let left = leave(&mut shop, 0);
        let body: Value = serde_json::from_str(&text(&left["body"])).expect("JSON");
        assert_eq!(number(&body["last_number"]), next - 1);
        if turn % 2 == 1 {
            shop.reboot();
        }
        stands_by(&mut shop);
        if next > 1 {
            shop.pass(1_000);
            let given = enter_token(&shop, 0, next - 1, CLOSE, shop.now());
            shop.disobeyed("CFG|HANDOVER", &given, "UNAUTHORIZED");
        }
    }
    for number in given {
        assert_eq!(shop.log(&number.to_string())["sequence"], number);
    }
    shop.close("2026-03-14");
    let lines = shop.dump("digest");
    let positions: Vec<_> = lines.iter().map(|line| number(&line["position"])).collect();
    assert_eq!(positions, (1..=lines.len() as u64).collect::<Vec<_>>());
}

#[test]
fn the_referee_finds_its_journal_true() {
    let mut shop = standing_by(0);
    let mut sold = 0;
    for next in [9, 20, 31] {
        enter(&mut shop, 0, next);
        shop.sell();
        shop.sell();
        sold += 2;
        leave(&mut shop, 0);
        shop.reboot();
        shop.close("2026-03-14");
    }
    let verdict = judged(&mut shop);
    assert!(verdict.is_true(), "{:?}", verdict.findings);
    assert_eq!((verdict.invoices, verdict.closures, verdict.closures_unchecked), (sold, 3, 0));
    // In a new epoch, too.
    let newest = shop.log("32")["sealed"].clone();
    shop.acknowledge(&newest);
    let token = shop.authority.reset(1, Some(crate::shop::newest(&newest)));
    shop.obeyed("ADM|RESET", &token);
    enter(&mut shop, 1, 4);
    shop.sell();
    shop.close("2026-03-14");
    let verdict = judged(&mut shop);
    assert!(verdict.is_true(), "{:?}", verdict.findings);
    assert_eq!((verdict.invoices, verdict.closures, verdict.closures_unchecked), (1, 1, 0));
}

/// What the referee says of the journal that the device gives out.
fn judged(shop: &mut Shop) -> verify::JournalVerdict {
    let key = shop.world.change(|state| state.element.peek_key()).expect("a key");
    let trust = verify::Trust::Keys(vec![key]);
    let mut referee = verify::Referee::new(&trust, []);
    for line in shop.dump("json") {
        referee.read(line.to_string().as_bytes());
    }
    referee.conclude()
}

#[test]
fn where_it_stands_is_known_after_a_checkpoint_too() {
    let mut shop = standing_by(0);
    let mut next = 1;
    for _ in 0..4 {
        enter(&mut shop, 0, next);
        for _ in 0..16 {
            let large = Sale { lines: Sale::of("X", shop.now(), 100, 9).lines, ..shop.sale() };
            shop.pass(1_000);
            assert_eq!(number(&shop.seal(&large.payload())["invoice_seq"]), next);
            next += 1;
        }
        leave(&mut shop, 0);
        shop.host.rest();
        shop.reboot();
        stands_by(&mut shop);
        let given = enter_token(&shop, 0, next - 1, CLOSE, shop.now());
        shop.disobeyed("CFG|HANDOVER", &given, "UNAUTHORIZED");
        next += 3;
    }
}

#[test]
fn no_seal_is_earlier_than_the_order_says() {
    let mut shop = standing_by(0);
    shop.pass(1_000);
    let token = enter_token(&shop, 0, 5, CLOSE, at("2026-03-14T07:15:40"));
    shop.obeyed("CFG|HANDOVER", &token);
    let (_, seal) = shop.sell();
    assert_eq!((&seal["invoice_seq"], &seal["timestamp"]), (&json!(5), &json!("2026-03-14T07:15:40")));
}

#[test]
fn the_records_of_both_sides_of_a_hand_over_are_tied_together() {
    let mut shop = standing_by(0);
    shop.reboot();
    let own = hash(&shop.status()["head_hash"]);
    let answer = enter(&mut shop, 0, 9);
    let record: fiscal::Record = record(&answer);
    assert_eq!(record.link.previous, CLOSE);
    assert_eq!(record.link.position.value(), 3);
    assert!(text(&answer["body"]).contains(&own.to_string()));
    shop.reboot();
    assert_eq!(shop.sell().1["invoice_seq"], 9);
}

fn record(answer: &Value) -> fiscal::Record {
    let obeyed: def_protocol::reply::Obeyed<String, String> =
        serde_json::from_value(answer.clone()).expect("the answer to an order");
    obeyed.record.expect("a record")
}

#[test]
fn the_power_fails_anywhere_in_a_hand_over_and_it_happened_or_not() {
    let mut happened = [0, 0];
    let styles = Style::OF_PROGRAM.into_iter().chain([Style::Jump(1), Style::Jump(8)]);
    for (seed, style) in styles.enumerate() {
        for operation in 0..8 {
            for entering in [true, false] {
                let outcome = Outcome::new(style, seed as u64 * 8 + operation);
                happened[usize::from(is_interrupted(entering, operation, outcome))] += 1;
            }
        }
    }
    assert!(happened.into_iter().all(|times| times > 10), "{happened:?}");
}

/// Whether the device had done as it was told, when the power came again.
fn is_interrupted(entering: bool, operation: u64, outcome: Outcome) -> bool {
    let mut shop = standing_by(0);
    if !entering {
        enter(&mut shop, 0, 9);
        shop.host.rest();
    }
    shop.pass(1_000);
    let token = if entering {
        enter_token(&shop, 0, 9, CLOSE, shop.now())
    } else {
        shop.authority.hand_over_from(HandOver::Leave { epoch: Epoch(0) }, shop.now())
    };
    let request = format!(r#"CFG|HANDOVER {{"token":"{token}"}}"#);
    shop.world.cut_at(shop.world.operations() + operation, outcome);
    let answer = shop.host.try_ask(&request).filter(|answer| answer["status"] == "OK");
    shop.start();
    let status = shop.status();
    assert_eq!(status["corrupt"], Value::Null, "{status}");
    let done = status["handed_over"] == json!(!entering);
    assert!(done || answer.is_none(), "what was answered is so");
    // What was decided once is decided.
    shop.reboot();
    assert_eq!(shop.status()["handed_over"], status["handed_over"]);
    // The host sends it again, and gets the answer that it did not get.
    let again = shop.ok(&request);
    assert!(answer.is_none_or(|answer| answer == again));
    assert_eq!(shop.status()["handed_over"], !entering);
    if entering {
        assert_eq!(shop.sell().1["invoice_seq"], 9);
    } else {
        stands_by(&mut shop);
    }
    done
}

#[test]
fn a_reset_leaves_it_standing_by_and_it_enters_the_new_epoch() {
    let mut shop = standing_by(0);
    let token = shop.authority.reset(2, None);
    let answer = shop.obeyed("ADM|RESET", &token);
    let body: Value = serde_json::from_str(&text(&answer["body"])).expect("JSON");
    assert_eq!((&body["handed_over"], &body["previous_number"]), (&json!(true), &json!(0)));
    for _ in 0..3 {
        stands_by(&mut shop);
        assert_eq!(shop.status()["epoch"], 2);
        shop.host.rest();
        shop.reboot();
    }
    shop.pass(1_000);
    let old = enter_token(&shop, 0, 9, CLOSE, shop.now());
    shop.disobeyed("CFG|HANDOVER", &old, "UNAUTHORIZED");
    enter(&mut shop, 2, 1);
    let (_, seal) = shop.sell();
    assert_eq!((&seal["epoch"], &seal["invoice_seq"]), (&json!(2), &json!(1)));
    shop.reboot();
    assert_eq!(shop.sell().1["invoice_seq"], 2);
}

#[test]
fn a_reset_of_one_that_left_leaves_the_line_where_it_is() {
    let mut shop = standing_by(0);
    enter(&mut shop, 0, 4);
    let (_, seal) = shop.sell();
    leave(&mut shop, 0);
    let order = |shop: &Shop, newest: Option<Newest>| shop.authority.reset(1, newest);
    let right = order(&shop, Some(newest(&seal)));
    shop.disobeyed("ADM|RESET", &right, "CLOSURE_REQUIRED");
    shop.close("2026-03-14");
    shop.disobeyed("ADM|RESET", &right, "SYNC_REQUIRED");
    shop.acknowledge(&seal);
    let none = order(&shop, None);
    shop.disobeyed("ADM|RESET", &none, "UNAUTHORIZED");
    let answer = shop.obeyed("ADM|RESET", &right);
    stands_by(&mut shop);
    shop.reboot();
    assert_eq!(shop.obeyed("ADM|RESET", &right), answer);
    stands_by(&mut shop);
    // The order may be of the same second as the reset.
    let token = enter_token(&shop, 1, 3, CLOSE, shop.now());
    shop.obeyed("CFG|HANDOVER", &token);
    assert_eq!(shop.sell().1["invoice_seq"], 3);
    leave(&mut shop, 1);
    shop.close("2026-03-14");
}

#[test]
fn a_reset_of_the_one_that_holds_the_line_leaves_it_with_it() {
    let mut shop = standing_by(0);
    enter(&mut shop, 0, 4);
    let (_, seal) = shop.sell();
    shop.close("2026-03-14");
    shop.acknowledge(&seal);
    let token = shop.authority.reset(1, Some(newest(&seal)));
    let answer = shop.obeyed("ADM|RESET", &token);
    assert!(!text(&answer["body"]).contains("handed_over"), "{answer}");
    for number in [1, 2] {
        assert_eq!(shop.status()["handed_over"], false);
        assert_eq!(shop.sell().1["invoice_seq"], number);
        shop.reboot();
    }
}

#[test]
fn it_begins_in_the_epoch_that_its_code_names() {
    let mut shop = standing_by(3);
    assert_eq!((&shop.status()["epoch"], &shop.status()["handed_over"]), (&json!(3), &json!(true)));
    shop.pass(1_000);
    for epoch in [0, 2, 4] {
        let other = enter_token(&shop, epoch, 1, CLOSE, shop.now());
        shop.disobeyed("CFG|HANDOVER", &other, "UNAUTHORIZED");
    }
    enter(&mut shop, 3, 21);
    assert_eq!(shop.sell().1["fiscal_number"], "KING-3-00000021");
}
