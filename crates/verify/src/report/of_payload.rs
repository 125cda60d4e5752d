use super::{Facts, Report, in_words, pick, type_in_words};
use crate::{finding::Language, payload::PayloadVerdict};

impl Report {
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
            facts.put("merchant_nif", "NIF", "NIF", invoice.merchant_nif);
            facts.put("outlet_id", "Point de vente", "Outlet", invoice.outlet_id);
            facts.put("invoice_type", "Type", "Type", type_in_words(invoice.invoice_type, language));
            facts.put("items", "Articles", "Items", invoice.items.len());
            facts.put(
                "total",
                "Total",
                "Total",
                format!("{} {}", invoice.totals.total, invoice.totals.currency),
            );
            facts.put(
                "total_vat",
                "dont TVA",
                "VAT in it",
                format!("{} {}", invoice.totals.total_vat, invoice.totals.currency),
            );
        }
        facts.put("payload_hash", "SHA-256", "SHA-256", verdict.hash);
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
            complete: true,
            title,
            caution,
            facts: facts.0,
            proves,
            does_not_prove,
            findings: in_words(&verdict.findings, language),
        }
    }
}
