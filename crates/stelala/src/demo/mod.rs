//! The day of `examples/day`, sealed with a software key, and what the referee says of it.

mod folder;
mod shop;
mod words;

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::Args;
use verify::{Bundle, Referee, Report, Trust, verify_qr};
use verify_cli::Lang;

use self::{
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
    /// Seals everything and leaves the files before it says a word, so that they belong together whoever listens.
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let words = Words::new(self.lang.into());
        let payloads = folder::read_day(&self.day)?;
        let mut shop = Shop::open()?;
        let trust = Trust::Bundle(Bundle::read(&shop.bundle()?, shop.root())?);
        let mut said = vec![words.opening(payloads.len(), &shop), String::new(), words.table_head()];
        let mut receipts = Vec::new();
        for (name, payload) in &payloads {
            let receipt = shop.sell(payload).with_context(|| name.clone())?;
            let verdict = verify_qr(&receipt.elements.qr, &trust);
            if !verdict.is_true() {
                bail!("{name}: the referee does not accept the demo's own seal: please report this");
            }
            said.push(words.row(&receipt, &verdict));
            receipts.push(receipt);
        }
        said.extend([String::new(), judge_journal(&words, &trust, &receipts)?]);
        said.extend([String::new(), judge_a_lie(&words, &trust, &receipts)?]);
        said.push(words.what_next(&self.out, &receipts));
        folder::write(&self.out, &shop, &receipts)?;
        writeln!(io::stdout().lock(), "{}", said.join("\n"))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn judge_journal(words: &Words, trust: &Trust, receipts: &[Receipt]) -> anyhow::Result<String> {
    let mut referee = Referee::new(trust, None);
    for receipt in receipts {
        referee.read(receipt.journal_line.to_json().as_bytes());
    }
    let report = Report::of_journal(&referee.conclude(), trust, words.language());
    if report.valid {
        Ok(words.journal(&report))
    } else {
        bail!("the referee does not accept the demo's own journal: please report this")
    }
}

/// A merchant who rewrites a receipt: a tenth of the total, under the true seal.
fn judge_a_lie(words: &Words, trust: &Trust, receipts: &[Receipt]) -> anyhow::Result<String> {
    let receipt = receipts.first().context("the day has no invoices")?;
    let facts = receipt.facts;
    let tenth = fiscal::Amount::from_centimes(facts.total.centimes() / 10).context("a tenth is smaller")?;
    let lie = receipt.elements.qr.replacen(&format!("|{}|", facts.total), &format!("|{tenth}|"), 1);
    let verdict = verify_qr(&lie, trust);
    if verdict.is_true() {
        bail!("the referee accepts a forged total: please report this");
    }
    Ok(words.lie(receipt, tenth, &Report::of_qr(&verdict, trust, words.language())))
}
