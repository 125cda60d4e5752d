//! A verdict in words, the same for a terminal, a page and a program.

use fiscal::{InvoiceType, Qr, Timestamp, UtcOffset};
use serde::Serialize;

use crate::{
    finding::{Finding, Language},
    journal::JournalVerdict,
    payload::PayloadVerdict,
    qr::QrVerdict,
    trust::Trust,
};

/// What a person is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether all is well.
    pub valid: bool,
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

/// A name and a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What.
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

impl Report {
    /// Puts the verdict on a QR code into words (S6).
    pub fn of_qr(verdict: &QrVerdict, trust: &Trust, language: Language) -> Self {
        let say = |french: &str, english: &str| pick(language, french, english);
        let valid = verdict.is_true();
        let title = if valid {
            say("VRAI : ce sceau est valide", "TRUE: this seal is valid")
        } else {
            say("FAUX : ne vous fiez pas à ce sceau", "FALSE: do not rely on this seal")
        };
        let facts = verdict.qr.as_ref().map(|qr| facts_of_qr(qr, language)).unwrap_or_default();
        let (mut proves, mut does_not_prove) = (Vec::new(), Vec::new());
        if valid {
            proves.push(say(
                "Le détenteur de la clé a scellé cette facture : numéro, NIF, point de vente, totaux, heure, type et nombre d'articles sont ceux ci-dessus.",
                "The holder of the key sealed this invoice: number, NIF, outlet, totals, time, type and number of items are those above.",
            ));
            does_not_prove.push(say(
                "Les articles eux-mêmes : le code QR ne les contient pas. Comparez leur nombre et le total.",
                "The articles themselves: they are not in the QR code. Compare their number and the total.",
            ));
            does_not_prove.push(say(
                "Que ce papier est le premier exemplaire : un sceau vrai peut être recopié. Comparez l'heure et le lieu.",
                "That this paper is the first copy: a true seal can be copied. Compare time and place.",
            ));
            match trust {
                Trust::Bundle(bundle) => proves.push(format!(
                    "{} {}.",
                    say(
                        "La clé est celle de ce vendeur et de ce point de vente, selon la liste signée du",
                        "The key is that of this seller and outlet, by the list signed on",
                    ),
                    bundle.issued(),
                )),
                Trust::Keys(_) => does_not_prove.push(say(
                    "Que la clé est celle de ce vendeur : elle a été donnée à la main. Une liste signée de clés le prouve.",
                    "That the key is this seller's: it was given by hand. A signed list of keys proves it.",
                )),
            }
            if verdict.qr.as_ref().is_some_and(|qr| qr.credential().is_some()) {
                does_not_prove.push(say(
                    "Que cette vente hors ligne est déjà arrivée au registre, ni que le plafond de toutes les ventes du bloc est tenu.",
                    "That this offline sale has reached the ledger yet, nor that the cap over all sales of the block was kept.",
                ));
            }
        }
        let caution = if valid || facts.is_empty() {
            String::new()
        } else {
            say("Ce qui est écrit, sans être prouvé", "What is stated, without being proven")
        };
        Self {
            valid,
            title,
            caution,
            facts,
            proves,
            does_not_prove,
            findings: in_words(&verdict.findings, language),
        }
    }

    /// Puts the verdict on a payload into words.
    pub fn of_payload(verdict: &PayloadVerdict<'_>, language: Language) -> Self {
        let say = |french: &str, english: &str| pick(language, french, english);
        let valid = verdict.findings.is_empty();
        let title = if valid {
            say("VALIDE : cette facture peut être scellée", "VALID: this payload can be sealed")
        } else {
            say("REFUSÉE : cette facture ne peut pas être scellée", "REFUSED: this payload cannot be sealed")
        };
        let mut facts = Facts(Vec::new(), language);
        if let Some(sale) = &verdict.sale {
            let invoice = sale.invoice();
            facts.put("NIF", "NIF", invoice.merchant_nif);
            facts.put("Point de vente", "Outlet", invoice.outlet_id);
            facts.put("Type", "Type", type_in_words(invoice.invoice_type, language));
            facts.put("Articles", "Items", invoice.items.len());
            facts.put("Total", "Total", format!("{} {}", invoice.totals.total, invoice.totals.currency));
            facts.put(
                "dont TVA",
                "VAT in it",
                format!("{} {}", invoice.totals.total_vat, invoice.totals.currency),
            );
        }
        facts.put("SHA-256", "SHA-256", verdict.hash);
        let does_not_prove = vec![say(
            "Que la facture a été scellée, ni que le point de vente, le manifeste de taxes ou la facture d'origine l'admettent.",
            "That it was sealed, nor that the outlet, the tax manifest or its original admit it.",
        )];
        let proves = vec![say(
            "La forme est canonique, les signes et les sommes sont justes.",
            "The form is canonical, signs and sums are right.",
        )];
        let (proves, does_not_prove) = if valid { (proves, does_not_prove) } else { Default::default() };
        let caution = String::new();
        Self {
            valid,
            title,
            caution,
            facts: facts.0,
            proves,
            does_not_prove,
            findings: in_words(&verdict.findings, language),
        }
    }

