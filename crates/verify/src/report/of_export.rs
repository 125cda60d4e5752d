use super::{Fact, Report, in_words, pick, time_in_words};
use crate::{export::ExportVerdict, finding::Language, trust::Trust};

impl Report {
    /// Puts the verdict on an export into words: those of its records as one journal, and those of its list.
    pub fn of_export(verdict: &ExportVerdict, trust: &Trust, language: Language) -> Self {
        let mut report = Self::of_journal(&verdict.journal, trust, language);
        let whole = verdict.parts == verdict.parts_listed;
        report.complete &= whole && verdict.signed;
        report.title = title(verdict, &report, language);
        report.facts.splice(0..0, facts(verdict, language));
        report.findings.splice(0..0, in_words(&verdict.findings, language));
        report.valid = verdict.is_true();
        if !report.valid {
            (report.proves, report.does_not_prove) = Default::default();
            return report;
        }
        let say = |french: &str, english: &str| pick(language, french, english);
        let proof = if verdict.signed {
            say(
                "La liste des parties est signée par la clé donnée ; chaque partie lue est celle de la liste, octet par octet.",
                "The list of parts is signed by the given key; each part that was read is that of the list, byte for byte.",
            )
        } else {
            say(
                "Chaque partie lue est celle de la liste, octet par octet.",
                "Each part that was read is that of the list, byte for byte.",
            )
        };
        report.proves.insert(0, proof);
        if !verdict.signed {
            report.does_not_prove.insert(
                0,
                say(
                    "Qui a dressé la liste des parties : donnez la clé qui l'a signée.",
                    "Who made the list of parts: give the key that signed it.",
                ),
            );
        }
        if !whole {
            report.does_not_prove.insert(
                0,
                say(
                    "Ce que contiennent les parties qui n'ont pas été lues.",
                    "What is in the parts that were not read.",
                ),
            );
        }
        report
    }
}

fn title(verdict: &ExportVerdict, report: &Report, language: Language) -> String {
    let (french, english) = if !verdict.is_true() {
        ("FAUX : cet export n'est pas intact", "FALSE: this export is not intact")
    } else if verdict.parts < verdict.parts_listed {
        (
            "VRAI EN PARTIE : ce qui a été lu est intact, d'autres parties ne l'ont pas été",
            "TRUE IN PART: what was read is intact, other parts were not read",
        )
    } else if !verdict.signed {
        (
            "VRAI EN PARTIE : les enregistrements sont intacts, la signature de la liste n'a pas été vérifiée",
            "TRUE IN PART: the records are intact, the signature of the list was not checked",
        )
    } else if !report.complete {
        return report.title.clone();
    } else {
        ("VRAI : cet export est intact", "TRUE: this export is intact")
    };
    pick(language, french, english)
}

fn facts(verdict: &ExportVerdict, language: Language) -> Vec<Fact> {
    let mut facts = super::Facts(Vec::new(), language);
    if verdict.chains > 1 {
        facts.put("chains", "Signataires", "Signers", verdict.chains);
    }
    facts.put("parts", "Parties", "Parts", verdict.parts);
    if verdict.parts < verdict.parts_listed {
        facts.put("parts_listed", "Parties dans la liste", "Parts in the list", verdict.parts_listed);
    }
    if let Some(issued) = verdict.issued {
        facts.put("issued", "Liste établie", "List made", time_in_words(issued, language));
    }
    if verdict.more_findings > 0 {
        facts.put(
            "more_findings_of_parts",
            "Autres constats sur les parties, non listés",
            "More findings of parts, not listed",
            verdict.more_findings,
        );
    }
    facts.0
}
