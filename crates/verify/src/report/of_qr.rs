use fiscal::{Currency, Qr};

use super::{Fact, Facts, Report, dated, in_words, later_revocation, pick, time_in_words, type_in_words};
use crate::{finding::Language, qr::QrVerdict, trust::Trust};

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
        let (proves, does_not_prove) = match &verdict.qr {
            Some(qr) if valid => (proof(qr, trust, language), gaps(qr, trust, language)),
            _ => Default::default(),
        };
        let caution = if valid || facts.is_empty() {
            String::new()
        } else {
            say("Ce qui est écrit, sans être prouvé", "What is stated, without being proven")
        };
        Self {
            valid,
            complete: true,
            title,
            caution,
            facts,
            proves,
            does_not_prove,
            findings: in_words(&verdict.findings, language),
        }
    }

    /// What a true seal proves, whoever's key it is.
    pub const fn proof_of_any_seal(language: Language) -> &'static str {
        language.pick(
            "Le détenteur de la clé a scellé cette facture : numéro, NIF, point de vente, totaux, heure, type et nombre d'articles sont ceux ci-dessus.",
            "The holder of the key sealed this invoice: number, NIF, outlet, totals, time, type and number of items are those above.",
        )
    }

    /// What no seal on a receipt proves (S6).
    pub const fn gaps_of_any_seal(language: Language) -> [&'static str; 2] {
        [
            language.pick(
                "Les articles eux-mêmes : le code QR ne les contient pas. Comparez leur nombre et le total.",
                "The articles themselves: they are not in the QR code. Compare their number and the total.",
            ),
            language.pick(
                "Que ce papier est le premier exemplaire : un sceau vrai peut être recopié. Comparez l'heure et le lieu.",
                "That this paper is the first copy: a true seal can be copied. Compare time and place.",
            ),
        ]
    }
}

fn proof(qr: &Qr, trust: &Trust, language: Language) -> Vec<String> {
    let say = |french: &str, english: &str| pick(language, french, english);
    let mut proves = vec![Report::proof_of_any_seal(language).to_owned()];
    if let Trust::Bundle(bundle) = trust {
        let whose = if qr.credential().is_some() {
            say(
                "La clé a été déléguée à ce vendeur et à ce point de vente par un émetteur de la liste signée du",
                "The key was delegated to this seller and outlet by an issuer of the list signed on",
            )
        } else {
            say(
                "La clé est celle de ce vendeur et de ce point de vente, selon la liste signée du",
                "The key is that of this seller and outlet, by the list signed on",
            )
        };
        proves.push(dated(&whose, bundle));
    }
    proves
}

fn gaps(qr: &Qr, trust: &Trust, language: Language) -> Vec<String> {
    let say = |french: &str, english: &str| pick(language, french, english);
    let mut gaps: Vec<String> = Report::gaps_of_any_seal(language).map(str::to_owned).into();
    if matches!(trust, Trust::Keys(_) | Trust::Signers(_)) {
        gaps.push(say(
            "Que la clé est celle de ce vendeur : elle a été donnée à la main. Une liste signée de clés le prouve.",
            "That the key is this seller's: it was given by hand. A signed list of keys proves it.",
        ));
    }
    if let Trust::Bundle(bundle) = trust {
        gaps.push(later_revocation(bundle, language));
    }
    if let Some(credential) = qr.credential() {
        if qr.facts().currency != Currency::CDF {
            let lead = say(
                "Que le total, en devise, tient le plafond délégué, en CDF :",
                "That the total, in a foreign currency, keeps the delegated cap, in CDF:",
            );
            gaps.push(format!("{lead} {} CDF.", credential.terms().cap.amount()));
        }
        gaps.push(say(
            "Que cette vente hors ligne est déjà arrivée au registre, ni que le plafond de toutes les ventes du bloc est tenu.",
            "That this offline sale has reached the ledger yet, nor that the cap over all sales of the block was kept.",
        ));
    }
    gaps
}

fn facts_of_qr(qr: &Qr, language: Language) -> Vec<Fact> {
    let (header, invoice) = (qr.header(), qr.facts());
    let mut facts = Facts(Vec::new(), language);
    facts.put("device_id", "Appareil", "Device", header.device);
    facts.put(
        "invoice_seq",
        "Numéro",
        "Number",
        format!("{} ({} {})", invoice.number, pick(language, "époque", "epoch"), header.epoch),
    );
    facts.put("auth_code", "Code d'authentification", "Authentication code", qr.auth_code());
    facts.put("merchant_nif", "NIF", "NIF", invoice.nif);
    facts.put("outlet_id", "Point de vente", "Outlet", header.outlet);
    facts.put("invoice_type", "Type", "Type", type_in_words(invoice.invoice_type, language));
    facts.put("timestamp", "Heure", "Time", time_in_words(header.time, language));
    facts.put("items", "Articles", "Items", invoice.items);
    facts.put("total", "Total", "Total", format!("{} {}", invoice.total, invoice.currency));
    facts.put("total_vat", "dont TVA", "VAT in it", format!("{} {}", invoice.vat, invoice.currency));
    facts.put("key_id", "Clé", "Key", header.key);
    if let Some(credential) = qr.credential() {
        let terms = credential.terms();
        facts.put(
            "block",
            "Vente hors ligne, bloc",
            "Offline sale, block",
            format!("{} + {}", terms.first, terms.count),
        );
        facts.put("issuer_key_id", "Délégué par la clé", "Delegated by key", credential.issuer());
    }
    facts.0
}
