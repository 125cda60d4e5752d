//! A cloud with two merchants, one thing of every kind at each, and a key of every role.

use std::collections::BTreeMap;

use cloud::SystemClock;
use fiscal::UtcOffset;
use ledger::Clock;
use registry::{Reach, Role};
use serde_json::{Value, json};

use crate::{
    bench::{Answer, Bench, Client, bearer, make_key, make_merchant},
    operation::{NOBODY, Things},
    patience::{eventually, until},
};

/// One of every kind.
pub(crate) struct World {
    pub(crate) bench: Bench,
    /// The first merchant's, and of his outlet in Gombe.
    pub(crate) things: Things,
}

/// Keys of the first merchant, by their roles: `key(number)`.
pub(crate) const ROLES: [(u8, Role); 6] = [
    (OWNER, Role::Owner),
    (12, Role::Manager),
    (13, Role::Supervisor),
    (14, Role::Cashier),
    (15, Role::Auditor),
    (OPERATOR, Role::Operator),
];
/// The first merchant's owner.
pub(crate) const OWNER: u8 = 11;
/// Who runs the platform.
pub(crate) const OPERATOR: u8 = 9;
/// The owner of the other merchant.
pub(crate) const STRANGER: u8 = 21;
/// A manager of the outlet in Gombe.
pub(crate) const GOMBE: u8 = 1;
/// A manager of another outlet of the first merchant.
pub(crate) const NEIGHBOUR: u8 = 2;
/// An outlet, and what is there of each kind.
const OUTLETS: [(u8, &str); 3] =
    [(GOMBE, "KIN-GOMBE-01"), (NEIGHBOUR, "KIN-LIMETE-02"), (STRANGER, "LUB-KAMALONDO-1")];

impl World {
    pub(crate) fn make() -> Self {
        let (bench, _) = crate::devices::bench(
            "[limits]\nper_second = 100000\nburst = 100000\npublic_per_second = 100000\npublic_burst = 100000\n[webhooks]\nallow_private_networks = true\n[authority]\nenabled = true\nhosts = []\nallow_loopback = true\n",
        );
        let database = cloud::database(&bench.config.database).unwrap();
        let merchant = bench.merchant();
        for (number, role) in ROLES.into_iter().filter(|(_, role)| *role != Role::Operator) {
            make_key(&*database, number, role, Reach::Merchant(merchant.clone()));
        }
        let other = make_merchant(
            &*database,
            &bench.config,
            "Papa Ilunga",
            "B7654321C",
            &[("LUB-KAMALONDO-1", "LUBKAMA1")],
        );
        make_key(&*database, STRANGER, Role::Owner, Reach::Merchant(other));
        let mut world = Self { bench, things: Things::new() };
        world.things = world.made_by(OWNER, "KIN-GOMBE-01");
        world
    }

    /// One thing of each kind, by the API itself; those of an outlet's key are that outlet's alone.
    pub(crate) fn made_by(&self, number: u8, outlet: &str) -> Things {
        let mut client = self.bench.client();
        let mut made = |path: &str, body: Value| -> Value {
            let answer = post(&mut client, number, path, &body);
            assert_eq!(answer.status, 201, "{path} {answer:?}");
            answer.json()
        };
        let sale = |till: &str| {
            let mut sale: Value = serde_json::from_str(SALE).unwrap();
            sale["outlet_id"] = json!(outlet);
            sale["cashier_id"] = json!(format!("CASHIER-{number}"));
            sale["pos_terminal_id"] = json!(till);
            sale
        };
        let machine_id = self.machine_of(number, outlet);
        // One that a person types, and one that waits.
        let typed = named(&made("/api/v1/invoices?complete=true", sale("TILL-2")), "fiscal_number");
        self.await_submission(number, &typed);
        let hand_out = self.hand_out(number, outlet);
        let sealed = made("/api/v1/invoices?complete=true", sale("TILL-1"));
        let key = made("/api/v1/api-keys", json!({ "name": "spare", "role": "cashier" }));
        let email = format!("spare-{number}@example.cd");
        let user = made("/api/v1/users", json!({ "email": email, "name": "Spare", "role": "cashier" }));
        let webhook = json!({ "url": "http://127.0.0.1:9/hook", "events": ["invoice.sealed"] });
        let webhook = named(&made("/api/v1/webhooks", webhook), "webhook_id");
        let delivery = made(&format!("/api/v1/webhooks/{webhook}/ping"), json!({}));
        let device =
            made("/api/v1/devices", json!({ "serial": format!("DEF-{number:06}"), "outlet_id": outlet }));
        let fiscal_number = named(&sealed, "fiscal_number");
        self.await_submission(number, &fiscal_number);
        let nif = if number == STRANGER { "B7654321C" } else { "A2301457K" };
        let things = [
            ("merchant_nif", nif.to_owned()),
            ("cashier_id", format!("CASHIER-{number}")),
            ("date", today()),
            ("receipt", format!("{fiscal_number}.txt")),
            ("auth_code", named(&sealed, "auth_code")),
            ("qr", named(&sealed, "qr_payload")),
            ("fiscal_number", fiscal_number),
            ("merchant_id", named(&key, "merchant_id")),
            ("outlet_id", outlet.to_owned()),
            ("key_id", named(&key, "key_id")),
            ("user_id", named(&user, "user_id")),
            ("webhook_id", webhook),
            ("delivery_id", named(&delivery, "delivery_id")),
            ("serial", named(&device, "serial")),
            ("machine_id", machine_id),
            ("hand_out", hand_out),
            ("version", "current".to_owned()),
        ];
        things.map(|(name, value)| (name.to_owned(), value)).into()
    }

