//! `device a`: what was sold, article by article.

use clap::Args;
use def_protocol::{
    ArticlesAsked, Cursor, Request,
    reply::{Article, Articles},
};
use fiscal::{CivilDate, PriceMode};
use serde_json::{Value, json};
use verify_cli::Lang;

use super::{
    connection::{Connection, ConnectionArgs},
    failure::{Failure, Trouble},
    figures,
    speech::{pick, print, print_json},
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
        let pages = self.pages(&mut self.connection.connect()?)?;
        if self.connection.speech.json {
            return Ok(print_json(&merged(pages))?);
        }
        let articles = pages.iter().map(|page| {
            let page = serde_json::from_value::<Page>(page.clone());
            page.map(|page| page.articles)
                .map_err(|fault| anyhow::anyhow!("RPT|A: {fault}: update this program"))
        });
        let articles: Vec<_> = articles.collect::<anyhow::Result<Vec<_>>>()?.concat();
        if articles.is_empty() && !self.csv {
            return Ok(print(pick(
                lang,
                "rien n'a été vendu ces jours-là",
                "nothing was sold on these days",
            ))?);
        }
        let rows: Vec<_> = articles.iter().map(|article| row(lang, article, self.csv)).collect();
        Ok(print(&if self.csv { csv(&rows) } else { table(lang, &rows) })?)
    }

    fn pages(&self, device: &mut Connection) -> Result<Vec<Value>, Failure> {
        let (since, until) = (self.since, self.until);
        let mut pages: Vec<Value> = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let after = next.as_deref().and_then(Cursor::new);
            let page: Value = device.tell(Request::Articles(ArticlesAsked { since, until, after }))?;
            let cursor = page["next"].as_str().map(str::to_owned);
            let goes_on = page["last"] == json!(false) && cursor.is_some() && cursor != next;
            pages.push(page);
            if !goes_on {
                return Ok(pages);
            }
            next = cursor;
        }
    }
}

/// One object of all pages.
fn merged(pages: Vec<Value>) -> Value {
    let lists = pages.into_iter().filter_map(|mut page| page["articles"].as_array_mut().map(std::mem::take));
    let articles: Vec<Value> = lists.flatten().collect();
    json!({ "status": "OK", "articles": articles, "last": true })
}

const COLUMNS: usize = 8;
/// As the device names them.
const NAMES: [&str; COLUMNS] =
    ["code", "description", "quantity", "unit", "amount", "currency", "tax_group", "price_mode"];

type Row = [String; COLUMNS];

fn row(lang: Lang, article: &Article<String>, plain: bool) -> Row {
    let quantity = article.quantity.to_string();
    let quantity = if lang == Lang::Fr && !plain { quantity.replace('.', ",") } else { quantity };
    let amount = if plain { article.amount.to_string() } else { figures::amount(lang, article.amount) };
    let mode = match (article.price_mode, plain) {
        (mode, true) => mode.name(),
        (PriceMode::Exclusive, _) => pick(lang, "HT", "net"),
        (PriceMode::Inclusive, _) => pick(lang, "TTC", "gross"),
    };
    [
        article.code.to_string(),
        article.description.clone(),
        quantity,
        article.unit.clone(),
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
fn csv(rows: &[Row]) -> String {
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
    std::iter::once(&names).chain(rows).map(line).collect::<Vec<_>>().join("\r\n")
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
        let text = csv(&[sample(), formula]);
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(lines[0], NAMES.join(","));
        assert_eq!(lines[1], "RIZ-25,\"Riz \"\"parfumé\"\", 25 kg\",-0.125,kg,-300.00,CDF,standard_vat,ttc");
        assert!(lines[2].contains(",\"'=HYPERLINK(\"\"x\"\")\","), "{}", lines[2]);
    }

    #[test]
    fn pages_become_one_object_that_says_that_it_is_all() {
        let page =
            |code: &str, last: bool| json!({ "status": "OK", "articles": [{ "code": code }], "last": last });
        let all = merged(vec![page("A", false), page("B", true)]);
        assert_eq!(
            all,
            json!({ "status": "OK", "articles": [{ "code": "A" }, { "code": "B" }], "last": true })
        );
    }
}
