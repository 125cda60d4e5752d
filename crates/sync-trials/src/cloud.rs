//! What is asked of the cloud and of the simulator by HTTP.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, bail};
use cloud_trials::{Connection, OUTLETS, Shop};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{authority::Machine, picture::Standing};

const PATIENCE: Duration = Duration::from_secs(60);

/// Asks once; an answer that is not good is an error.
pub(crate) fn ask(
    (address, key): (SocketAddr, &str),
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> anyhow::Result<Value> {
    let mut connection = Connection::open(address, key, PATIENCE)?;
    match body {
        Some(body) => connection.send(method, path, body)?,
        None => connection.ask(path)?,
    }
    let answer = connection.answer().with_context(|| format!("{method} {path}"))?;
    let text = String::from_utf8_lossy(&answer.body);
    if answer.status >= 300 {
        bail!("{method} {path}: {} {text}", answer.status);
    }
    serde_json::from_str(&text).with_context(|| format!("{method} {path}: {text}"))
}

/// Enters the machine of each outlet.
pub(crate) fn enter(shop: &Shop, url: &str, machines: &[Machine]) -> anyhow::Result<()> {
    let address = *shop.addresses().first().context("no process runs")?;
    for (machine, (outlet, _)) in machines.iter().zip(OUTLETS) {
        let body = json!({
            "url": url, "nim": machine.nim.as_str(), "isf": "STELALA-1", "token": machine.token,
            "outlet_ids": [outlet],
        });
        ask((address, &shop.api_key), "POST", "/api/v1/authority/machines", Some(&body))?;
    }
    Ok(())
}

/// A page of invoices.
#[derive(Deserialize)]
struct Listed {
    submissions: Vec<Standing>,
    #[serde(default)]
    next: Option<String>,
}

/// How each invoice stands.
pub(crate) fn standings(shop: &Shop) -> anyhow::Result<Vec<Standing>> {
    let address = *shop.addresses().first().context("no process runs")?;
    let (mut standings, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/submissions?limit=100{cursor}");
        let page: Listed = serde_json::from_value(ask((address, &shop.api_key), "GET", &path, None)?)?;
        standings.extend(page.submissions);
        let Some(next) = page.next else { return Ok(standings) };
        cursor = format!("&cursor={next}");
    }
}
