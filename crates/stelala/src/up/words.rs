//! What stands in the terminal.

use std::net::SocketAddr;

use super::{
    day::{MERCHANT, NIF, OUTLET, PREFIX},
    def::{SecondShop, Standing},
    edef::{Arrived, SimulatedAuthority},
    place::{DEVICE, MERCHANT_KEY, OPERATOR_KEY, Place, SECOND, SECOND_PREFIX},
    till::Sold,
};

/// How whoever ran `up` from the sources runs another command.
const RUN: &str = "cargo run --release --";

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

pub(super) fn sold([sealed, repeated]: [u32; 2]) -> String {
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

pub(super) fn no_device(place: &Place) -> String {
    format!(
        "\n{} is of an older version: a new folder, named by --dir, has a second shop with a fiscal memory too.",
        place.folder().display()
    )
}

pub(super) fn second_shop() -> String {
    format!(
        "\n━━ A second shop, {SECOND} in Lubumbashi: a fiscal memory seals for it, simulated here, with the proxy beside it\n"
    )
}

pub(super) fn standing(second: &SecondShop, standing: &Standing) -> String {
    let code = standing.code.as_ref().map_or_else(String::new, |code| {
        format!(
            "  activated by the code {code}, which is good once; the number line of the outlet went to it\n"
        )
    });
    let until = standing.certificate_until.as_deref().unwrap_or("?");
    let device = second.device();
    format!(
        "  device    {DEVICE}, process {device}; its certificate is good until {until}\n  proxy     http://{}\n{code}  mode      {}\n\n\
         Three sales by the cloud's API, through the tunnel; three at the proxy, as tills do when the cloud is away.\n",
        second.proxy(),
        standing.mode,
    )
}

pub(super) fn to_the_authority(authority: &SimulatedAuthority) -> String {
    format!(
        "\n━━ Each invoice goes to the tax authority by itself: here to a simulator of its e-MCF service\n\n  \
         authority {}",
        authority.url()
    )
}

pub(super) fn arrived(place: &Place, Arrived { synced, others }: &Arrived) -> String {
    let there = format!("\n{synced} invoices are at the simulated authority, and its codes in the ledger.");
    match others {
        0 => there,
        others => format!(
            "{there} {others} are not: {RUN} edef list --lang en --config {}",
            place.file("cloud.toml")
        ),
    }
}

pub(super) fn no_authority(place: &Place) -> String {
    format!(
        "\n{} is of an older version: a new folder, named by --dir, has a simulated tax authority too.",
        place.folder().display()
    )
}

pub(super) fn what_next(
    place: &Place,
    address: SocketAddr,
    second: Option<&SecondShop>,
    authority: Option<&SimulatedAuthority>,
) -> String {
    let key = format!("-H \"Authorization: Bearer $(cat {})\"", place.file("api-key"));
    let base = format!("http://{address}");
    let first = place.file("till/001-bread-and-eggs.json");
    let lines = [
        ("Read what can be asked, and try it: Authorize takes the key above.", format!("{base}/docs")),
        ("Sell something: what is missing is computed, and the sale is sealed.", sale(&key, &base, OUTLET)),
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
            format!("{RUN} doctor --config {}", place.file("cloud.toml")),
        ),
        ("", format!("{RUN} cloud rotate-key --config {}", place.file("cloud.toml"))),
    ];
    let mut text = "\n━━ Try now, in another terminal\n".to_owned();
    for (title, line) in lines {
        if !title.is_empty() {
            text.push_str(&format!("\n{title}\n"));
        }
        text.push_str(&format!("  {line}\n"));
    }
    if let Some(second) = second {
        text.push_str(&with_a_device(place, &base, second));
    }
    if let Some(authority) = authority {
        text.push_str(&with_an_authority(place, &base, authority));
    }
    text.push_str("\nServing until Ctrl-C.");
    text
}

