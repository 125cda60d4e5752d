//! What stands in the terminal.

use std::net::SocketAddr;

use super::{
    day::{MERCHANT, NIF, OUTLET, PREFIX},
    place::Place,
    till::Sold,
};

pub(super) fn opening(place: &Place, address: SocketAddr) -> anyhow::Result<String> {
    let (folder, signer) = (place.folder().display(), place.config().signer.id());
    Ok(format!(
        "A cloud on this machine, in {folder}: SQLite, and keys in an encrypted file.\n\n  \
         address   http://{address}\n  \
         API key   {}\n            it is in {} too; a real one is shown once and kept nowhere\n  \
         merchant  {MERCHANT}, NIF {NIF}\n  \
         outlet    {OUTLET}, invoices {PREFIX}-0-00000001 and on\n  \
         signer    {signer}\n\n\
         ━━ The shop sells its day by POST /api/v1/invoices; each seal is durable before it is answered\n\n\
         {:<21} {:<2} {:<19} {:>14}     {:<16}",
        place.api_key().reveal(),
        place.file("api-key"),
        "fiscal number",
        "",
        "time (UTC)",
        "total",
        "auth code",
    ))
}

pub(super) fn row(sold: &Sold) -> String {
    let seal = &sold.seal;
    let (kind, total, currency) = seal.record.header.invoice().map_or_else(Default::default, |facts| {
        (facts.invoice_type.dgi_code(), facts.total.to_string(), facts.currency.to_string())
    });
    let note = if sold.repeated { "  sealed before" } else { "" };
    format!(
        "{:<21} {kind:<2} {} {total:>14} {currency} {}{note}",
        seal.fiscal_number.to_string(),
        seal.timestamp,
        seal.auth_code,
    )
}

pub(super) fn sold(sealed: u32, repeated: u32) -> String {
    match (sealed, repeated) {
        (sealed, 0) => format!("\n{sealed} invoices sealed."),
        (0, repeated) => {
            format!("\n{repeated} invoices were sealed before: the same keys got the same answers.")
        }
        (sealed, repeated) => {
            format!("\n{sealed} invoices sealed; {repeated} were before, and got the same answers.")
        }
    }
}

pub(super) fn what_next(place: &Place, address: SocketAddr) -> String {
    let key = format!("-H \"Authorization: Bearer $(cat {})\"", place.file("api-key"));
    let base = format!("http://{address}");
    let first = place.file("till/001-bread-and-eggs.json");
    let lines = [
        (
            "Ask for an invoice, by its number and by its key:",
            format!("curl -s {key} {base}/api/v1/invoices/{PREFIX}-0-00000001"),
        ),
        (
            "",
            format!(
                "curl -s {key} '{base}/api/v1/invoices?outlet_id={OUTLET}&idempotency_key=day-001-bread-and-eggs'"
            ),
        ),
        (
            "Offer the first sale again: one seal, the same answer (take the Idempotency-Key away, and again):",
            format!(
                "curl -s {key} -H 'Content-Type: application/vnd.stelala.canonical+json' -H 'Idempotency-Key: \
                 day-001-bread-and-eggs' --data-binary @{first} {base}/api/v1/invoices"
            ),
        ),
        ("Sell something new: the same bread at another time:", new_sale(&key, &base, &first)),
        (
            "Its health, its figures, its keys:",
            format!("curl -s {base}/readyz {base}/metrics {base}/.well-known/fiscal-keys.json"),
        ),
        (
            "What a doctor says of it; another key for the next seals:",
            format!("stelala doctor --config {}", place.file("cloud.toml")),
        ),
        ("", format!("stelala cloud rotate-key --config {}", place.file("cloud.toml"))),
    ];
    let mut text = "\n━━ Try now, in another terminal\n".to_owned();
    for (title, line) in lines {
        if !title.is_empty() {
            text.push_str(&format!("\n{title}\n"));
        }
        text.push_str(&format!("  {line}\n"));
    }
    text.push_str("\nServing until Ctrl-C.");
    text
}

fn new_sale(key: &str, base: &str, first: &str) -> String {
    format!(
        "sed \"s/\\\"timestamp\\\":\\\"[^\\\"]*\\\"/\\\"timestamp\\\":\\\"$(date -u +%FT%T)\\\"/\" {first} | curl -s {key} \
         -H 'Content-Type: application/json' --data-binary @- {base}/api/v1/invoices"
    )
}
