//! A sale that two signers sealed: the second seal is taken back by a note of its own (L4).

use std::sync::Arc;

use draft::{Complete, Defaults, Draft};
use fiscal::{FiscalNumber, InvoiceType, Timestamp};
use ledger::{By, IdempotencyKey, Offer, Row};
use registry::Place;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{offered::is_of, sealing::seal};
use crate::{
    app::App,
    problem::{Kind, Problem, words},
    routes::vouchers::with_voucher,
};

/// Takes all of an invoice back (RAN). The same again finds the note that there is.
pub(crate) async fn void(app: &Arc<App>, place: &Place, row: &Row, by: By) -> Result<FiscalNumber, Problem> {
    let number = row.number.ok_or_else(unreadable)?;
    let number = FiscalNumber { prefix: place.outlet.prefix, epoch: row.place.chain.epoch, number };
    // What a device delivered may name another outlet; that one has sold nothing.
    let note =
        draft_of(row, place).filter(|_| row.body.as_deref().is_some_and(|body| is_of(body, &place.outlet)));
    let note = note.ok_or_else(unreadable)?;
    let draft = Draft::read(note.as_bytes())?;
    let book = app.ledger.manifest();
    let manifest = book.as_manifest();
    // What is taken back has the rates by which it was sold.
    let complete = Complete { manifest: &manifest, day: row.stamped.date_at(place.outlet.zone) };
    let canonical = draft.canonical(&Defaults::default(), Some(complete))?;
    let payload = with_voucher(app, place, canonical, by.clone()).await?;
    let key: IdempotencyKey = format!("ran:{number}").parse().map_err(|_| unreadable())?;
    let offer = Offer::read_with(payload.into_bytes(), Some(key), &book)
        .map_err(|fault| Problem::of_payload(&fault))?;
    Ok(seal(app, offer.by(by), Instant::now()).await?.seal.fiscal_number)
}

/// A friendly note that takes all of an invoice back.
fn draft_of(row: &Row, place: &Place) -> Option<String> {
    let record = row.read().ok()?;
    let facts = *record.header.invoice()?;
    let mut note: Value = serde_json::from_str(row.body.as_deref()?).ok()?;
    let members = note.as_object_mut()?;
    let kind =
        if facts.invoice_type.is_export() { InvoiceType::ExportCredit } else { InvoiceType::CreditNote };
    members.insert("invoice_type".into(), json!(kind.name()));
    // Behind the seal that it takes back, and the same however often it is made.
    let stamped = Timestamp::from_unix(row.time.unix() + 1)?;
    members.insert("timestamp".into(), json!(stamped.to_string()));
    members.remove("tax_groups");
    members.insert("totals".into(), json!({ "currency": facts.currency.to_string() }));
    for item in members.get_mut("items")?.as_array_mut()? {
        negate(item, "quantity")?;
    }
    for payment in members.get_mut("payments")?.as_array_mut()? {
        negate(payment, "amount")?;
    }
    let reference = json!({
        "nature": "RAN", "outlet_id": place.outlet.id.to_string(), "epoch": row.place.chain.epoch.0,
        "invoice_seq": facts.number.value(), "auth_code": record.signature.auth_code().to_string(),
    });
    members.insert("reference".into(), reference);
    if let Some(annex) = members.get_mut("annex").and_then(Value::as_object_mut) {
        annex.retain(|name, _| matches!(name.as_str(), "price_mode" | "exchange"));
        if let Some(exchange) = annex.get_mut("exchange").and_then(Value::as_object_mut) {
            exchange.retain(|name, _| !matches!(name.as_str(), "total" | "total_vat"));
        }
    }
    Some(note.to_string())
}

fn negate(of: &mut Value, name: &str) -> Option<()> {
    let positive = of.get(name)?.as_str()?;
    let negative = json!(format!("-{positive}"));
    of.as_object_mut()?.insert(name.to_owned(), negative);
    Some(())
}

fn unreadable() -> Problem {
    Problem::new(
        Kind::Conflict,
        words(
            "ce double ne peut être annulé par une note : annulez-le à la main",
            "this duplicate cannot be taken back by a note: take it back by hand",
        ),
    )
}
