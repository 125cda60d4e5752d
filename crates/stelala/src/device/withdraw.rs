//! `device withdraw`: ends a sale that is not sealed.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use def_client::Outcome;
use fiscal::PayloadHash;
use serde_json::json;

use super::{
    connection::ConnectionArgs,
    failure::{Failure, REFUSED, Trouble},
    input, outlet,
    receipts::ReceiptArgs,
    seal,
    speech::{pick, print_json, print_line, say},
    status,
    words::sales,
};

/// Which sale, and why.
#[derive(Args)]
pub(crate) struct WithdrawCommand {
    #[command(flatten)]
    pub(super) connection: ConnectionArgs,
    /// The payload's file, or the SHA-256 by which the till names the sale.
    #[arg(value_name = "PAYLOAD.json|HASH")]
    sale: String,
    /// The memory of the till that meant to sell it.
    #[arg(long, value_name = "DIR")]
    till: PathBuf,
    /// Why, for who reads the till's memory later.
    #[arg(long, value_name = "TEXT")]
    why: String,
    /// A person found out what became of it: end it without asking the device.
    #[arg(long)]
    settled: bool,
    #[command(flatten)]
    receipts: ReceiptArgs,
}

impl WithdrawCommand {
    /// Looks for the sale, and ends it if it is not sealed.
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        let speech = self.connection.speech;
        let lang = speech.lang;
        let sale = self.sale()?;
        let mut till = seal::open(&self.till, None).map_err(|fault| sales::folder(lang, &fault))?;
        let outcome = if self.settled {
            till.settle(sale, &self.why)
        } else {
            let mut device = self.connection.connect()?;
            let zone = status::zone(&status::read(&mut device)?);
            outlet::keep_zone(&self.till, zone)?;
            till.withdraw(sale, &self.why, &mut device.host)
        };
        let sealed = match outcome.map_err(|fault| sales::till(lang, &fault))? {
            Outcome::Sealed(intent) => intent,
            Outcome::Withdrawn if speech.json => {
                print_json(&json!({ "status": "OK", "outcome": "withdrawn", "sale": sale.to_string() }))?;
                return Ok(ExitCode::SUCCESS);
            }
            Outcome::Withdrawn => {
                print_line(&say!(
                    lang,
                    "la vente est reprise : elle n'est pas scellée et ne le sera plus",
                    "the sale is withdrawn: it is not sealed and will not be"
                ))?;
                return Ok(ExitCode::SUCCESS);
            }
            Outcome::Refused(refusal) | Outcome::Held(refusal) => return Err(refusal.into()),
            Outcome::Unclear(unclear) => return Err(sales::unclear(lang, &unclear).into()),
        };
        let zone = outlet::zone(&self.till).unwrap_or(fiscal::UtcOffset::KINSHASA);
        let mut printer = self.receipts.open(&self.till, zone, lang)?;
        let printed = till.print(sealed.hash(), &mut printer).map_err(|fault| sales::till(lang, &fault))?;
        let number = printed.number().map(|number| number.to_string()).unwrap_or_default();
        let receipts = printer.path().display();
        let advice = say!(
            lang,
            "la vente est scellée sous {number}, son reçu est dans {receipts} : un avoir l'annule",
            "the sale is sealed as {number}, its receipt is in {receipts}: a credit note takes it back"
        );
        Failure::Trouble(Trouble::new("sealed", advice)).show(speech);
        Ok(ExitCode::from(REFUSED))
    }

    fn sale(&self) -> Result<PayloadHash, Failure> {
        if let Some(hash) = PayloadHash::from_hex(&self.sale) {
            return Ok(hash);
        }
        let text = input::payload(PathBuf::from(&self.sale).as_path())?;
        let offer = def_client::Offer::read(text.trim_matches([' ', '\t', '\r', '\n']));
        let lang = self.connection.speech.lang;
        let no_payload = pick(lang, "ceci n'est pas une facture", "this is no invoice");
        offer.map(|offer| offer.hash()).map_err(|_| Trouble::new("payload_invalid", no_payload).into())
    }
}