    /// Puts the verdict on a journal into words.
    pub fn of_journal(verdict: &JournalVerdict, language: Language) -> Self {
        let say = |french: &str, english: &str| pick(language, french, english);
        let valid = verdict.findings.is_empty();
        let title = if valid {
            say("VRAI : ce journal est intact", "TRUE: this journal is intact")
        } else {
            say("FAUX : ce journal n'est pas intact", "FALSE: this journal is not intact")
        };
        let mut facts = Facts(Vec::new(), language);
        facts.put("Enregistrements", "Records", verdict.lines);
        facts.put("Factures", "Invoices", verdict.invoices);
        if let Some(head) = verdict.head {
            facts.put("Tête", "Head", head);
        }
        if let Some(until) = verdict.until {
            facts.put("Jusqu'au", "Until", time_in_words(until, language));
        }
        let mut does_not_prove = vec![say(
            "Que rien ne suit le dernier enregistrement : comparez la tête avec celle gardée ailleurs.",
            "That nothing follows the last record: compare the head with the one kept elsewhere.",
        )];
        if verdict.first_position.is_some_and(|position| position > 1) {
            does_not_prove.push(say(
                "Ce qui précède le premier enregistrement du fichier.",
                "What came before the first record of the file.",
            ));
        }
        if verdict.payloads_absent > 0 {
            let lead = say(
                "L'arithmétique des factures absentes du fichier :",
                "The arithmetic of payloads not in the file:",
            );
            does_not_prove.push(format!("{lead} {}.", verdict.payloads_absent));
        }
        let proves = vec![say(
            "Aucun enregistrement n'a été changé, retiré, ajouté, doublé ou déplacé ; les numéros se suivent, l'heure ne recule pas, les sommes sont justes et chaque sceau est vrai.",
            "No record was changed, removed, added, doubled or moved; numbers follow each other, time does not go back, sums are right and every seal is true.",
        )];
        let (proves, does_not_prove) = if valid { (proves, does_not_prove) } else { Default::default() };
        let caution = String::new();
        Self {
            valid,
            title,
            caution,
            facts: facts.0,
            proves,
            does_not_prove,
            findings: in_words(&verdict.findings, language),
        }
    }
}

struct Facts(Vec<Fact>, Language);

impl Facts {
    fn put(&mut self, french: &str, english: &str, value: impl ToString) {
        self.0.push(Fact { name: pick(self.1, french, english), value: value.to_string() });
    }
}

fn facts_of_qr(qr: &Qr, language: Language) -> Vec<Fact> {
    let (header, invoice) = (qr.header(), qr.facts());
    let mut facts = Facts(Vec::new(), language);
    facts.put("Appareil", "Device", header.device);
    facts.put(
        "Numéro",
        "Number",
        format!("{} ({} {})", invoice.number, pick(language, "époque", "epoch"), header.epoch),
    );
    facts.put("Code d'authentification", "Authentication code", qr.auth_code());
    facts.put("NIF", "NIF", invoice.nif);
    facts.put("Point de vente", "Outlet", header.outlet);
    facts.put("Type", "Type", type_in_words(invoice.invoice_type, language));
    facts.put("Heure", "Time", time_in_words(header.time, language));
    facts.put("Articles", "Items", invoice.items);
    facts.put("Total", "Total", format!("{} {}", invoice.total, invoice.currency));
    facts.put("dont TVA", "VAT in it", format!("{} {}", invoice.vat, invoice.currency));
    facts.put("Clé", "Key", header.key);
    if let Some(credential) = qr.credential() {
        let terms = credential.terms();
        facts.put(
            "Vente hors ligne, bloc",
            "Offline sale, block",
            format!("{} + {}", terms.first, terms.count),
        );
        facts.put("Délégué par la clé", "Delegated by key", credential.issuer());
    }
    facts.0
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
    format!(
        "{time} UTC ({} {}, {} {})",
        pick(language, "Kinshasa", "Kinshasa"),
        time.local(UtcOffset::KINSHASA),
        pick(language, "Lubumbashi", "Lubumbashi"),
        time.local(UtcOffset::LUBUMBASHI),
    )
}

fn in_words(findings: &[Finding], language: Language) -> Vec<FindingInWords> {
    let words = |finding: &Finding| FindingInWords {
        code: finding.rule.code().to_owned(),
        place: finding.place.clone(),
        sentence: finding.rule.sentence(language),
    };
    findings.iter().map(words).collect()
}

fn pick(language: Language, french: &str, english: &str) -> String {
    match language {
        Language::French => french,
        Language::English => english,
    }
    .to_owned()
}
