use super::{Fact, Facts, Report, counted, dated, in_words, later_revocation, pick, time_in_words};
use crate::{finding::Language, journal::JournalVerdict, trust::Trust};

impl Report {
    /// Puts the verdict on a journal into words.
    pub fn of_journal(verdict: &JournalVerdict, trust: &Trust, language: Language) -> Self {
        let valid = verdict.is_true();
        let (proves, does_not_prove) = if valid {
            (proof(verdict, trust, language), gaps(verdict, trust, language))
        } else {
            Default::default()
        };
        Self {
            valid,
            complete: is_complete(verdict),
            title: title(verdict, language),
            caution: String::new(),
            facts: facts(verdict, language),
            proves,
            does_not_prove,
            findings: in_words(&verdict.findings, language),
        }
    }
}

const fn is_complete(verdict: &JournalVerdict) -> bool {
    !verdict.is_part
        && verdict.payloads_absent == 0
        && verdict.closures_unchecked == 0
        && verdict.takeovers_unchecked == 0
        && verdict.hand_overs_unchecked == 0
        && verdict.unanchored == 0
        && verdict.authority_unchecked == 0
}

fn title(verdict: &JournalVerdict, language: Language) -> String {
    let (french, english) = if !verdict.is_true() {
        ("FAUX : ce journal n'est pas intact", "FALSE: this journal is not intact")
    } else if verdict.is_part {
        (
            "VRAI EN PARTIE : ce qui est ici est intact, le début manque",
            "TRUE IN PART: what is here is intact, the beginning is missing",
        )
    } else if verdict.payloads_absent > 0 {
        (
            "VRAI EN PARTIE : la chaîne est intacte, des factures manquent",
            "TRUE IN PART: the chain is intact, payloads are missing",
        )
    } else if verdict.closures_unchecked > 0 {
        (
            "VRAI EN PARTIE : la chaîne est intacte, des clôtures n'ont pas pu être vérifiées",
            "TRUE IN PART: the chain is intact, closures could not be checked",
        )
    } else if verdict.takeovers_unchecked > 0 {
        (
            "VRAI EN PARTIE : la chaîne est intacte, des reprises n'ont pas pu être vérifiées",
            "TRUE IN PART: the chain is intact, take-overs could not be checked",
        )
    } else if verdict.hand_overs_unchecked > 0 {
        (
            "VRAI EN PARTIE : cette chaîne est intacte, celles des autres signataires ne sont pas ici",
            "TRUE IN PART: this chain is intact, those of other signers are not here",
        )
    } else if verdict.unanchored > 0 {
        (
            "VRAI EN PARTIE : les chaînes sont intactes, le registre n'en nomme pas encore tous les enregistrements",
            "TRUE IN PART: the chains are intact, the ledger does not name all of their records yet",
        )
    } else if verdict.authority_unchecked > 0 {
        (
            "VRAI EN PARTIE : la chaîne est intacte, des factures que la DGI a ne sont pas ici",
            "TRUE IN PART: the chain is intact, invoices that the tax authority has are not here",
        )
    } else {
        ("VRAI : ce journal est intact", "TRUE: this journal is intact")
    };
    pick(language, french, english)
}

