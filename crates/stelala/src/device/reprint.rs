//! `device reprint`: one more copy of a receipt, counted.

use std::path::PathBuf;

use clap::Args;
use def_client::{Folder, Stage, Till};
use fiscal::{FiscalNumber, UtcOffset};
use serde_json::json;

use super::{
    failure::Failure,
    outlet,
    receipts::ReceiptArgs,
    speech::{Speech, pick, print, print_json},
    words::sales,
};

/// Which receipt.
#[derive(Args)]
pub(crate) struct ReprintCommand {
    /// The fiscal number, as the receipt prints it.
    number: FiscalNumber,
    /// The memory of the till that sold it.
    #[arg(long, value_name = "DIR")]
    till: PathBuf,
    #[command(flatten)]
    receipts: ReceiptArgs,
    #[command(flatten)]
    pub(super) speech: Speech,
}

impl ReprintCommand {
    /// Prints from the till's memory; the device is not asked.
    pub(super) fn run(&self) -> Result<(), Failure> {
        let lang = self.speech.lang;
        let folder = Folder::of_till(&self.till).map_err(|fault| sales::folder(lang, &fault))?;
        let mut till = Till::new(folder, None);
        let zone = outlet::zone(&self.till).unwrap_or(UtcOffset::KINSHASA);
        let mut printer = self.receipts.open(&self.till, zone, lang)?;
        let printed = till.reprint(self.number, &mut printer).map_err(|fault| sales::till(lang, &fault))?;
        let Stage::Printed { copies, .. } = printed.stage() else { return Ok(()) };
        let number = self.number;
        if self.speech.json {
            let number = number.to_string();
            return Ok(print_json(&json!({ "status": "OK", "fiscal_number": number, "copies": copies }))?);
        }
        let what = match copies {
            1 => pick(lang, "original", "original").to_owned(),
            copies => format!("DUPLICATA N° {}", copies - 1),
        };
        Ok(print(&format!("{number}  {what}  {}", printer.path().display()))?)
    }
}
