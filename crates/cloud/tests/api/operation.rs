//! What the document offers: each operation, and a request for it.

use std::{collections::BTreeMap, sync::LazyLock};

use registry::Permission;
use serde_json::{Value, json};

use crate::bench::{Answer, Client};

/// Values for the parameters of paths and queries and the members of bodies, by their names.
pub(crate) type Things = BTreeMap<String, String>;

/// Where no authority is, and none answers.
pub(crate) const NOBODY: &str = "http://127.0.0.1:9/edef";

/// An operation of the document.
pub(crate) struct Operation {
    pub(crate) method: String,
    pub(crate) path: String,
    /// What `x-permission` says.
    pub(crate) needs: String,
    pub(crate) about: Value,
}

/// The document itself.
pub(crate) fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> =
        LazyLock::new(|| serde_json::from_str(&cloud::openapi::document().to_json().unwrap()).unwrap());
    &DOCUMENT
}

/// All of them.
pub(crate) fn operations() -> Vec<Operation> {
    let mut all = Vec::new();
    for (path, item) in document()["paths"].as_object().unwrap() {
        for (method, about) in item.as_object().unwrap() {
            let needs =
                about["x-permission"].as_str().unwrap_or_else(|| panic!("{method} {path}")).to_owned();
            let (method, path) = (method.to_uppercase(), path.clone());
            all.push(Operation { method, path, needs, about: about.clone() });
        }
    }
    all
}

/// Those that need a permission.
pub(crate) fn guarded() -> impl Iterator<Item = (Operation, Permission)> {
    operations().into_iter().filter_map(|operation| {
        let permission = operation.needs.parse().ok()?;
        Some((operation, permission))
    })
}

/// Those that need something else: `any`, `identity`, `person`, `public` or `open`.
pub(crate) fn that_need(needs: &str) -> Vec<Operation> {
    let found: Vec<_> = operations().into_iter().filter(|operation| operation.needs == needs).collect();
    assert!(!found.is_empty(), "{needs}");
    found
}

impl Operation {
    /// Whether it only reads.
    pub(crate) fn reads(&self) -> bool {
        self.method == "GET"
    }

    /// The line of a request for things that are there, with the parameters that it needs.
    pub(crate) fn line(&self, things: &Things) -> String {
        let mut path = self.path.clone();
        let mut query = Vec::new();
        for parameter in self.parameters() {
            let name = parameter["name"].as_str().unwrap();
            let value = || {
                let known = things.get(name).cloned().or_else(|| example(parameter));
                known.unwrap_or_else(|| panic!("{} needs {name}", self.path))
            };
            let is_whose =
                matches!(name, "outlet_id" | "merchant_id" | "machine_id") && things.contains_key(name);
            match parameter["in"].as_str().unwrap() {
                "path" => path = path.replace(&format!("{{{name}}}"), &value()),
                "query" if is_whose || parameter["required"] == true => {
                    query.push(format!("{name}={}", escaped(&value())));
                }
                // What the example of a body counts on.
                "query" if name == "complete" => query.push("complete=true".to_owned()),
                _ => {}
            }
        }
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        format!("{} {path}{query}", self.method)
    }

    /// The same line with each parameter more that may be left out and has an example.
    pub(crate) fn longer_lines(&self, things: &Things) -> Vec<String> {
        let line = self.line(things);
        let joint = if line.contains('?') { '&' } else { '?' };
        let more = self.parameters().filter(|parameter| parameter["in"] == "query").filter_map(|parameter| {
            let name = parameter["name"].as_str()?;
            let value = example(parameter)?;
            (!line.contains(&format!("{name}="))).then(|| format!("{line}{joint}{name}={}", escaped(&value)))
        });
        more.collect()
    }

    fn parameters(&self) -> impl Iterator<Item = &Value> {
        self.about["parameters"].as_array().into_iter().flatten()
    }

    /// Its bodies' examples, by their media types: what is sent, letter by letter.
    pub(crate) fn bodies(&self) -> Vec<(String, String)> {
        let content = self.about["requestBody"]["content"].as_object();
        let example = |(kind, content): (&String, &Value)| {
            let example =
                content.get("example").cloned().or_else(|| self.schema(content)?.get("example").cloned());
            let missing = || panic!("{} {} has a body of {kind} without an example", self.method, self.path);
            let text = match example.unwrap_or_else(missing) {
                Value::String(text) => text,
                example => example.to_string(),
            };
            (kind.clone(), text)
        };
        content.into_iter().flatten().map(example).collect()
    }

