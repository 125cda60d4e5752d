//! Sections 7.9 and 7.12: signed orders.

use std::{thread::sleep, time::Duration};

use anyhow::{Context, Result, ensure};
use def_protocol::token::{Acknowledgement, Newest, Policy, TaxManifest};
use def_trials::authority::{OPENING, at};
use fiscal::{Amount, CivilDate, DEFAULT_MANIFEST, Epoch, InvoiceNumber, ManifestGroup, RecordHash};
use serde_json::json;

use super::tokens::order;
use crate::{
    bench::Bench,
    case::Case,
    device::{
        Device, Outlet,
        orders::{newest_of, token},
        sales::commit_of,
        same,
    },
    document,
    payload::Draft,
};

pub(super) const CASES: &[Case] = &[
    Case::new(
        "7.12 ACK",
        "an acknowledgement names an invoice that the device sealed, and none before the last",
        acknowledges,
    ),
    Case::new(
        "7.12 ACK",
        "bounds on invoices, francs and days are SYNC_REQUIRED until the ledger acknowledges",
        bounds,
    ),
    Case::new("7.12 ACK", "an acknowledgement may revoke the device", ack_revokes),
    Case::new(
        "7.12 MANIFEST",
        "a manifest decides about tax groups, and a later version replaces it",
        manifest,
    ),
    Case::new("7.12 MANIFEST", "a token of 8,192 characters is obeyed", longest_token),
    Case::new(
        "7.12 HANDOVER",
        "a device that left seals nothing until it enters again at a later number",
        hand_over,
    ),
    Case::new(
        "7.9 RESET",
        "a reset needs a closure, an acknowledgement and the newest invoice, and begins again at 1",
        reset,
    ),
];

fn acknowledgement(newest: Newest) -> Acknowledgement {
    Acknowledgement { newest, time: at(OPENING), revoke: false }
}

fn acknowledges(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let first = newest_of(&device.sell_one()?.1)?;
    let second = newest_of(&device.sell_one()?.1)?;
    let ask = |device: &Device, newest: Newest| {
        token("CFG|ACK", &device.authority.acknowledgement(newest, at(OPENING)))
    };
    let unknown = Newest { number: InvoiceNumber::new(3).context("a number")?, ..second };
    let request = ask(&device, unknown);
    device.unchanged(|device| device.refused(&request, "NOT_FOUND"))?;
    let request = ask(&device, Newest { epoch: Epoch(1), ..second });
    device.unchanged(|device| device.refused(&request, "NOT_FOUND"))?;
    let request = ask(&device, Newest { hash: RecordHash([1; 32]), ..second });
    device.unchanged(|device| device.refused(&request, "UNAUTHORIZED"))?;
    let request = ask(&device, second);
    device.obeys(&request)?;
    let status = device.status()?;
    same("acknowledged", &status["acknowledged"], &json!({"epoch": 0, "invoice_seq": 2}))?;
    same("last_sync_timestamp", status["last_sync_timestamp"].as_str(), Some(OPENING))?;
    let request = ask(&device, first);
    device.unchanged(|device| device.refused(&request, "UNAUTHORIZED"))?;
    same("acknowledged still", &device.status()?["acknowledged"]["invoice_seq"], &json!(2))?;
    Ok(())
}

fn bounds(bench: &Bench) -> Result<()> {
    let centimes = Amount::from_centimes(1_000_000).context("an amount")?;
    for policy in [
        Policy { invoices: 3, ..Policy::default() },
        Policy { cdf: centimes, ..Policy::default() },
        Policy { days: 1, ..Policy::default() },
    ] {
        let mut device = bench.bound(&Outlet::SHOP, policy, 4096, OPENING)?;
        // 4,000 francs and their tax: the third passes 10,000.
        let sale = |number: usize| {
            Draft::new("T1", at(OPENING))
                .cashier(&format!("C-{number:02}"))
                .item("A", 1, 400_000, "standard_vat")
                .write()
        };
        for number in 0..3 {
            device.sell(&sale(number))?;
        }
        if policy.days > 0 {
            device.set_clock("2026-03-15T07:14:30")?;
            device.sell(&sale(3))?;
            device.set_clock("2026-03-15T07:16:00")?;
        }
        device.refuses(&sale(4), "SYNC_REQUIRED")?;
        device.restart()?;
        device.refuses(&sale(4), "SYNC_REQUIRED")?;
        let acknowledgement = device.acknowledgement()?;
        device.ok(&acknowledgement)?;
        device.sell(&sale(4)).context("after the acknowledgement")?;
    }
    Ok(())
}

fn ack_revokes(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let newest = newest_of(&device.sell_one()?.1)?;
    let body = Acknowledgement { revoke: true, ..acknowledgement(newest) };
    let request = token("CFG|ACK", &device.authority.token(&device.authority.operator, &body));
    device.obeys(&request)?;
    same("lifecycle", device.status()?["lifecycle"].as_str(), Some("revoked"))?;
    let payload = device.payload("T1");
    device.refuses(&payload, "DEVICE_REVOKED")?;
    Ok(())
}

fn manifest(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let invented = |till: &str| Draft::new(till, at(OPENING)).item("A", 1, 10_000, "invented").write();
    device.sell(&invented("T1")).context("without a manifest, sums only")?;
    let second = token("CFG|MANIFEST", &device.authority.manifest(2));
    device.obeys(&second)?;
    device.refuses(&invented("T2"), "SCHEMA_INVALID")?;
    device.sell_one().context("a group of the manifest")?;
    for version in [1, 2] {
        // The same version in a token of its own is no repetition.
        let body = TaxManifest::new(version, DEFAULT_MANIFEST.groups);
        let other = device.authority.token_valid(
            &device.authority.operator,
            &body,
            at(OPENING),
            at("2030-01-01T00:00:00"),
        );
        device.unchanged(|device| device.refused(&token("CFG|MANIFEST", &other), "UNAUTHORIZED"))?;
    }
    device.restart()?;
    device.refuses(&invented("T2"), "SCHEMA_INVALID")?;
    let third = token("CFG|MANIFEST", &device.authority.manifest(3));
    device.obeys(&third)?;
    Ok(())
}