fn facts(verdict: &JournalVerdict, language: Language) -> Vec<Fact> {
    let mut facts = Facts(Vec::new(), language);
    facts.put("lines", "Lignes", "Lines", verdict.lines);
    facts.put("invoices", "Factures", "Invoices", verdict.invoices);
    facts.put("closures", "Clôtures", "Closures", verdict.closures);
    if verdict.closures_unchecked > 0 {
        facts.put(
            "closures_unchecked",
            "dont non entièrement vérifiées",
            "of them not checked in full",
            verdict.closures_unchecked,
        );
    }
    for (count, code, french, english) in [
        (verdict.hand_overs, "hand_overs", "Reprises de la série", "Hand-overs"),
        (
            verdict.hand_overs_unchecked,
            "hand_overs_unchecked",
            "Reprises dont l'autre chaîne n'est pas ici",
            "Hand-overs of which the other chain is not here",
        ),
        (verdict.authority, "authority", "Éléments de la DGI", "Elements of the tax authority"),
        (
            verdict.authority_unchecked,
            "authority_unchecked",
            "dont la facture n'est pas ici",
            "of them of an invoice that is not here",
        ),
        (
            verdict.declared,
            "declared",
            "Enregistrements que le registre signale lui-même",
            "Records that the ledger itself flags",
        ),
    ] {
        if count > 0 {
            facts.put(code, french, english, count);
        }
    }
    if let Some(head) = verdict.head {
        facts.put("head", "Tête", "Head", head);
    }
    if let Some(until) = verdict.until {
        facts.put("until", "Jusqu'au", "Until", time_in_words(until, language));
    }
    if verdict.more_findings > 0 {
        facts.put(
            "more_findings",
            "Autres constats, non listés",
            "More findings, not listed",
            verdict.more_findings,
        );
    }
    facts.0
}

fn proof(verdict: &JournalVerdict, trust: &Trust, language: Language) -> Vec<String> {
    let say = |french: &str, english: &str| pick(language, french, english);
    let mut proves = vec![say(
        "Du premier au dernier enregistrement de ce fichier, dans chaque époque, aucun n'a été changé, retiré, ajouté, doublé ou déplacé ; les numéros se suivent, l'heure ne recule pas et chaque sceau est vrai.",
        "From the first to the last record of this file, within each epoch, none was changed, removed, added, doubled or moved; numbers follow each other, time does not go back, and every seal is true.",
    )];
    if verdict.payloads_absent < verdict.lines {
        proves.push(say(
            "Les factures du fichier sont celles qui ont été scellées, et leurs sommes sont justes.",
            "The payloads in the file are those that were sealed, and their sums are right.",
        ));
    }
    let checked = verdict.closures - verdict.closures_unchecked;
    if checked > 0 {
        let lead = say(
            "Les clôtures disent de leurs enregistrements ce que ceux-ci disent : étendue, numéros, jours, totaux par groupe et devise, compteur ; ainsi vérifiées :",
            "Closures say of their records what these say: range, numbers, days, totals per group and currency, counter; checked so:",
        );
        proves.push(counted(&lead, checked));
    }
    if verdict.hand_overs > 0 {
        let lead = say(
            "Chaque signataire qui a repris la série nomme la clôture de celui qui l'a quittée, et les numéros de toutes les chaînes sont une seule série sans trou ni doublon ; reprises vérifiées :",
            "Each signer that took the line names the close of the one that gave it, and the numbers of all chains are one line without a gap or a double; hand-overs checked:",
        );
        proves.push(counted(&lead, verdict.hand_overs));
    }
    if verdict.heads_met > 0 {
        let lead = say(
            "Les têtes gardées ailleurs sont dans ce journal :",
            "The heads kept elsewhere are in this journal:",
        );
        proves.push(counted(&lead, verdict.heads_met));
    }
    if let Trust::Bundle(bundle) = trust {
        let lead = say(
            "Les clés sont celles de ce vendeur et de ce point de vente, selon la liste signée du",
            "The keys are those of this seller and outlet, by the list signed on",
        );
        proves.push(dated(&lead, bundle));
    }
    proves
}