/// What there is to see of the way to the tax authority.
fn with_an_authority(place: &Place, base: &str, authority: &SimulatedAuthority) -> String {
    let key = format!("-H \"Authorization: Bearer $(cat {})\"", place.file(MERCHANT_KEY));
    let config = format!("--lang en --config {}", place.file("cloud.toml"));
    let simulator = authority.url();
    let lines = [
        (
            "See what waits and what needs a person (the merchant's key, as above):",
            format!("{base}/authority"),
        ),
        ("Look into the simulated authority, and set faults there:", format!("{simulator}/")),
        (
            "Lose its next answer to a confirmation, sell again, and see what becomes of it:",
            format!(
                "curl -s {simulator}/simulator/faults -H 'Content-Type: application/json' \\\n    \
                 -d '{{\"kind\": {{\"lost\": \"after\"}}, \"often\": {{\"next\": 1}}, \"on\": \"confirm\"}}'"
            ),
        ),
        (
            "Settle on that page what is in doubt, with the operator's key (the merchant's is a manager's, who may not):",
            format!("cat {}", place.file(OPERATOR_KEY)),
        ),
        (
            "See a receipt with the authority's code beside ours:",
            format!("curl -s {key} -o receipt.pdf {base}/api/v1/receipts/{PREFIX}-0-00000001.pdf"),
        ),
        ("The same in the terminal:", format!("{RUN} edef status {config}")),
        ("", format!("{RUN} edef show {PREFIX}-0-00000001 {config}")),
    ];
    let mut text = "\n━━ With the tax authority\n".to_owned();
    for (title, line) in lines {
        if !title.is_empty() {
            text.push_str(&format!("\n{title}\n"));
        }
        text.push_str(&format!("  {line}\n"));
    }
    text
}

/// What there is to see of the second shop.
fn with_a_device(place: &Place, base: &str, second: &SecondShop) -> String {
    let key = format!("-H \"Authorization: Bearer $(cat {})\"", place.file(MERCHANT_KEY));
    let mode = |to: &str| {
        format!(
            "curl -s -X PUT {key} -H 'Content-Type: application/json' {base}/api/v1/outlets/{SECOND}/mode -d '{to}'"
        )
    };
    let lines = [
        (
            "See the fiscal memory, its counter and its certificate (the key of the merchant is in the file below):",
            format!("{base}/devices"),
        ),
        ("", format!("cat {}", place.file(MERCHANT_KEY))),
        ("Sell at the second shop; the device seals, wherever you ask:", sale(&key, base, SECOND)),
        ("Have the cloud seal for it, sell again: the numbers go on. And back.", mode(r#"{"mode":"cloud"}"#)),
        ("", mode(&format!(r#"{{"mode":"def","device":"{DEVICE}"}}"#))),
        (
            "What tills beside the device can ask, and how it is:",
            format!("curl -s http://{0}/openapi.json; curl -s http://{0}/v1/status", second.proxy()),
        ),
        ("Pull the device out, sell, and plug it in again:", format!("kill {}", second.device())),
        ("", format!("{RUN} device simulate --state {} --link {}", place.file("device"), place.file("port"))),
    ];
    let mut text = format!("\n━━ With the fiscal memory of {SECOND} ({SECOND_PREFIX}-0-…)\n");
    for (title, line) in lines {
        if !title.is_empty() {
            text.push_str(&format!("\n{title}\n"));
        }
        text.push_str(&format!("  {line}\n"));
    }
    text
}

/// The shell stamps it when it is pasted: each time it is another sale.
fn sale(key: &str, base: &str, outlet: &str) -> String {
    format!(
        "curl -s '{base}/api/v1/invoices?complete=true' \\\n    {key} \\\n    -H 'Content-Type: application/json' \\\n    \
         -H \"Idempotency-Key: $(cat /proc/sys/kernel/random/uuid)\" -d '{{\n    \
         \"outlet_id\": \"{outlet}\", \"invoice_type\": \"sale\", \"timestamp\": \"'$(date -u +%FT%TZ)'\",\n    \
         \"pos_terminal_id\": \"TILL-1\", \"cashier_id\": \"GRACE\",\n    \
         \"items\": [{{ \"code\": \"BREAD\", \"description\": \"Pain\", \"quantity\": 2, \"unit_price\": 1500, \
         \"tax_group\": \"standard_vat\" }}],\n    \
         \"currency\": \"CDF\", \"payments\": [{{ \"method\": \"cash\" }}]\n  }}'"
    )
}