fn longest_token(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let most = document::limit("token");
    // Version, realm, kind, the device's id and two times; version and count; the signature.
    let entries = most / 4 * 3 - (3 + 11 + 16) - 5 - 64;
    let codes: Vec<String> = (0..48).map(|number| format!("g{number:04}")).collect();
    let mut left = entries - codes.len() * (15 + 5);
    let mut names = Vec::new();
    for place in 0..2 * codes.len() {
        let length = left.div_ceil(2 * codes.len() - place).min(TaxManifest::MAX_NAME);
        names.push("n".repeat(length));
        left -= length;
    }
    let first = DEFAULT_MANIFEST.groups[0];
    let groups: Vec<ManifestGroup<'_>> = codes
        .iter()
        .zip(names.chunks(2))
        .map(|(code, names)| {
            let code = code.parse().map_err(|_| anyhow::anyhow!("a code"))?;
            let rate = "0.16".parse().map_err(|_| anyhow::anyhow!("a rate"))?;
            Ok(ManifestGroup {
                code,
                french: &names[0],
                english: &names[1],
                rate,
                valid_from: CivilDate::constant(2020, 1, 1),
                ..first
            })
        })
        .collect::<Result<_>>()?;
    let text = device.authority.token(&device.authority.operator, &TaxManifest::new(1, &groups));
    same("characters", text.len(), most)?;
    device.obeys(&token("CFG|MANIFEST", &text))?;
    device.refused(&token("CFG|MANIFEST", &format!("{text}A")), "SCHEMA_INVALID")?;
    Ok(())
}

fn hand_over(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let head = device.sell_one()?.1;
    let open = device.payload("T1");
    let nonce = device.prepare(&open)?;
    let wrong = device.leave(1)?;
    device.refused(&wrong, "UNAUTHORIZED")?;
    let leave = device.leave(0)?;
    device.obeys(&leave)?;
    same("handed_over", &device.status()?["handed_over"], &json!(true))?;
    device.refuses(&open, "HANDED_OVER")?;
    let reply = device.ask(&commit_of(&nonce))?;
    ensure!(matches!(reply.code(), Some("HANDED_OVER" | "NONCE_EXPIRED")), "COMMIT: {}", reply.json);
    device.restart()?;
    device.refuses(&open, "HANDED_OVER")?;
    // An order holds when it was issued after the one before, and seconds are its measure.
    sleep(Duration::from_millis(2_100));
    let previous = newest_of(&head)?.hash;
    for (number, epoch) in [(1, 0), (7, 1)] {
        let wrong = device.enter(epoch, number, previous)?;
        device.unchanged(|device| device.refused(&wrong, "UNAUTHORIZED"))?;
    }
    let right = device.enter(0, 7, previous)?;
    device.obeys(&right)?;
    same("handed_over", &device.status()?["handed_over"], &json!(false))?;
    device.refused(&leave, "UNAUTHORIZED")?;
    same("the next number", device.sell(&open)?["invoice_seq"].as_u64(), Some(7))?;
    device.refused("QRY|LOG 3", "NOT_FOUND")?;
    Ok(())
}

fn reset(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    device.sell_one()?;
    let (payload, seal) = device.sell_one()?;
    let newest = newest_of(&seal)?;
    let request =
        |device: &Device, epoch: u32, newest| order("ADM|RESET", &device.authority.reset(epoch, newest));
    let right = request(&device, 1, Some(newest));
    device.unchanged(|device| device.refused(&right, "CLOSURE_REQUIRED"))?;
    device.ok(r#"RPT|Z {"date":"2026-03-14"}"#)?;
    device.unchanged(|device| device.refused(&right, "SYNC_REQUIRED"))?;
    let acknowledgement = device.acknowledgement()?;
    device.ok(&acknowledgement)?;
    let other = Newest { number: InvoiceNumber::FIRST, ..newest };
    for (epoch, newest) in [
        (0, Some(newest)),
        (1, None),
        (1, Some(other)),
        (1, Some(Newest { hash: RecordHash([1; 32]), ..newest })),
    ] {
        let wrong = request(&device, epoch, newest);
        device.unchanged(|device| device.refused(&wrong, "UNAUTHORIZED"))?;
    }
    let open = device.payload("T1");
    let nonce = device.prepare(&open)?;
    let answer = device.obeys(&right)?;
    same("the message", answer["message"].as_str(), Some("Counters reset to zero"))?;
    let reply = device.ask(&commit_of(&nonce))?;
    ensure!(
        matches!(reply.code(), Some("NONCE_EXPIRED" | "INVALID_NONCE")),
        "an open payload outlasts the epoch: {}",
        reply.json
    );
    let replay = device.refuses(&payload, "REPLAY_DETECTED")?;
    same("the epoch of a replay", replay["epoch"].as_u64(), Some(0))?;
    let first = device.sell(&open)?;
    same("epoch and number", [&first["epoch"], &first["invoice_seq"]], [&json!(1), &json!(1)])?;
    device.restart()?;
    let status = device.status()?;
    same("epoch and next number", [&status["epoch"], &status["next_invoice_seq"]], [&json!(1), &json!(2)])?;
    device.refuses(&open, "REPLAY_DETECTED")?;
    Ok(())
}
