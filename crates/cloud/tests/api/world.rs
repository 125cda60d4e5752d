//! A cloud with two merchants, one thing of every kind at the first, and a key of every role.

use std::collections::BTreeMap;

use registry::{Reach, Role};
use serde_json::{Value, json};

use crate::bench::{Answer, Bench, Client, bearer, make_key, make_merchant, payload};

/// One of every kind.
pub(crate) struct World {
    pub(crate) bench: Bench,
    /// Values for the parameters of paths and queries, by their names.
    pub(crate) things: BTreeMap<String, String>,
}

/// Keys of the first merchant, by their roles: `key(number)`.
pub(crate) const ROLES: [(u8, Role); 6] = [
    (11, Role::Owner),
    (12, Role::Manager),
    (13, Role::Supervisor),
    (14, Role::Cashier),
    (15, Role::Auditor),
    (9, Role::Operator),
];
/// The owner of the other merchant.
pub(crate) const STRANGER: u8 = 21;
/// A manager of another outlet of the first merchant.
pub(crate) const NEIGHBOUR: u8 = 2;

impl World {
    pub(crate) fn make() -> Self {
        let bench = Bench::with(
            "[limits]\nper_second = 100000\nburst = 100000\npublic_per_second = 100000\npublic_burst = 100000\n[webhooks]\nallow_private_networks = true\n",
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
        let mut world = Self { bench, things: BTreeMap::new() };
        world.fill(merchant.as_str());
        world
    }

    /// Makes the things by the API itself.
    fn fill(&mut self, merchant: &str) {
        let mut client = self.bench.client();
        let sealed = client.sell(1, Some("world-sale"), &payload(1)).json();
        let fiscal_number = sealed["fiscal_number"].as_str().unwrap().to_owned();
        let mut made = |path: &str, body: Value, name: &str| -> String {
            let answer = post(&mut client, 11, path, &body);
            assert_eq!(answer.status, 201, "{path} {answer:?}");
            named(&answer.json(), name).unwrap_or_else(|| panic!("{path} {name} {answer:?}"))
        };
        let key = made("/api/v1/api-keys", json!({ "name": "spare", "role": "cashier" }), "key_id");
        let user = made(
            "/api/v1/users",
            json!({ "email": "spare@example.cd", "name": "Spare", "role": "cashier" }),
            "user_id",
        );
        let webhook = made(
            "/api/v1/webhooks",
            json!({ "url": "http://127.0.0.1:9/hook", "events": ["invoice.sealed"] }),
            "webhook_id",
        );
        let delivery = made(&format!("/api/v1/webhooks/{webhook}/ping"), json!({}), "delivery_id");
        let things = [
            ("receipt", format!("{fiscal_number}.txt")),
            ("auth_code", sealed["auth_code"].as_str().unwrap().to_owned()),
            ("qr", sealed["qr_payload"].as_str().unwrap().to_owned()),
            ("fiscal_number", fiscal_number),
            ("merchant_id", merchant.to_owned()),
            ("outlet_id", "KIN-GOMBE-01".to_owned()),
            ("key_id", key),
            ("user_id", user),
            ("webhook_id", webhook),
            ("delivery_id", delivery),
            ("version", "current".to_owned()),
        ];
        self.things = things.map(|(name, value)| (name.to_owned(), value)).into();
    }
}

/// The member of a name, wherever it is.
fn named(value: &Value, name: &str) -> Option<String> {
    let members = value.as_object()?;
    let own = members.get(name).and_then(Value::as_str).map(str::to_owned);
    own.or_else(|| members.values().find_map(|member| named(member, name)))
}

/// Sends a body of JSON with a key.
pub(crate) fn post(client: &mut Client, number: u8, path: &str, body: &Value) -> Answer {
    let bearer = bearer(number);
    let headers = [("Authorization", &*bearer), ("Content-Type", "application/json")];
    client.ask(&format!("POST {path}"), &headers, Some(&body.to_string()))
}

/// An operation of the document.
pub(crate) struct Operation {
    pub(crate) method: String,
    pub(crate) path: String,
    /// What `x-permission` says.
    pub(crate) permission: String,
    pub(crate) about: Value,
}

/// All of them.
pub(crate) fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(&cloud::openapi::document().to_json().unwrap()).unwrap();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, about) in item.as_object().unwrap() {
            let permission =
                about["x-permission"].as_str().unwrap_or_else(|| panic!("{method} {path}")).to_owned();
            all.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                permission,
                about: about.clone(),
            });
        }
    }
    all
}

impl Operation {
    /// The line of a request for things that are there, with the parameters that it needs.
    pub(crate) fn line(&self, things: &BTreeMap<String, String>) -> String {
        let mut path = self.path.clone();
        let mut query = Vec::new();
        for parameter in self.about["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            let known = things.get(name).cloned();
            match parameter["in"].as_str().unwrap() {
                "path" => {
                    let value = known.unwrap_or_else(|| panic!("{} needs {name}", self.path));
                    path = path.replace(&format!("{{{name}}}"), &value);
                }
                "query" if name == "outlet_id" || parameter["required"] == true => {
                    let value = known.or_else(|| parameter["example"].as_str().map(str::to_owned));
                    let value = value.or_else(|| parameter["schema"]["example"].as_str().map(str::to_owned));
                    query.push(format!(
                        "{name}={}",
                        value.unwrap_or_else(|| panic!("{} needs {name}", self.path)).replace('|', "%7C")
                    ));
                }
                // What the example of a body counts on.
                "query" if name == "complete" => query.push("complete=true".to_owned()),
                _ => {}
            }
        }
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        format!("{} {path}{query}", self.method)
    }

    /// The example of its body of JSON.
    pub(crate) fn body(&self) -> Option<String> {
        let content = &self.about["requestBody"]["content"]["application/json"];
        let example = content.get("example").cloned().or_else(|| {
            let name = content["schema"]["$ref"].as_str()?.rsplit('/').next()?;
            let document: Value =
                serde_json::from_str(&cloud::openapi::document().to_json().unwrap()).unwrap();
            document["components"]["schemas"][name].get("example").cloned()
        });
        match (self.about.get("requestBody"), example) {
            (None, _) => None,
            (Some(_), Some(example)) => Some(example.to_string()),
            (Some(_), None) => panic!("{} {} has a body without an example", self.method, self.path),
        }
    }

    /// Asks it.
    pub(crate) fn ask(&self, client: &mut Client, line: &str, number: Option<u8>) -> Answer {
        self.ask_with(client, line, number, self.body())
    }

    /// Asks it with a body of one's own.
    pub(crate) fn ask_with(
        &self,
        client: &mut Client,
        line: &str,
        number: Option<u8>,
        body: Option<String>,
    ) -> Answer {
        let bearer = number.map(bearer);
        let mut headers: Vec<(&str, &str)> = vec![("Content-Type", "application/json")];
        headers.extend(bearer.as_deref().map(|bearer| ("Authorization", bearer)));
        client.ask(line, &headers, body.as_deref())
    }
}
