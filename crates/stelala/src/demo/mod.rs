//! The day of `examples/day`, sealed with a software key, and what the referee says of it.

mod folder;
mod shop;
mod words;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, bail};
use clap::Args;
use verify::{Bundle, Referee, Report, Trust, verify_qr};
use verify_cli::Lang;

use self::{
    folder::Folder,
    shop::{Receipt, Shop},
    words::Words,
};

/// Seals the day of examples/day with a software key and shows what the referee says of it.
#[derive(Args)]
pub(crate) struct DemoCommand {
    /// The folder with the day's invoices, in the order of their names.
    #[arg(long, default_value = "examples/day")]
    day: PathBuf,
    /// Where keys, journal and QR texts are left.
    #[arg(long, default_value = "target/demo")]
    out: PathBuf,
    /// The language: English unless asked otherwise, for this is for developers.
    #[arg(long, value_enum, default_value_t = Lang::En)]
    lang: Lang,
}

impl DemoCommand {
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let words = Words::new(self.lang.into());
        let payloads = folder::read_day(&self.day)?;
        let mut shop = Shop::open()?;
        let folder = Folder::create(&self.out, &shop)?;
        let trust = Trust::Bundle(Bundle::read(&shop.bundle()?, shop.root())?);
        println!("{}\n", words.opening(payloads.len(), &shop));
        println!("{}", words.table_head());
        let mut receipts = Vec::new();
        for (name, payload) in &payloads {
            let receipt = shop.sell(payload).with_context(|| name.clone())?;
            let verdict = verify_qr(&receipt.elements.qr, &trust);
            println!("{}", words.row(&receipt, &verdict));
            if !verdict.is_true() {
                bail!("{name}: the referee does not accept the demo's own seal: please report this");
            }
            receipts.push(receipt);
        }
        folder.write_receipts(&receipts)?;
        self.show_journal(&words, &trust, &receipts)?;
        self.show_a_lie(&words, &trust, &receipts)?;
        println!("{}", words.what_next(&self.out, &receipts));
        Ok(ExitCode::SUCCESS)
    }

    fn show_journal(&self, words: &Words, trust: &Trust, receipts: &[Receipt]) -> anyhow::Result<()> {
        let mut referee = Referee::new(trust, None);
        for receipt in receipts {
            referee.read(receipt.journal_line.to_json().as_bytes());
        }
        let report = Report::of_journal(&referee.conclude(), trust, words.language());
        println!("\n{}", words.journal(&report));
        if report.valid {
            Ok(())
        } else {
            bail!("the referee does not accept the demo's own journal: please report this")
        }
    }

    /// A merchant who rewrites a receipt: a tenth of the total, under the true seal.
    fn show_a_lie(&self, words: &Words, trust: &Trust, receipts: &[Receipt]) -> anyhow::Result<()> {
        let receipt = receipts.first().context("the day has no invoices")?;
        let facts = receipt.facts;
        let tenth =
            fiscal::Amount::from_centimes(facts.total.centimes() / 10).context("a tenth is smaller")?;
        let lie = receipt.elements.qr.replacen(&format!("|{}|", facts.total), &format!("|{tenth}|"), 1);
        let verdict = verify_qr(&lie, trust);
        if verdict.is_true() {
            bail!("the referee accepts a forged total: please report this");
        }
        println!("\n{}", words.lie(receipt, tenth, &Report::of_qr(&verdict, trust, words.language())));
        Ok(())
    }
}