    /// A machine of the authority, which never answers; another one of an outlet that has one has none to send.
    fn machine_of(&self, number: u8, outlet: &str) -> String {
        let mut body = json!({
            "url": NOBODY, "nim": format!("CD01{number:06}-1"), "isf": "STELALA-1", "token": "0123456789abcdefmachine",
            "outlet_ids": [outlet],
        });
        let mut client = self.bench.client();
        let mut made = post(&mut client, number, "/api/v1/authority/machines", &body);
        if made.status == 409 {
            body["outlet_ids"] = json!([]);
            made = post(&mut client, number, "/api/v1/authority/machines", &body);
        }
        assert_eq!(made.status, 201, "{made:?}");
        named(&made.json(), "machine_id")
    }

    /// Waits until the agent has found an invoice.
    fn await_submission(&self, number: u8, fiscal_number: &str) {
        let mut client = self.bench.client();
        until("the agent finds it", || {
            client.get(&format!("/api/v1/invoices/{fiscal_number}/submission"), number).status == 200
        });
    }

    /// Hands out what waits at an outlet, as soon as it is known to which machine it belongs; a merchant's owner does it.
    fn hand_out(&self, number: u8, outlet: &str) -> String {
        let number = if number == STRANGER { STRANGER } else { OWNER };
        let path = format!("/api/v1/submissions/hand-out?outlet_id={outlet}");
        let mut client = self.bench.client();
        eventually("something is handed out", || {
            let made = post(&mut client, number, &path, &json!({}));
            assert_eq!(made.status, 200, "{made:?}");
            made.header("x-hand-out").map(str::to_owned)
        })
    }

    /// Closes the day, so that there is a report of it.
    pub(crate) fn close_the_day(&self) {
        let day = json!({ "outlet_id": self.things["outlet_id"], "date": today() });
        let closed = post(&mut self.bench.client(), OWNER, "/api/v1/reports/z", &day);
        assert_eq!(closed.status, 201, "{closed:?}");
    }

    /// All that the owners of both merchants see of every list, by what was asked.
    pub(crate) fn seen(&self) -> BTreeMap<String, String> {
        let mut client = self.bench.client();
        let mut seen = BTreeMap::new();
        let mut see = |number: u8, path: String| {
            let answer = client.get(&path, number);
            assert_eq!(answer.status, 200, "{path} {answer:?}");
            let mut page = answer.json();
            assert!(page.get("next").is_none_or(Value::is_null), "{path} has more than one page");
            // The dispatcher goes on sending meanwhile.
            for delivery in page["deliveries"].as_array_mut().into_iter().flatten() {
                for moving in ["state", "due", "sent"] {
                    delivery.as_object_mut().unwrap().remove(moving);
                }
            }
            seen.insert(format!("{path} as {number}"), page.to_string());
            page
        };
        for (outlet_key, outlet) in OUTLETS {
            let number = if outlet_key == STRANGER { STRANGER } else { OWNER };
            see(number, format!("/api/v1/invoices?limit=200&outlet_id={outlet}"));
            see(number, format!("/api/v1/reports/x?outlet_id={outlet}"));
        }
        for number in [OWNER, STRANGER] {
            for list in
                ["api-keys", "users", "outlets", "merchants", "devices", "tax-manifests", "audit/acts"]
            {
                see(number, format!("/api/v1/{list}?limit=200"));
            }
            let webhooks = see(number, "/api/v1/webhooks?limit=200".to_owned());
            for webhook in webhooks["webhooks"].as_array().unwrap() {
                let id = webhook["webhook_id"].as_str().unwrap();
                see(number, format!("/api/v1/webhooks/{id}/deliveries?limit=200"));
            }
        }
        seen
    }
}

/// Where all outlets are.
fn today() -> String {
    SystemClock.now().date_at(UtcOffset::KINSHASA).to_string()
}

const SALE: &str = r#"{
    "pos_terminal_id": "TILL-1", "invoice_type": "sale", "timestamp": "2026-03-14T06:00:00Z", "currency": "CDF",
    "items": [{ "code": "SALT", "description": "Sel", "quantity": 1, "unit_price": 700, "tax_group": "standard_vat" }],
    "payments": [{ "method": "cash" }]
}"#;

/// The text of a name, wherever it is.
fn named(value: &Value, name: &str) -> String {
    fn within(value: &Value, name: &str) -> Option<String> {
        let members = value.as_object()?;
        let own = members.get(name).and_then(Value::as_str).map(str::to_owned);
        own.or_else(|| members.values().find_map(|member| within(member, name)))
    }
    within(value, name).unwrap_or_else(|| panic!("{name} in {value}"))
}

/// Sends a body of JSON with a key.
pub(crate) fn post(client: &mut Client, number: u8, path: &str, body: &Value) -> Answer {
    let bearer = bearer(number);
    let headers = [("Authorization", &*bearer), ("Content-Type", "application/json")];
    client.ask(&format!("POST {path}"), &headers, Some(&body.to_string()))
}
