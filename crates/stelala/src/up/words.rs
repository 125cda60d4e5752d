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
         API key   {}\n            of a manager of the outlet; it is in {} too, where a real one is kept nowhere\n  \
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
        ("Read what can be asked, and try it: Authorize takes the key above.", format!("{base}/docs")),
        ("Sell something: what is missing is computed, and the sale is sealed.", sale(&key, &base)),
        (
            "See a receipt as a customer gets it (or .png, .svg, .txt, .escpos):",
            format!("curl -s {key} -o receipt.pdf {base}/api/v1/receipts/{PREFIX}-0-00000001.pdf"),
        ),
        (
            "Ask for an invoice, by its number and by its key:",
            format!("curl -s {key} {base}/api/v1/invoices/{PREFIX}-0-00000001"),
        ),
        ("", format!("curl -s {key} '{base}/api/v1/invoices?idempotency_key=day-001-bread-and-eggs'")),
        (
            "Offer the first sale again: one seal, the same answer (take the Idempotency-Key away, and again):",
            format!(
                "curl -s {key} -H 'Content-Type: application/vnd.stelala.canonical+json' -H 'Idempotency-Key: \
                 day-001-bread-and-eggs' --data-binary @{first} {base}/api/v1/invoices"
            ),
        ),
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

/// The shell stamps it when it is pasted: each time it is another sale.
fn sale(key: &str, base: &str) -> String {
    format!(
        "curl -s '{base}/api/v1/invoices?complete=true' \\\n    {key} \\\n    -H 'Content-Type: application/json' \\\n    \
         -H \"Idempotency-Key: $(cat /proc/sys/kernel/random/uuid)\" -d '{{\n    \
         \"invoice_type\": \"sale\", \"timestamp\": \"'$(date -u +%FT%TZ)'\",\n    \
         \"pos_terminal_id\": \"TILL-1\", \"cashier_id\": \"GRACE\",\n    \
         \"items\": [{{ \"code\": \"BREAD\", \"description\": \"Pain\", \"quantity\": 2, \"unit_price\": 1500, \
         \"tax_group\": \"standard_vat\" }}],\n    \
         \"currency\": \"CDF\", \"payments\": [{{ \"method\": \"cash\" }}]\n  }}'"
    )
}