    /// The example of its body of JSON, said of an outlet, a merchant and a day.
    pub(crate) fn body_of(&self, things: &Things) -> Option<String> {
        let (_, example) = self.bodies().into_iter().find(|(kind, _)| kind == "application/json")?;
        let mut body: Value = serde_json::from_str(&example).unwrap();
        for name in ["outlet_id", "merchant_id", "merchant_nif", "cashier_id", "date", "fiscal_number"] {
            if let (Some(place), Some(thing)) = (self.place(&mut body, name), things.get(name)) {
                place[name] = json!(thing);
            }
        }
        if self.path == "/api/v1/authority/machines" {
            // The example's is the authority's own service, which tests do not call.
            body["url"] = json!(NOBODY);
        }
        if let ("/api/v1/authority/alerts/close", Some(hand_out)) =
            (self.path.as_str(), things.get("hand_out"))
        {
            body["about"] = json!(format!("hand-out-{hand_out}"));
        }
        Some(body.to_string())
    }

    /// The object within a body that says whose something is.
    fn place<'a>(&self, body: &'a mut Value, name: &str) -> Option<&'a mut Value> {
        match (self.path.as_str(), name) {
            ("/api/v1/invoices", "outlet_id" | "merchant_nif") => Some(body),
            // Otherwise it were the sale that is sealed by itself.
            ("/api/v1/invoices/batch", "outlet_id" | "merchant_nif" | "cashier_id") => {
                body.pointer_mut("/invoices/0/invoice")
            }
            // That is the one that is made.
            ("/api/v1/outlets", "outlet_id") | ("/api/v1/devices", "serial") => None,
            _ => self.schema(&self.about["requestBody"]["content"]["application/json"])?["properties"]
                .get(name)
                .map(|_| body),
        }
    }

    /// Which of these names are in its path, its query or its body.
    pub(crate) fn names<'a>(&self, all: &[&'a str]) -> Vec<&'a str> {
        let mut body = self.body_of(&Things::new()).map(|body| serde_json::from_str(&body).unwrap());
        let mut is_named = |name: &str| {
            self.parameters().any(|parameter| parameter["name"] == name)
                || body.as_mut().is_some_and(|body| self.place(body, name).is_some())
        };
        all.iter().copied().filter(|name| is_named(name)).collect()
    }

    fn schema(&self, content: &Value) -> Option<&'static Value> {
        let pointer = content["schema"]["$ref"].as_str()?.strip_prefix('#')?;
        document().pointer(pointer)
    }

    /// Asks it about things, with their body.
    pub(crate) fn ask(&self, client: &mut Client, things: &Things, token: Option<&str>) -> Answer {
        self.ask_with(client, &self.line(things), token, self.body_of(things).as_deref())
    }

    /// Asks it with a body of one's own.
    pub(crate) fn ask_with(
        &self,
        client: &mut Client,
        line: &str,
        token: Option<&str>,
        body: Option<&str>,
    ) -> Answer {
        let bodies = self.bodies();
        let file = bodies.first().filter(|(kind, _)| kind != "application/json" && bodies.len() == 1);
        let kind = file.map_or("application/json", |(kind, _)| kind);
        let body = body.or_else(|| file.map(|(_, text)| text.as_str()));
        let mut headers: Vec<(&str, &str)> = vec![("Content-Type", kind)];
        headers.extend(token.map(|token| ("Authorization", token)));
        client.ask(line, &headers, body)
    }

    /// What came of it: a batch says so of its members.
    pub(crate) fn outcome(&self, answer: &Answer) -> u64 {
        match self.path.as_str() {
            "/api/v1/invoices/batch" if answer.status == 200 => {
                answer.json()["results"][0]["status"].as_u64().unwrap()
            }
            // No device is activated in this world, none holds a line, and nothing is to be reissued: that is told to who may.
            "/api/v1/devices/{serial}/registration-request"
            | "/api/v1/devices/{serial}/rotation"
            | "/api/v1/invoices/{fiscal_number}/reissue"
            | "/api/v1/vouchers"
            // Nothing is in doubt, and what waits was not tried yet.
            | "/api/v1/invoices/{fiscal_number}/submission/retry"
            | "/api/v1/invoices/{fiscal_number}/submission/settle"
            | "/api/v1/invoices/{fiscal_number}/submission/withdraw"
            // The alert was not read by who closes it.
            | "/api/v1/authority/alerts/close"
            // What was handed out a moment ago may have been typed.
            | "/api/v1/submissions/hand-out/{hand_out}/return"
                if answer.status == 409 =>
            {
                200
            }
            _ => answer.status.into(),
        }
    }
}

fn example(parameter: &Value) -> Option<String> {
    match parameter.get("example").or_else(|| parameter["schema"].get("example"))? {
        Value::String(text) => Some(text.clone()),
        value => Some(value.to_string()),
    }
}

fn escaped(text: &str) -> String {
    text.replace('|', "%7C").replace(' ', "%20").replace('+', "%2B")
}
