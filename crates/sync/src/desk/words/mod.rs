//! What people read, in French and in English: what the state of an invoice, a cause or an alert means, and what to do. All
//! that shows them says it from here, each sentence once.

mod alerts;
mod causes;
mod invoices;

use edef::Words;

const fn words(french: &'static str, english: &'static str) -> Words {
    Words { french, english }
}

// What to do, about an invoice and about the alert that tells of it.
const LOOK: Words = words(
    "Cherchez la facture sur le portail de la DGI, puis dites ici ce que vous y avez vu. D'ici là, rien n'est renvoyé.",
    "Look for the invoice on the DGI's portal, then say here what you saw. Nothing is sent again until then.",
);
const RETURN: Words = words(
    "Importez le résultat de la saisie, ou rendez ce que personne ne saisit : d'ici là, rien n'en est envoyé.",
    "Import the result of the typing, or give back what nobody types: none of it is sent until then.",
);
const CORRECT: Words = words(
    "Faites un avoir d'annulation (RAN) et une nouvelle vente, puis retirez la facture de l'envoi (« Ne pas envoyer »).",
    "Make a credit note that cancels it (RAN) and a new sale, then withdraw the invoice (“Do not send”).",
);
const RETRY: Words = words(
    "Corrigez la cause, puis renvoyez la facture ; sinon, faites un avoir d'annulation (RAN) et une nouvelle vente.",
    "Mend the cause, then send the invoice again; otherwise make a credit note that cancels it (RAN) and a new sale.",
);
const SELL_AGAIN: Words = words(
    "Refaites la vente : la nouvelle facture est envoyée à sa place.",
    "Reissue the sale: the new invoice is sent in its place.",
);
const MACHINE: Words = words(
    "Enregistrez l'e-MCF du point de vente et son jeton, ou associez un autre e-MCF à ce point de vente.",
    "Enter the outlet's e-MCF and its token, or have another e-MCF serve this outlet.",
);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{AlertKind, Cause, JobState};

    #[test]
    fn every_state_cause_and_alert_has_a_sentence_of_its_own_in_both_languages() {
        let states = JobState::ALL.iter().map(|state| state.words());
        let alerts = AlertKind::ALL.iter().map(|alert| alert.words());
        let causes = Cause::ALL.iter().map(|cause| cause.words());
        for all in [states.collect::<Vec<_>>(), alerts.collect(), causes.collect()] {
            assert_eq!(all.iter().map(|words| words.french).collect::<BTreeSet<_>>().len(), all.len());
            for Words { french, english } in all {
                assert!(french.ends_with('.') && english.ends_with('.') && french != english, "{english}");
            }
        }
    }
}
