//! What is shown once is written nowhere: not in the log at its most talkative, not in a list, not in the log of acts.

use std::{
    io::{self, Write},
    sync::{Mutex, OnceLock},
};

use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::{
    bench::{bearer, key},
    world::{World, post},
};

/// All that this process has logged since it was started.
struct Log;

fn written() -> &'static Mutex<Vec<u8>> {
    static WRITTEN: OnceLock<Mutex<Vec<u8>>> = OnceLock::new();
    WRITTEN.get_or_init(Mutex::default)
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        written().lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}

#[test]
fn secrets_reach_neither_the_log_nor_a_second_answer() {
    let lines = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(|| Log).finish();
    tracing::subscriber::set_global_default(lines).unwrap();
    let world = World::make();
    let mut client = world.bench.client();
    let mut secrets = vec![key(11).reveal().to_owned(), key(9).reveal().to_owned()];
    let mut shown = |answer: crate::bench::Answer, member: &str| {
        assert_eq!(answer.status / 100, 2, "{answer:?}");
        let secret =
            answer.json()[member].as_str().unwrap_or_else(|| panic!("{member}: {answer:?}")).to_owned();
        assert!(secret.len() >= 20);
        secrets.push(secret.clone());
        secret
    };
    shown(post(&mut client, 11, "/api/v1/api-keys", &json!({ "name": "till", "role": "cashier" })), "secret");
    let hook = json!({ "url": "https://hooks.example.cd/take?token=0123456789abcdefsecret", "events": ["invoice.sealed"] });
    shown(post(&mut client, 11, "/api/v1/webhooks", &hook), "secret");
    let rotated = format!("/api/v1/webhooks/{}/secret", world.things["webhook_id"]);
    shown(post(&mut client, 11, &rotated, &json!({})), "secret");
    let new = json!({ "email": "aline@example.cd", "name": "Aline", "role": "manager" });
    let invitation = shown(post(&mut client, 11, "/api/v1/users", &new), "invitation");
    let password = "quatre mots tenus secrets";
    let accepted = json!({ "invitation": invitation, "password": password });
    assert_eq!(post(&mut client, 11, "/api/v1/invitations/accept", &accepted).status, 200);
    let merchant = &world.things["merchant_id"];
    let sign_in = |password: &str| json!({ "merchant_id": merchant, "email": "aline@example.cd", "password": password });
    let session = shown(post(&mut client, 11, "/api/v1/sessions", &sign_in(password)), "token");
    assert_eq!(post(&mut client, 11, "/api/v1/sessions", &sign_in("quatre mots devines")).status, 401);
    let person = format!("Bearer {session}");
    let headers = [("Authorization", &*person), ("Content-Type", "application/json")];
    shown(client.ask("POST /api/v1/account/totp", &headers, Some("{}")), "secret");
    let replaced = json!({ "old": password, "new": "cinq autres mots tenus secrets" });
    assert_eq!(
        client.ask("POST /api/v1/account/password", &headers, Some(&replaced.to_string())).status,
        204
    );
    secrets.extend(
        [password, "quatre mots devines", "cinq autres mots tenus secrets", "0123456789abcdefsecret"]
            .map(str::to_owned),
    );
    secrets.push(a_token_is_shown_to_nobody(&mut client));
    // A path and a query may hold what somebody pasted there, and a sale what its client is called.
    let misplaced = format!("GET /api/v1/invoices/{0}?key={0}", key(11).reveal());
    client.ask(&misplaced, &[("Authorization", &bearer(11))], None);
    let sale =
        crate::bench::payload(77).replace("\"registration\":\"\"", "\"registration\":\"SECRETCLIENT\"");
    assert_eq!(client.sell(1, Some("secret-sale"), &sale).status, 201);
    secrets.push("SECRETCLIENT".to_owned());

    let acts = client.get("/api/v1/audit/acts?limit=200", 11);
    assert_eq!(acts.status, 200);
    let lists =
        ["/api/v1/api-keys", "/api/v1/users", "/api/v1/sessions/current", "/api/v1/authority/machines"]
            .map(|path| client.get(path, 11).body);
    let log = String::from_utf8_lossy(&written().lock().unwrap()).into_owned();
    assert!(log.contains("/api/v1/api-keys") && log.contains("status=401"), "the log says what was asked");
    for secret in &secrets {
        assert!(!log.contains(secret.as_str()), "the log has {secret}");
        assert!(!acts.body.contains(secret.as_str()), "the log of acts has {secret}");
        assert!(lists.iter().all(|list| !list.contains(secret.as_str())), "a list has {secret}");
    }
}

/// Enters a machine of the authority, and says another token badly.
fn a_token_is_shown_to_nobody(client: &mut crate::bench::Client) -> String {
    let token = "jetonsecret0123456789abcdef";
    let machine = json!({ "url": "http://127.0.0.1:9/secret", "nim": "CD01777777-1", "isf": "STELALA-1", "token": token, "outlet_ids": [] });
    let made = post(client, 11, "/api/v1/authority/machines", &machine);
    assert_eq!(made.status, 201, "{made:?}");
    let path = format!("/api/v1/authority/machines/{}", made.json()["machine_id"].as_str().unwrap());
    let shown_machine = client.get(&path, 11).body;
    assert!(!made.body.contains(token) && !shown_machine.contains(token), "{made:?}");
    let spaced = json!({ "token": format!("{token} {token}") });
    let refused = client.ask(
        &format!("PATCH {path}"),
        &[("Authorization", &bearer(11)), ("Content-Type", "application/json")],
        Some(&spaced.to_string()),
    );
    assert!(refused.status == 422 && !refused.body.contains(token), "{refused:?}");
    token.to_owned()
}
