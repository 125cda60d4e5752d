//! `device log`: a sealed invoice.

use clap::Args;
use def_client::HostFault;
use def_protocol::{
    LogKey, Request,
    reply::{LogEntry, Logged, TaxLine},
};
use fiscal::{Epoch, FiscalNumber, InvoiceNumber, UtcOffset, Validated};
use verify_cli::Lang;

use super::{
    connection::ConnectionArgs,
    failure::{Failure, Trouble},
    figures,
    page::Page,
    speech::{pick, print, print_answer, print_line, say},
    status,
};

/// Which invoice.
#[derive(Args)]
pub(crate) struct LogCommand {
    #[command(flatten)]
    pub(super) connection: ConnectionArgs,
    /// NUMBER of the epoch that the device is in, EPOCH/NUMBER, or a fiscal number as a receipt prints it.
    #[arg(value_name = "NUMBER", value_parser = asked)]
    invoice: Asked,
    /// Print the canonical payload only, byte for byte.
    #[arg(long)]
    payload: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Asked {
    key: LogKey,
    printed: Option<FiscalNumber>,
}

type Entry = LogEntry<String, Vec<TaxLine>>;

impl LogCommand {
    /// Reads the invoice from the device's journal.
    pub(super) fn run(&self) -> Result<(), Failure> {
        let speech = self.connection.speech;
        let mut device = self.connection.connect()?;
        let request = Request::Log(self.invoice.key);
        if speech.json && !self.payload {
            return Ok(print_answer(&device.tell_json(request)?)?);
        }
        let entry: Entry = device.tell::<Logged<String, Vec<TaxLine>>>(request)?.log_entry;
        if let Some(printed) = self.invoice.printed.filter(|printed| *printed != entry.sealed.fiscal_number) {
            return Err(another(speech.lang, printed, entry.sealed.fiscal_number).into());
        }
        if self.payload {
            let is_sealed = Validated::read(entry.payload.as_bytes())
                .is_ok_and(|payload| payload.hash() == entry.sealed.payload_hash);
            if !is_sealed {
                return Err(device.failure(HostFault::Foreign { command: request.command() }));
            }
            return Ok(print_line(&entry.payload)?);
        }
        let zone = status::zone(&status::read(&mut device)?);
        Ok(print(&page(speech.lang, &entry, zone).to_string())?)
    }
}

fn page(lang: Lang, entry: &Entry, zone: UtcOffset) -> Page {
    let seal = &entry.sealed;
    let mut page = Page::new(format!("{} {}", seal.fiscal_number, entry.record_type.dgi_code()));
    let money = |value| figures::money(lang, value, entry.totals.currency);
    page.fact(pick(lang, "Scellée", "Sealed"), figures::local(entry.timestamp, zone));
    page.fact(pick(lang, "Appareil", "Device"), seal.device_id);
    page.fact(
        pick(lang, "Code d'authentification", "Authentication code"),
        figures::in_fours(seal.auth_code),
    );
    page.fact("NIF", entry.merchant_nif);
    if !entry.client_registration.is_empty() {
        page.fact(pick(lang, "Client", "Client"), &entry.client_registration);
    }
    page.fact(pick(lang, "Hors taxe", "Without tax"), money(entry.totals.subtotal));
    page.fact(pick(lang, "TVA", "VAT"), money(entry.totals.total_vat));
    page.fact(pick(lang, "Total", "Total"), money(entry.totals.total));
    page.fact(pick(lang, "Position", "Position"), seal.position);
    page.fact(pick(lang, "Enregistrement", "Record"), seal.record_hash);
    page.fact(pick(lang, "Facture (SHA-256)", "Payload (SHA-256)"), seal.payload_hash);
    page.fact("QR", &seal.qr_payload);
    let groups = entry.tax_breakdown.iter().map(|line| {
        let rate = figures::rate(lang, line.rate);
        let (base, vat) = (money(line.base), money(line.vat));
        say!(
            lang,
            "{}, {rate} : base {base}, taxe {vat}",
            "{}, {rate}: base {base}, tax {vat}",
            line.tax_group
        )
    });
    page.list(pick(lang, "Groupes de taxe", "Tax groups"), groups.collect());
    page.list(
        pick(lang, "À vérifier", "To check"),
        vec![
            pick(lang, "stelala verify qr 'QR' --trust CLÉ.pem", "stelala verify qr 'QR' --trust KEY.pem")
                .to_owned(),
        ],
    );
    page
}

fn asked(text: &str) -> Result<Asked, &'static str> {
    let number = |text: &str| text.parse().ok().and_then(InvoiceNumber::new);
    let key = match text.split_once('/') {
        Some((epoch, rest)) => epoch
            .parse()
            .ok()
            .zip(number(rest))
            .map(|(epoch, number)| LogKey { epoch: Some(Epoch(epoch)), number }),
        None => number(text).map(|number| LogKey { epoch: None, number }),
    };
    let printed = || {
        let printed: FiscalNumber = text.parse().ok()?;
        let key = LogKey { epoch: Some(printed.epoch), number: printed.number };
        Some(Asked { key, printed: Some(printed) })
    };
    key.map(|key| Asked { key, printed: None }).or_else(printed).ok_or(
        "write a number like 105, epoch and number like 0/105, or a fiscal number like KING-0-00000105",
    )
}

fn another(lang: Lang, asked: FiscalNumber, found: FiscalNumber) -> Trouble {
    Trouble::new(
        "other_outlet",
        say!(
            lang,
            "{asked} n'est pas de cet appareil, qui a {found} sous ce numéro : demandez à l'appareil qui l'a scellée",
            "{asked} is not of this device, which has {found} under that number: ask the device that sealed it"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invoice_is_named_by_number_by_epoch_or_as_a_receipt_prints_it() {
        let key = |epoch: Option<u32>, number| LogKey {
            epoch: epoch.map(Epoch),
            number: InvoiceNumber::new(number).unwrap(),
        };
        assert_eq!(asked("105"), Ok(Asked { key: key(None, 105), printed: None }));
        assert_eq!(asked("3/105"), Ok(Asked { key: key(Some(3), 105), printed: None }));
        assert_eq!(asked("KING-0-00000105").unwrap().key, key(Some(0), 105));
        for wrong in ["", "0", "-1", "a", "/1", "1/", "1/0", "KING-0-105", "1/2/3"] {
            assert!(asked(wrong).is_err(), "{wrong}");
        }
    }
}