fn gaps(verdict: &JournalVerdict, trust: &Trust, language: Language) -> Vec<String> {
    let say = |french: &str, english: &str| pick(language, french, english);
    let mut gaps = vec![
        say(
            "Que rien ne suit le dernier enregistrement : comparez la tête avec celle gardée ailleurs.",
            "That nothing follows the last record: compare the head with the one kept elsewhere.",
        ),
        say(
            "Que les taux étaient ceux du manifeste et que les avoirs tiennent leurs limites : le scelleur l'a vérifié, pas ce fichier.",
            "That rates were the manifest's and credit notes kept their limits: the sealer checked it, not this file.",
        ),
    ];
    if verdict.is_part {
        gaps.push(say(
            "Ce qui précède le premier enregistrement du fichier.",
            "What came before the first record of the file.",
        ));
    }
    gaps.extend(gaps_of_chains(verdict, language));
    if verdict.heads_before > 0 {
        let lead = say(
            "Que les têtes gardées ailleurs d'avant le premier enregistrement du fichier sont vraies ; de telles têtes :",
            "That heads kept elsewhere of before the first record of the file are true; such heads:",
        );
        gaps.push(counted(&lead, verdict.heads_before));
    }
    if verdict.untied_epochs > 0 {
        let lead = say(
            "Que rien ne manque à la fin d'une époque que la suivante ne nomme pas ; de telles fins :",
            "That nothing is missing at the end of an epoch that the next does not name; such ends:",
        );
        gaps.push(counted(&lead, verdict.untied_epochs));
    }
    if verdict.payloads_absent > 0 {
        let lead = say(
            "Ce que disent les factures et leurs sommes, là où elles manquent au fichier :",
            "What payloads and their sums say, where they are not in the file:",
        );
        gaps.push(counted(&lead, verdict.payloads_absent));
    }
    if verdict.takeovers_unchecked > 0 {
        let lead = say(
            "Que les scelleurs qui ont repris, au-delà des 64 premiers d'une époque, ont continué leurs propres positions et compteurs ; de telles reprises :",
            "That signers which took over, beyond the first 64 of an epoch, went on with their own positions and counters; such take-overs:",
        );
        gaps.push(counted(&lead, verdict.takeovers_unchecked));
    }
    gaps.extend(gaps_of_closures(verdict, language));
    gaps.push(match trust {
        Trust::Keys(_) | Trust::Signers(_) => say(
            "Que les clés sont celles de ce vendeur : elles ont été données à la main. Une liste signée de clés le prouve.",
            "That the keys are this seller's: they were given by hand. A signed list of keys proves it.",
        ),
        Trust::Bundle(bundle) => later_revocation(bundle, language),
    });
    gaps
}

fn gaps_of_chains(verdict: &JournalVerdict, language: Language) -> Vec<String> {
    let counts = [
        (
            verdict.hand_overs_unchecked,
            "Que les numéros se suivent là où un autre signataire avait la série : sa chaîne n'est pas ici ; de telles reprises :",
            "That numbers follow each other where another signer had the line: its chain is not here; such hand-overs:",
        ),
        (
            verdict.unanchored,
            "Que le registre connaît les derniers enregistrements des autres signataires ; de tels enregistrements :",
            "That the ledger knows the last records of other signers; such records:",
        ),
        (
            verdict.declared,
            "Que ce que le registre signale lui-même respecte les règles ; de tels enregistrements :",
            "That what the ledger itself flags keeps the rules; such records:",
        ),
    ];
    let said = counts.into_iter().filter(|(count, ..)| *count > 0);
    said.map(|(count, french, english)| counted(language.pick(french, english), count)).collect()
}

fn gaps_of_closures(verdict: &JournalVerdict, language: Language) -> Vec<String> {
    let say = |french: &str, english: &str| pick(language, french, english);
    let mut gaps = Vec::new();
    if verdict.closures_unchecked > 0 {
        let lead = say(
            "Tout ce que disent les clôtures dont le fichier n'a pas tous les enregistrements ou factures :",
            "All that those closures say of which the file has not all records or payloads:",
        );
        gaps.push(counted(&lead, verdict.closures_unchecked));
    }
    if verdict.closures_without_zone > 0 {
        let lead = say(
            "Que les jours des clôtures sont ceux du fuseau du point de vente, que le fichier ne dit pas ; de telles clôtures :",
            "That closures' days are those of the outlet's zone, which the file does not say; such closures:",
        );
        gaps.push(counted(&lead, verdict.closures_without_zone));
    }
    gaps
}
