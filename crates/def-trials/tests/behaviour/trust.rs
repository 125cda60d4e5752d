//! Who commands a device (D6, D7), and what its life is (D15).

use def_engine::Factory;
use def_protocol::token::{Activation, NewState, Realm, Scope, StateChange, sign};
use def_trials::{Authority, Host, authority::at};
use serde_json::{Value, json};

use crate::shop::{Pem, Shop, commit, memory, newest, text};

fn init(shop: &mut Shop, code: &str, pem: &str) -> Value {
    shop.ask(&format!(r#"CFG|INIT {{"activation_code":"{code}","public_key":"{pem}"}}"#))
}

#[test]
fn before_init_a_device_only_tells_how_it_is() {
    let mut shop = Shop::from_factory(64, Authority::default());
    let status = shop.status();
    assert_eq!(status["lifecycle"], "factory");
    for member in ["outlet_id", "merchant_nif", "fiscal_number_prefix", "public_key_id", "offline", "corrupt"]
    {
        assert_eq!(status[member], Value::Null, "{member}");
    }
    let payload = shop.sale().payload();
    let token = shop.authority.state(NewState::Revoked);
    let manifest = shop.authority.manifest(1);
    for request in [
        format!("TXN|PREPARE {payload}"),
        "QRY|LOG 1".into(),
        r#"RPT|Z {"date":"2026-03-14"}"#.into(),
        r#"RPT|X {"period":"day"}"#.into(),
        r#"RPT|A {"since":"2026-03-14","until":"2026-03-14"}"#.into(),
        r#"ADM|DUMPLOG {"format":"json"}"#.into(),
        format!(r#"ADM|RESET {{"dgi_authorization":"{}"}}"#, shop.authority.reset(1, None)),
        format!(r#"CFG|STATE {{"token":"{token}"}}"#),
        format!(r#"CFG|MANIFEST {{"token":"{manifest}"}}"#),
        format!(r#"CFG|ACK {{"token":"{token}"}}"#),
        format!(r#"CFG|HANDOVER {{"token":"{token}"}}"#),
    ] {
        shop.refused(&request, "NOT_PROVISIONED");
    }
    shop.refused(&commit("00000000000000000000000000000000"), "INVALID_NONCE");
    shop.reboot();
    assert_eq!(shop.status()["lifecycle"], "factory");
}

#[test]
fn init_binds_once_and_answers_again_as_it_did() {
    let mut shop = Shop::from_factory(64, Authority::default());
    let answer = shop.init();
    assert_eq!(
        (&answer["device_id"], &answer["fiscal_number_prefix"]),
        (&json!("DEF-000001"), &json!("KING"))
    );
    let key = shop.world.change(|state| state.element.peek_key()).expect("a key");
    assert_eq!(text(&answer["public_key"]), key.to_pem().to_string());
    assert_eq!(shop.status()["lifecycle"], "provisioned");
    assert_eq!(shop.init(), answer);
    shop.sell();
    shop.reboot();
    assert_eq!(shop.init(), answer);
    assert_eq!(shop.status()["lifecycle"], "active");
    let (root, operator) = (shop.authority.root.clone(), shop.authority.operator.public_key_pem());
    let mut other = Authority::default();
    other.policy.days = 3;
    other.root = root;
    let code = other.activation();
    assert_eq!(init(&mut shop, &code, &operator)["code"], "ALREADY_PROVISIONED");
}

#[test]
fn init_takes_the_codes_keys_and_no_others() {
    let mut shop = Shop::from_factory(64, Authority::default());
    let code = shop.authority.activation();
    let (root, dgi) = (shop.authority.root.public_key_pem(), shop.authority.dgi.public_key_pem());
    assert_eq!(init(&mut shop, &code, &root)["code"], "UNAUTHORIZED");
    assert_eq!(shop.status()["lifecycle"], "factory");
    assert_eq!(init(&mut shop, &code, &dgi)["status"], "OK");
}

#[test]
fn a_code_is_the_roots_for_this_device_and_now() {
    let authority = Authority::default();
    let pem = authority.operator.public_key_pem();
    let mut merchant = Authority::default();
    merchant.root = merchant.operator.clone();
    let expired = {
        let code = authority.activation();
        let mut buffer = [0; 1024];
        let body = *def_protocol::token::Unverified::<Activation>::from_text(&code, &mut buffer)
            .expect("a code")
            .verify(&fiscal::PrivateKey::public_key(&authority.root))
            .expect("the root's")
            .body();
        let scope = Scope {
            realm: Realm::Production,
            device: authority.device,
            not_before: at("2026-01-01T00:00:00"),
            not_after: at("2027-01-01T00:00:00"),
        };
        let mut bytes = [0; 1024];
        let production = sign(&scope, &body, &authority.root, &mut bytes).expect("signed").to_string();
        let old = authority.token_valid(
            &authority.root,
            &body,
            at("2026-01-01T00:00:00"),
            at("2026-03-14T07:14:59"),
        );
        [production, old]
    };
    let mut shop = Shop::from_factory(64, authority);
    for code in [merchant.activation(), Authority::new("DEF-000002").activation()].into_iter().chain(expired)
    {
        assert_eq!(init(&mut shop, &code, &pem)["code"], "UNAUTHORIZED");
    }
    let state = shop.authority.state(NewState::Revoked);
    assert_eq!(init(&mut shop, &state, &pem)["code"], "UNAUTHORIZED");
    assert_eq!(init(&mut shop, "AAAA", &pem)["code"], "SCHEMA_INVALID");
    assert_eq!(init(&mut shop, "", &pem)["code"], "SCHEMA_INVALID");
}

#[test]
fn a_product_never_obeys_a_root_of_development() {
    let mut shop = Shop::from_factory(64, Authority::default());
    let factory = Factory { realm: Realm::Production, ..shop.authority.factory() };
    shop.host = Host::start(&shop.world, factory, memory());
    assert_eq!(shop.init()["code"], "UNAUTHORIZED");
}

#[test]
fn an_init_that_the_power_interrupted_is_done_again() {
    use def_sim::{Outcome, Style};
    for operation in 0..12 {
        let mut shop = Shop::from_factory(64, Authority::default());
        shop.world.cut_at(shop.world.operations() + operation, Outcome::new(Style::ScatteredWeak, operation));
        let code = shop.authority.activation();
        let pem = shop.authority.operator.public_key_pem();
        let request = format!(r#"CFG|INIT {{"activation_code":"{code}","public_key":"{pem}"}}"#);
        let answer = shop.host.try_ask(&request).filter(|answer| answer["status"] == "OK");
        shop.start();
        let again = shop.init();
        assert_eq!(again["status"], "OK", "{operation}: {again}");
        if let Some(answer) = answer {
            assert_eq!(answer, again);
        }
        shop.host.rest();
        assert_eq!(shop.sell().1["invoice_seq"], 1);
    }
}

#[test]
fn a_revoked_device_sells_nothing_and_is_closed_and_read() {
    for by_operator in [false, true] {
        let mut shop = Shop::open();
        let (_, seal) = shop.sell();
        let payload = shop.sale().payload();
        let nonce = shop.prepare(&payload);
        let change = StateChange { state: NewState::Revoked, reason: "stolen" };
        let key = if by_operator { shop.authority.operator.clone() } else { shop.authority.dgi.clone() };
        let token = shop.authority.token(&key, &change);
        let answer = shop.obeyed("CFG|STATE", &token);
        assert_eq!(shop.obeyed("CFG|STATE", &token), answer);
        for _ in 0..2 {
            assert_eq!(shop.status()["lifecycle"], "revoked");
            shop.not_prepared(&payload, "DEVICE_REVOKED");
            assert!(shop.ask(&commit(&nonce))["status"] == "ERR");
            shop.log("1");
            shop.reboot();
        }
        shop.close("2026-03-14");
        shop.acknowledge(&seal);
        let token = shop.authority.reset(1, Some(newest(&seal)));
        shop.disobeyed("ADM|RESET", &token, "DEVICE_REVOKED");
    }
}

#[test]
fn nobody_but_authority_and_operator_revokes() {
    let mut shop = Shop::open();
    let change = StateChange { state: NewState::Revoked, reason: "a joke" };
    let root = shop.authority.root.clone();
    let token = shop.authority.token(&root, &change);
    shop.disobeyed("CFG|STATE", &token, "UNAUTHORIZED");
    shop.sell();
}

#[test]
fn a_decommissioned_device_adds_nothing_to_its_journal() {
    let mut shop = Shop::open();
    let (_, seal) = shop.sell();
    let token = shop.authority.state(NewState::Decommissioned);
    shop.obeyed("CFG|STATE", &token);
    let head = shop.status()["head_hash"].clone();
    shop.reboot();
    assert_eq!(shop.status()["lifecycle"], "decommissioned");
    let payload = shop.sale().payload();
    shop.not_prepared(&payload, "DEVICE_REVOKED");
    shop.acknowledge(&seal);
    shop.dump("json");
    shop.ask(r#"RPT|Z {"date":"2026-03-14"}"#);
    let manifest = shop.authority.manifest(1);
    shop.disobeyed("CFG|MANIFEST", &manifest, "DEVICE_REVOKED");
    let leave = shop.authority.hand_over(def_protocol::token::HandOver::Leave { epoch: fiscal::Epoch(0) });
    shop.disobeyed("CFG|HANDOVER", &leave, "DEVICE_REVOKED");
    let revoke = shop.authority.state(NewState::Revoked);
    shop.disobeyed("CFG|STATE", &revoke, "DEVICE_REVOKED");
    assert_eq!(shop.set_clock("2026-03-14T09:00:00", None)["code"], "DEVICE_REVOKED");
    assert_eq!(shop.status()["head_hash"], head);
    shop.log("1");
}
