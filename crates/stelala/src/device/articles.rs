//! `device a`: what was sold, article by article.

use clap::Args;
use def_client::HostFault;
use def_protocol::{
    ArticlesAsked, Cursor, Request,
    reply::{Article, Articles},
};
use fiscal::{CivilDate, ItemCode, PriceMode};
use serde_json::{Value, json};
use verify_cli::Lang;

use super::{
    connection::{Connection, ConnectionArgs},
    failure::{Failure, Trouble},
    figures,
    speech::{pick, plain, print, print_json, print_line, print_lines},
};

/// Which days.
#[derive(Args)]
pub(crate) struct ArticlesCommand {
    #[command(flatten)]
    pub(super) connection: ConnectionArgs,
    /// The first business day.
    #[arg(long, value_name = "DATE")]
    since: CivilDate,
    /// The last business day.
    #[arg(long, value_name = "DATE")]
    until: CivilDate,
    /// Answer as comma-separated values, with a line of names first.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

type Page = Articles<Vec<Article<String>>, String>;

impl ArticlesCommand {
    /// Reads all pages of the report.
    pub(super) fn run(&self) -> Result<(), Failure> {
        let lang = self.connection.speech.lang;
        if self.until < self.since {
            return Err(backwards(lang).into());
        }
        let report = self.report(&mut self.connection.connect()?)?;
        if self.connection.speech.json {
            let Report { articles, .. } = report;
            return Ok(print_json(&json!({ "status": "OK", "articles": articles, "last": true }))?);
        }
        if report.rows.is_empty() && !self.csv {
            return Ok(print_line(pick(
                lang,
                "rien n'a été vendu ces jours-là",
                "nothing was sold on these days",
            ))?);
        }
        Ok(if self.csv { print_lines(&csv(&report.rows)) } else { print(&table(lang, &report.rows)) }?)
    }

    /// Reads page after page. A device that does not come to an end is none.
    fn report(&self, device: &mut Connection) -> Result<Report, Failure> {
        let (since, until) = (self.since, self.until);
        let mut report = Report::default();
        let mut next: Option<String> = None;
        loop {
            let after = next.as_deref().and_then(Cursor::new);
            let request = Request::Articles(ArticlesAsked { since, until, after });
            let json = device.tell_json(request)?;
            let cursor = report.take(&json, self);
            next = match cursor {
                Some(Next::End) => return Ok(report),
                Some(Next::Page(cursor)) if Some(&cursor) != next.as_ref() => Some(cursor),
                _ => return Err(device.failure(HostFault::Foreign { command: request.command() })),
            };
        }
    }
}

/// All pages of a report may have so many bytes: some 50,000 articles.
const LONGEST: usize = 8 << 20;

/// What was read of the pages so far.
#[derive(Default)]
struct Report {
    /// As the device wrote them; only for an answer in JSON.
    articles: Vec<Value>,
    /// For people.
    rows: Vec<Row>,
    last_code: Option<ItemCode>,
    bytes: usize,
}

/// Where a report goes on.
enum Next {
    End,
    Page(String),
}

impl Report {
    /// Takes one page; none when it is no page of this report: its codes do not rise, or it promises more and has nothing.
    fn take(&mut self, json: &str, asked: &ArticlesCommand) -> Option<Next> {
        let page: Page = serde_json::from_str(json).ok()?;
        self.bytes += json.len();
        if self.bytes > LONGEST {
            return None;
        }
        for article in &page.articles {
            if self.last_code.is_some_and(|last| article.code < last) {
                return None;
            }
            self.last_code = Some(article.code);
        }
        let next = match (page.last, page.next) {
            (true, _) => Next::End,
            (false, Some(next)) if !page.articles.is_empty() && Cursor::new(&next).is_some() => {
                Next::Page(next)
            }
            _ => return None,
        };
        let speech = asked.connection.speech;
        if speech.json {
            let mut page: Value = serde_json::from_str(json).ok()?;
            self.articles.append(page["articles"].as_array_mut()?);
        } else {
            self.rows.extend(page.articles.iter().map(|article| row(speech.lang, article, asked.csv)));
        }
        Some(next)
    }
}

const COLUMNS: usize = 8;
/// As the device names them.
const NAMES: [&str; COLUMNS] =
    ["code", "description", "quantity", "unit", "amount", "currency", "tax_group", "price_mode"];

type Row = [String; COLUMNS];

fn row(lang: Lang, article: &Article<String>, bare: bool) -> Row {
    let quantity = article.quantity.to_string();
    let quantity = if lang == Lang::Fr && !bare { quantity.replace('.', ",") } else { quantity };
    let amount = if bare { article.amount.to_string() } else { figures::amount(lang, article.amount) };
    let mode = match (article.price_mode, bare) {
        (mode, true) => mode.name(),
        (PriceMode::Exclusive, _) => pick(lang, "HT", "net"),
        (PriceMode::Inclusive, _) => pick(lang, "TTC", "gross"),
    };
    [
        article.code.to_string(),
        plain(&article.description),
        quantity,
        plain(&article.unit),
        amount,
        article.currency.to_string(),
        article.tax_group.to_string(),
        mode.to_owned(),
    ]
}

/// Columns as wide as their longest cell; numbers at the right.
fn table(lang: Lang, rows: &[Row]) -> String {
    let names: Row = match lang {
        Lang::Fr => ["Code", "Désignation", "Quantité", "Unité", "Montant", "", "Groupe", "Prix"],
        Lang::En => ["Code", "Description", "Quantity", "Unit", "Amount", "", "Group", "Prices"],
    }
    .map(str::to_owned);
    let lines = || std::iter::once(&names).chain(rows);
    let widths: [usize; COLUMNS] = std::array::from_fn(|column| {
        lines().map(|row| row[column].chars().count()).max().unwrap_or_default()
    });
    let line = |row: &Row| {
        let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, width))| match column {
            2 | 4 => format!("{cell:>width$}"),
            _ => format!("{cell:<width$}"),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines().map(line).collect::<Vec<_>>().join("\n")
}

/// RFC 4180. A text that a spreadsheet would take for a formula begins with an apostrophe.
fn csv(rows: &[Row]) -> Vec<String> {
    /// Columns that hold texts of the payload.
    const TEXTS: [usize; 3] = [0, 1, 3];
    let cell = |(column, cell): (usize, &String)| {
        let is_formula = TEXTS.contains(&column) && cell.starts_with(['=', '+', '-', '@']);
        let cell = if is_formula { format!("'{cell}") } else { cell.clone() };
        if cell.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell
        }
    };
    let line = |row: &Row| row.iter().enumerate().map(cell).collect::<Vec<_>>().join(",");
    let names = NAMES.map(str::to_owned);
    std::iter::once(&names).chain(rows).map(line).collect()
}

