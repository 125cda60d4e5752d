//! What stands in the terminal.

use std::{collections::BTreeMap, fmt::Write, path::Path};

use super::{
    entry::{Entry, Fate},
    report::plain,
};

/// Below the options: columns first.
pub(super) const LONG_HELP: &str = "\
Columns, in any order, named in the first row; all but the first two may be left out:
  invoice                 the other system's number; rows of one invoice stand together
  timestamp               2026-03-14T08:32:10+01:00; without an offset it is UTC; also
                          2026-03-14 08:32:10, in the zone of the outlet or of --zone
  type                    sale (if nothing is said), advance, credit_note, export, export_advance,
                          export_credit
  terminal, cashier       who sold; else --terminal and --cashier
  client_name             of the buyer
  client_registration     his NIF or register
  client_classification   Individual, Company, CommercialIndividual, Professional, Embassy
  item_code, description, quantity, unit_price, tax_group, unit
                          one item on each row; of a credit note quantities are negative
  price_mode              ht (if nothing is said): prices without tax; ttc: with it
  payment_method          cash, bank_transfer, card, mobile_money, cheque, credit, other; on any row
  payment_amount          without it, what is left of the total; one method more needs one row more,
                          which need not have an item
  currency                CDF (if nothing is said), USD, …
  exchange_rate           CDF for one of it, where it is not CDF
  exchange_date           of the rate; the day of the sale if nothing is said
  total                   what the sale came to: it is refused when its items come to anything else
  original                of a credit note: the other system's number of what it credits, above it in
                          this file or imported before; with original_code, the fiscal number
  original_code           the original's authentication code
  nature                  of a credit note: RAN voids, RAM takes back, COR corrects, RRR is a rebate

Columns are separated by commas, semicolons or tabs; the text is UTF-8. Decimals have a dot, or a
comma where columns are not separated by commas. What could mean two things, as 1.500 for a price,
is refused.

Report: invoice, result, fiscal_number, auth_code, code, member, what_to_do. A result is sealed,
already (it was before), refused, unsent (nothing was sent) or unknown (no answer came).

Exit codes: 0 all is sealed; 1 some is refused; 2 it could not go on.

Example:
  stelala import day.csv --url https://cloud.example --key-file till.key --zone kinshasa --dry-run
  stelala import day.csv --url https://cloud.example --key-file till.key --zone kinshasa";

/// So many refusals are shown; the report has all.
const SHOWN: usize = 20;

/// After the check, before anything is sent.
pub(super) fn checked(entries: &[Entry], rows: usize) -> String {
    let refused = entries.iter().filter(|entry| matches!(entry.fate, Fate::Refused(_))).count();
    let good = entries.len() - refused;
    format!("{} invoices in {rows} rows: {good} good, {refused} refused", entries.len())
}

pub(super) const fn not_sent(dry_run: bool) -> &'static str {
    if dry_run { "Nothing is sent: --dry-run" } else { "Nothing is sent: --strict, and some are refused" }
}

/// At the end: counts, sums, refusals, where the report is.
pub(super) fn ended(entries: &[Entry], report: &Path) -> String {
    let mut text = String::new();
    let refusals = entries.iter().filter_map(|entry| match &entry.fate {
        Fate::Refused(refusal) => Some((entry, refusal)),
        _ => None,
    });
    let all = refusals.clone().count();
    // A string takes whatever is written.
    for (entry, refusal) in refusals.take(SHOWN) {
        let (number, advice) = (plain(&entry.number), plain(&refusal.advice));
        let _ = writeln!(text, "  {number} (line {}): {}: {advice}", entry.line, plain(&refusal.code));
    }
    if all > SHOWN {
        let _ = writeln!(text, "  and {} more, in the report", all - SHOWN);
    }
    let counts = ["sealed", "already", "refused", "unsent", "unknown"].map(|name| {
        let count = entries.iter().filter(|entry| entry.fate.name() == name).count();
        (count, if name == "already" { "sealed before" } else { name })
    });
    let counts: Vec<String> = counts.iter().map(|(count, name)| format!("{count} {name}")).collect();
    let _ = writeln!(text, "{}", counts.join(", "));
    for (currency, sum) in sums(entries) {
        let _ = writeln!(text, "sum of all that is sealed: {sum} {currency}");
    }
    let _ = write!(text, "report: {}", plain(&report.display().to_string()));
    text
}

/// What is sealed, less what was credited.
fn sums(entries: &[Entry]) -> Vec<(String, String)> {
    let mut sums: BTreeMap<String, i128> = BTreeMap::new();
    for entry in entries {
        if let Fate::Sealed { total, currency, .. } = &entry.fate {
            *sums.entry(currency.to_string()).or_default() += i128::from(total.centimes());
        }
    }
    let written = |centimes: i128| {
        let sign = if centimes < 0 { "-" } else { "" };
        let magnitude = centimes.unsigned_abs();
        format!("{sign}{}.{:02}", magnitude / 100, magnitude % 100)
    };
    sums.into_iter().map(|(currency, sum)| (currency, written(sum))).collect()
}
