//! What the demonstration says, in both languages.

use std::path::Path;

use fiscal::Amount;
use verify::{Language, QrVerdict, Report};

use super::shop::{Receipt, Shop};

/// The demonstration's voice.
pub(super) struct Words {
    language: Language,
}

impl Words {
    pub(super) const fn new(language: Language) -> Self {
        Self { language }
    }

    pub(super) const fn language(&self) -> Language {
        self.language
    }

    fn say<'a>(&self, french: &'a str, english: &'a str) -> &'a str {
        match self.language {
            Language::French => french,
            Language::English => english,
        }
    }

    pub(super) fn opening(&self, sales: usize, shop: &Shop) -> String {
        let chain = shop.chain();
        let lead = self.say(
            "Une boutique de Kinshasa vend. Une clé logicielle, faite à l'instant, scelle chaque facture ; l'horloge est celle du jour de l'exemple.",
            "A shop in Kinshasa sells. A software key, made just now, seals each invoice; the clock is that of the example's day.",
        );
        format!(
            "{lead}\n\n  {}  {}\n  {}  {}\n  {}  {}\n  {}  {} ({})\n  {}  {sales}",
            self.say("NIF           ", "NIF     "),
            chain.nif,
            self.say("Point de vente", "Outlet  "),
            chain.outlet,
            self.say("Appareil      ", "Device  "),
            chain.device,
            self.say("Clé           ", "Key     "),
            chain.key,
            self.say("publique : key.pem", "public half: key.pem"),
            self.say("Factures      ", "Invoices"),
        )
    }

    pub(super) fn table_head(&self) -> String {
        let (number, time, total, code, verdict) = if self.language == Language::French {
            ("numéro fiscal", "heure (UTC)", "total", "code d'auth.", "arbitre")
        } else {
            ("fiscal number", "time (UTC)", "total", "auth code", "referee")
        };
        format!("{number:<21} {:<2} {time:<19} {total:>14}     {code:<16} {verdict}", "")
    }

    pub(super) fn row(&self, receipt: &Receipt, verdict: &QrVerdict) -> String {
        let (elements, facts) = (&receipt.elements, &receipt.facts);
        format!(
            "{:<21} {:<2} {} {:>14} {} {} {}",
            elements.fiscal_number.to_string(),
            facts.invoice_type.dgi_code(),
            elements.time,
            facts.total.to_string(),
            facts.currency,
            elements.auth_code,
            if verdict.is_true() { self.say("VRAI", "TRUE") } else { self.say("FAUX", "FALSE") },
        )
    }

    pub(super) fn journal(&self, report: &Report) -> String {
        let lead = self.say("L'arbitre relit le journal entier :", "The referee reads the whole journal:");
        format!("{lead} {}", report.title)
    }

    pub(super) fn lie(&self, receipt: &Receipt, tenth: Amount, report: &Report) -> String {
        let findings: Vec<&str> = report.findings.iter().map(|finding| finding.sentence.as_str()).collect();
        format!(
            "{} {}{} {} {} {tenth}.\n{}\n  - {}",
            self.say("Un marchand réécrit", "A merchant rewrites"),
            receipt.elements.fiscal_number,
            self.say(" :", ":"),
            receipt.facts.total,
            self.say("devient", "becomes"),
            report.title,
            findings.join("\n  - "),
        )
    }

    pub(super) fn what_next(&self, out: &Path, receipts: &[Receipt]) -> String {
        let out = out.display();
        let qr = receipts.last().map_or("", |receipt| &receipt.elements.qr);
        let run = "cargo run --release --";
        let lang = self.say("", " --lang en");
        format!(
            "\n{}\n\n  {run} verify qr '{qr}' --key {out}/key.pem{lang}\n\n  {run} verify qr '{qr}' --bundle {out}/trust.jws --root {out}/root.pem{lang}\n\n  {run} verify journal {out}/journal.jsonl --bundle {out}/trust.jws --root {out}/root.pem{lang}\n\n  {run} verify payload examples/day/006-family-shopping.json{lang}\n\n{}",
            self.say("À essayer maintenant (changez un caractère et essayez encore) :", "Try now (then change a character and try again):"),
            self.say(
                "Chaque ligne de qr.txt est le texte d'un code QR. La page de web/verify le prend collé, ou le scanne d'un ticket.",
                "Each line of qr.txt is the text of a QR code. The page of web/verify takes it pasted, or scans it from a receipt.",
            ),
        )
    }
}