fn backwards(lang: Lang) -> Trouble {
    Trouble::new(
        "days_backwards",
        pick(
            lang,
            "le dernier jour est avant le premier : échangez --since et --until",
            "the last day is before the first: exchange --since and --until",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Row {
        ["RIZ-25", "Riz \"parfumé\", 25 kg", "-0.125", "kg", "-300.00", "CDF", "standard_vat", "ttc"]
            .map(str::to_owned)
    }

    #[test]
    fn a_table_has_its_columns_one_below_the_other() {
        let text = table(Lang::En, &[sample()]);
        let [head, line] = text.lines().collect::<Vec<_>>()[..] else { panic!("{text}") };
        assert_eq!(
            head.find("Amount").map(|at| at + "Amount".len()),
            line.find("CDF").map(|at| at - 3),
            "{text}"
        );
    }

    #[test]
    fn values_with_commas_and_quotes_stay_one_value_and_formulas_stay_text() {
        let mut formula = sample();
        formula[1] = "=HYPERLINK(\"x\")".to_owned();
        let lines = csv(&[sample(), formula]);
        assert_eq!(lines[0], NAMES.join(","));
        assert_eq!(lines[1], "RIZ-25,\"Riz \"\"parfumé\"\", 25 kg\",-0.125,kg,-300.00,CDF,standard_vat,ttc");
        assert!(lines[2].contains(",\"'=HYPERLINK(\"\"x\"\")\","), "{}", lines[2]);
    }

    fn asked(json: bool) -> ArticlesCommand {
        use clap::FromArgMatches;

        let command = ArticlesCommand::augment_args(clap::Command::new("a"));
        let days = ["a", "--port", "port", "--since", "2026-03-14", "--until", "2026-03-14"];
        let matches = command.get_matches_from(days.iter().chain(json.then_some(&"--json")));
        ArticlesCommand::from_arg_matches(&matches).unwrap()
    }

    /// A page with one article for each code.
    fn page(codes: &[&str], next: Option<&str>) -> String {
        let article = |code: &&str| {
            json!({
                "code": code, "description": "a\u{1b}[31m\r\nb", "quantity": 1, "tax_group": "standard_vat",
                "amount": "1.00", "currency": "CDF", "unit": "kg", "price_mode": "ht",
            })
        };
        let articles: Vec<Value> = codes.iter().map(article).collect();
        let mut page = json!({ "status": "OK", "articles": articles, "last": next.is_none() });
        if let Some(next) = next {
            page["next"] = next.into();
        }
        page.to_string()
    }

    #[test]
    fn pages_become_one_report() {
        for json in [false, true] {
            let (asked, mut report) = (asked(json), Report::default());
            assert!(matches!(report.take(&page(&["A", "B"], Some("B:1")), &asked), Some(Next::Page(_))));
            assert!(matches!(report.take(&page(&["B", "C"], None), &asked), Some(Next::End)));
            assert_eq!((report.rows.len(), report.articles.len()), if json { (0, 4) } else { (4, 0) });
            assert!(report.rows.iter().all(|row| row[1] == "a\u{fffd}[31m\u{fffd}\u{fffd}b"));
        }
    }

    #[test]
    fn pages_that_come_to_no_end_are_none() {
        let asked = asked(false);
        let mut report = Report::default();
        assert!(report.take(&page(&["B"], Some("B:1")), &asked).is_some());
        assert!(report.take(&page(&["A"], Some("A:1")), &asked).is_none(), "an earlier code");
        for wrong in
            [page(&[], Some("C:1")), page(&["C"], Some("")), page(&["C"], None).replace("true", "false")]
        {
            assert!(Report::default().take(&wrong, &asked).is_none(), "{wrong}");
        }
        let endless = page(&["C"; 64], Some("C:1"));
        let mut report = Report::default();
        let taken = (0..1 << 20).take_while(|_| report.take(&endless, &asked).is_some()).count();
        assert_eq!(taken, LONGEST / endless.len());
    }
}
