use super::{Facts, Report, in_words, pick, time_in_words};
use crate::{finding::Language, journal::JournalVerdict};

impl Report {
    /// Puts the verdict on a journal into words.
    pub fn of_journal(verdict: &JournalVerdict, language: Language) -> Self {
        let say = |french: &str, english: &str| pick(language, french, english);
        let valid = verdict.findings.is_empty();
        let title = if valid && verdict.is_part {
            say(
                "VRAI EN PARTIE : ce qui est ici est intact, le début manque",
                "TRUE IN PART: what is here is intact, the beginning is missing",
            )
        } else if valid {
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
        if verdict.is_part {
            does_not_prove.push(say(
                "Ce qui précède le premier enregistrement du fichier.",
                "What came before the first record of the file.",
            ));
        }
        if verdict.untied_epochs > 0 {
            let lead = say(
                "Que rien ne manque à la fin d'une époque que la suivante ne nomme pas ; de telles fins :",
                "That nothing is missing at the end of an epoch that the next does not name; such ends:",
            );
            does_not_prove.push(format!("{lead} {}.", verdict.untied_epochs));
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
