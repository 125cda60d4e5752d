//! A shop sells for a day at a simulated fiscal memory: every command that a merchant's technician and an inspector
//! would type, and a till that loses its device twice.

mod bench;
mod console;
mod day;
mod place;
mod shop;
mod wire;
mod words;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, bail};
use clap::Args;
use verify::{Bundle, Report, Trust, verify_qr};
use verify_cli::Lang;

use self::{
    bench::{Bench, Board},
    console::Console,
    day::Wish,
    place::Place,
    shop::{Sale, Shop},
    words::Words,
};

/// Sells a day at a simulated device, cuts its power, closes the day, and has the referee judge.
#[derive(Args)]
pub(crate) struct DemoCommand {
    /// The folder with the day's invoices, in the order of their names.
    #[arg(long, default_value = "examples/day")]
    day: PathBuf,
    /// Where device, till, receipts, keys and journal are left, in place of those of an earlier demo; other files there
    /// stay.
    #[arg(long, default_value = "target/demo")]
    out: PathBuf,
    /// What seals: `qemu` runs the real firmware, and needs qemu-system-arm and a clone of the repository.
    #[arg(long, value_enum, default_value_t = Board::Simulate)]
    board: Board,
    /// The language of the story: English unless asked otherwise, for this is for developers. Receipts are in French,
    /// the language of the law.
    #[arg(long, value_enum, default_value_t = Lang::En)]
    lang: Lang,
}

/// The power fails in the middle of this sale's COMMIT, and after that one's.
const CUT_WITHIN: usize = 12;
const CUT_AFTER: usize = 24;

impl DemoCommand {
    /// Tells the story, one chapter after the other.
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let words = Words::new(self.lang.into(), self.board);
        let wishes = day::read(&self.day)?;
        let place = Place::make(&self.out)?;
        let mut console = Console::new(&place, words.language());
        console.say(&words.opening(wishes.len()))?;
        let bench = Bench::start(self.board, place.folder(), power_failures(wishes.len()))?;
        console.chapter(words.provisioning())?;
        console.provision(&bench)?;
        console.chapter(words.selling())?;
        let mut shop = Shop::open(&place, bench, words.language())?;
        let sales = sell_all(&mut shop, &mut console, &words, &wishes)?;
        shop.close();
        console.chapter(words.closing())?;
        console.run(&["device", "z", "--port", place.port()])?;
        console.chapter(words.auditing())?;
        console.run(&[
            "device",
            "dump",
            "--port",
            place.port(),
            "--out",
            place.file("journal.jsonl").as_str(),
        ])?;
        let root = place.leave(&sales, shop.device()?)?;
        console.run(&[
            "verify",
            "journal",
            &place.file("journal.jsonl"),
            "--trust",
            &place.file("trust.jws"),
            "--root",
            &place.file("root.pem"),
        ])?;
        console.chapter(words.inspecting())?;
        let trust = Trust::Bundle(Bundle::read(&place.read("trust.jws")?, &root)?);
        let rows = sales.iter().map(|sale| row(&words, sale, &trust)).collect::<anyhow::Result<Vec<_>>>()?;
        console.say(&format!("{}\n{}\n", words.table_head(), rows.join("\n")))?;
        console.say(&judge_a_lie(&words, &trust, &sales)?)?;
        console.say(&words.what_next(&place, &sales))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Of a day that is long enough: counted in COMMITs from the simulator's start before each.
fn power_failures(sales: usize) -> Vec<String> {
    // After the first failure the same COMMIT is asked again, and once more with a new nonce.
    let second = CUT_AFTER - CUT_WITHIN + 2;
    let planned =
        [(CUT_WITHIN, format!("in-commit={CUT_WITHIN}")), (CUT_AFTER, format!("after-commit={second}"))];
    planned.into_iter().filter(|(sale, _)| *sale <= sales).map(|(_, when)| when).collect()
}

fn sell_all(
    shop: &mut Shop,
    console: &mut Console<'_>,
    words: &Words,
    wishes: &[Wish],
) -> anyhow::Result<Vec<Sale>> {
    let mut sales = Vec::new();
    for (place, wish) in wishes.iter().enumerate() {
        let watched = [CUT_WITHIN, CUT_AFTER].contains(&(place + 1));
        let (sale, told) = shop.sell(wish, watched).with_context(|| wish.name.clone())?;
        if watched {
            let title = if place + 1 == CUT_WITHIN { words.cut_within() } else { words.cut_after() };
            console.aside(title, &told)?;
        }
        console.say(&sale.shown)?;
        sales.push(sale);
    }
    Ok(sales)
}

fn row(words: &Words, sale: &Sale, trust: &Trust) -> anyhow::Result<String> {
    let verdict = verify_qr(&sale.seal.qr_payload, trust);
    if !verdict.is_true() {
        bail!(
            "{}: the referee does not accept the demo's own seal: please report this",
            sale.seal.fiscal_number
        );
    }
    Ok(words.row(sale, &verdict))
}

/// A merchant who rewrites a receipt: a tenth of the total, under the true seal.
fn judge_a_lie(words: &Words, trust: &Trust, sales: &[Sale]) -> anyhow::Result<String> {
    let sale = sales.first().context("the day has no invoices")?;
    let total = sale.facts().context("an invoice has its facts")?.total;
    let tenth = fiscal::Amount::from_centimes(total.centimes() / 10).context("a tenth is smaller")?;
    let lie = sale.seal.qr_payload.replacen(&format!("|{total}|"), &format!("|{tenth}|"), 1);
    let verdict = verify_qr(&lie, trust);
    if verdict.is_true() {
        bail!("the referee accepts a forged total: please report this");
    }
    Ok(words.lie(sale, tenth, &Report::of_qr(&verdict, trust, words.language())))
}
