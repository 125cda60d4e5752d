//! A verdict in words, the same for a terminal, a page and a program.

mod of_export;
mod of_journal;
mod of_payload;
mod of_qr;

use fiscal::{InvoiceType, Timestamp, UtcOffset};
use serde::Serialize;

use crate::{
    bundle::Bundle,
    finding::{Finding, Language},
};

/// What a person is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether all is well.
    pub valid: bool,
    /// Whether all was there to be judged: not so of a journal whose beginning or payloads are not in the file.
    pub complete: bool,
    /// The verdict in one line.
    pub title: String,
    /// What to say above the facts: that they are only stated; empty where they are proven or computed.
    pub caution: String,
    /// What is stated, proven or not.
    pub facts: Vec<Fact>,
    /// What the verdict proves.
    pub proves: Vec<String>,
    /// What it does not prove.
    pub does_not_prove: Vec<String>,
    /// What is false.
    pub findings: Vec<FindingInWords>,
}

/// A name and a value, with a code that no language changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// The stable code.
    pub code: &'static str,
    /// What, in words.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A finding with its stable code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FindingInWords {
    /// The stable code.
    pub code: String,
    /// Where; empty where there is but one place.
    pub place: String,
    /// The sentence.
    pub sentence: String,
}

/// Facts in the order in which they are told.
struct Facts(Vec<Fact>, Language);

impl Facts {
    fn put(&mut self, code: &'static str, french: &str, english: &str, value: impl ToString) {
        self.0.push(Fact { code, name: pick(self.1, french, english), value: value.to_string() });
    }
}

fn type_in_words(invoice_type: InvoiceType, language: Language) -> String {
    let (french, english) = match invoice_type {
        InvoiceType::Sale => ("facture de vente", "sale"),
        InvoiceType::Advance => ("facture d'acompte", "advance"),
        InvoiceType::CreditNote => ("facture d'avoir", "credit note"),
        InvoiceType::Export => ("facture de vente à l'exportation", "export sale"),
        InvoiceType::ExportAdvance => ("facture d'acompte à l'exportation", "export advance"),
        InvoiceType::ExportCredit => ("facture d'avoir à l'exportation", "export credit note"),
    };
    format!("{} ({})", pick(language, french, english), invoice_type.dgi_code())
}

/// The seal's time is universal; a receipt prints the outlet's, which the seal does not know.
fn time_in_words(time: Timestamp, language: Language) -> String {
    let at = |offset| time.local(offset).to_string().replace('T', " ");
    let in_town = language.pick("à", "in");
    format!(
        "{} {in_town} Kinshasa ({} {in_town} Lubumbashi, {} UTC)",
        at(UtcOffset::KINSHASA),
        at(UtcOffset::LUBUMBASHI),
        at(UtcOffset::UTC),
    )
}

fn in_words(findings: &[Finding], language: Language) -> Vec<FindingInWords> {
    let words = |finding: &Finding| FindingInWords {
        code: finding.rule.code().to_owned(),
        place: finding.place.clone(),
        sentence: finding.explanation(language),
    };
    findings.iter().map(words).collect()
}

/// A sentence that ends with the date of the list of keys.
fn dated(lead: &str, bundle: &Bundle) -> String {
    format!("{lead} {} UTC.", bundle.issued())
}

/// What no list of keys can prove.
fn later_revocation(bundle: &Bundle, language: Language) -> String {
    let lead = language.pick(
        "Qu'aucune clé n'a été révoquée après la date de la liste,",
        "That no key was revoked after the list's date,",
    );
    dated(lead, bundle)
}

/// A sentence that ends with a count.
fn counted(lead: &str, count: u64) -> String {
    format!("{lead} {count}.")
}

fn pick(language: Language, french: &str, english: &str) -> String {
    language.pick(french, english).to_owned()
}
