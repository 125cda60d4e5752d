//! What people read, in French and in English: what a state, a cause or an alert means, and what to do.

use edef::{ErrorCode, Guidance, Words};

use crate::{AlertKind, Cause, JobState, Problem};

const fn words(french: &'static str, english: &'static str) -> Words {
    Words { french, english }
}

const NOTHING: Words = words("Rien à faire.", "There is nothing to do.");
const LOOK: Words = words(
    "Cherchez la facture sur le portail de la DGI, puis notez ici son code, ou qu'elle n'y est pas.",
    "Look for the invoice on the DGI's portal, then note its code here, or that it is not there.",
);
const CODE: Words = words(
    "Importez l'export du portail de la DGI, ou copiez le code de la facture.",
    "Import the export of the DGI's portal, or copy the code of the invoice.",
);
const CORRECT: Words = words(
    "Faites un avoir total (RAN) et refaites la vente; puis retirez les deux premières.",
    "Make a full cancellation (RAN) and sell again; then withdraw the first two.",
);
const RETRY: Words = words(
    "Corrigez ce que le message indique, puis relancez l'envoi.",
    "Put right what the message says, then send it again.",
);
const MACHINE: Words = words(
    "Enregistrez l'e-MCF du point de vente, ou associez-le à celui-ci.",
    "Register the outlet's e-MCF, or have it serve this outlet.",
);
const PLATFORM: Words =
    words("Prévenez l'exploitant de la plateforme.", "Tell the operator of the platform.");

impl JobState {
    /// What it means for a merchant.
    pub const fn words(self) -> Words {
        match self {
            Self::Pending => words("En attente d'envoi à la DGI.", "Waits to be sent to the DGI."),
            Self::Submitted => {
                words("En cours de normalisation à la DGI.", "Is being normalised by the DGI.")
            }
            Self::Synced => words("Normalisée par la DGI.", "Normalised by the DGI."),
            Self::Retry => {
                words("Pas encore normalisée; nouvel essai prévu.", "Not normalised yet; is tried again.")
            }
            Self::Ambiguous => words(
                "On ne sait pas si la DGI l'a normalisée; elle n'est pas renvoyée.",
                "It is not known whether the DGI normalised it; it is not sent again.",
            ),
            Self::Differs => words(
                "La DGI calcule d'autres montants; l'envoi a été annulé.",
                "The DGI computes other amounts; it was cancelled there.",
            ),
            Self::SyncedWithoutCode => words(
                "Normalisée par la DGI, mais son code n'est pas arrivé.",
                "Normalised by the DGI, but its code did not arrive.",
            ),
            Self::Failed => {
                words("Refusée; elle n'est pas renvoyée d'elle-même.", "Refused; not sent again by itself.")
            }
            Self::Withdrawn => words("Retirée: elle ne sera jamais envoyée.", "Withdrawn: it is never sent."),
        }
    }

    /// What a merchant does about it.
    pub const fn action(self) -> Words {
        match self {
            Self::Pending | Self::Submitted | Self::Synced | Self::Retry | Self::Withdrawn => NOTHING,
            Self::Ambiguous => LOOK,
            Self::SyncedWithoutCode => CODE,
            Self::Differs => CORRECT,
            Self::Failed => RETRY,
        }
    }
}

impl Cause {
    /// Why an invoice is in its state.
    #[expect(clippy::too_many_lines, reason = "one table: a sentence for each cause")]
    pub const fn words(self) -> Words {
        match self {
            Self::Sealed => words("La facture vient d'être scellée.", "The invoice was sealed."),
            Self::NoMachine => words("Le point de vente n'a pas d'e-MCF.", "The outlet has no e-MCF."),
            Self::MachineChanged => words("Elle passe par un autre e-MCF.", "It goes to another e-MCF."),
            Self::NonCompliant => words(
                "La facture n'est pas conforme, ou ses éléments de sécurité manquent.",
                "The invoice is not compliant, or lacks security elements.",
            ),
            Self::Erased => {
                words("Son contenu a été effacé du registre.", "Its content was erased from the ledger.")
            }
            Self::Requested => words("La demande part vers la DGI.", "The request goes out to the DGI."),
            Self::RequestFailed => words("La demande n'a pas abouti.", "The request did not succeed."),
            Self::RequestLost => {
                words("L'agent s'est arrêté pendant la demande.", "The agent ended during the request.")
            }
            Self::Refused => words("La DGI la refuse.", "The DGI refuses it."),
            Self::WaitsForOriginal => words(
                "L'avoir attend que sa facture d'origine soit normalisée.",
                "The credit note waits until its original is normalised.",
            ),
            Self::OriginalStuck => words(
                "La facture d'origine ne sera pas normalisée d'elle-même.",
                "The original will not be normalised by itself.",
            ),
            Self::Confirming => {
                words("Les montants concordent: confirmation.", "The amounts agree: it is confirmed.")
            }
            Self::Differs => words("La DGI calcule d'autres montants.", "The DGI computes other amounts."),
            Self::Cancelled => {
                words("La demande a été annulée à la DGI.", "The request was cancelled at the DGI.")
            }
            Self::TooOld => {
                words("La demande était trop ancienne pour être confirmée.", "The request was too old.")
            }
            Self::NotSent => words("La confirmation n'est pas partie.", "The confirm was not sent."),
            Self::Confirmed => words("La DGI l'a normalisée.", "The DGI normalised it."),
            Self::ConfirmLost => {
                words("La réponse à la confirmation s'est perdue.", "The answer to the confirm was lost.")
            }
            Self::AgentLost => {
                words("L'agent s'est arrêté pendant la confirmation.", "The agent ended during the confirm.")
            }
            Self::StillPending => words(
                "La DGI attend encore la confirmation: elle est répétée.",
                "The DGI still waits for the confirm: it is repeated.",
            ),
            Self::GoneInTime => words(
                "La demande a quitté la liste avant son terme: elle a été normalisée.",
                "The request left the list before it expired: it was normalised.",
            ),
            Self::GoneTooLate => words(
                "La demande n'est plus dans la liste, et on ne sait pas pourquoi.",
                "The request is not in the list any more, and it is not known why.",
            ),
            Self::CountersSayNot => words(
                "Les compteurs de l'e-MCF montrent qu'elle n'a pas été normalisée.",
                "The e-MCF's counters show that it was not normalised.",
            ),
            Self::CountersSay => words(
                "Les compteurs de l'e-MCF montrent qu'elle a été normalisée.",
                "The e-MCF's counters show that it was normalised.",
            ),
            Self::Contradicted => words(
                "La liste et les compteurs de la DGI se contredisent.",
                "The DGI's list and counters contradict each other.",
            ),
            Self::Restored => words(
                "Une sauvegarde a été restaurée: elle a pu être normalisée entre-temps.",
                "A backup was restored: it may have been normalised meanwhile.",
            ),
            Self::CodeKept => words("Son code est arrivé après coup.", "Its code arrived late."),
            Self::TwoCodes => {
                words("Deux codes différents sont arrivés pour elle.", "Two different codes came for it.")
            }
            Self::SettledByHand => words("Une personne a noté son code.", "A person noted its code."),
            Self::SettledByPortal => {
                words("L'export du portail a donné son code.", "The portal's export gave its code.")
            }
            Self::NotThere => words(
                "Une personne a vérifié: le portail de la DGI ne l'a pas.",
                "A person looked: the DGI's portal does not have it.",
            ),
            Self::HandedOut => words(
                "Elle a été remise à une personne pour saisie sur le portail.",
                "It was given to a person who types it into the portal.",
            ),
            Self::RetriedByHand => {
                words("Une personne a relancé l'envoi.", "A person asked for another try.")
            }
            Self::Withdrawn => words("Une personne l'a retirée.", "A person withdrew it."),
        }
    }
}

impl AlertKind {
    /// What is wrong.
    pub const fn words(self) -> Words {
        match self {
            Self::TokenExpires => words(
                "Le jeton d'un e-MCF expire dans moins de sept jours.",
                "The token of an e-MCF expires within seven days.",
            ),
            Self::TokenExpired => {
                words("Le jeton d'un e-MCF a expiré.", "The token of an e-MCF has expired.")
            }
            Self::NoMachine => words(
                "Un point de vente a des factures et pas d'e-MCF.",
                "An outlet has invoices and no e-MCF.",
            ),
            Self::MachinePaused => words(
                "Un e-MCF est en pause depuis plus d'une heure.",
                "An e-MCF has been paused for more than an hour.",
            ),
            Self::MachineBlocked => words(
                "Un e-MCF est bloqué: la DGI refuse le jeton, ou répond pour un autre appareil.",
                "An e-MCF is blocked: the DGI refuses the token, or answers for another machine.",
            ),
            Self::Backlog => words(
                "La plus ancienne facture en attente a plus de 24 heures.",
                "The oldest invoice that waits is older than 24 hours.",
            ),
            Self::Ambiguous => words(
                "Des factures sont en doute: la DGI les a peut-être normalisées.",
                "Invoices are in doubt: the DGI may have normalised them.",
            ),
            Self::Differs => {
                words("La DGI calcule d'autres montants que nous.", "The DGI computes other amounts than we.")
            }
            Self::Failed => words("Des factures sont refusées.", "Invoices are refused."),
            Self::RatesDiffer => words(
                "Les taux de la DGI ne sont pas ceux du manifeste fiscal.",
                "The DGI's rates are not those of the tax manifest.",
            ),
            Self::TwoCodes => {
                words("Une facture a deux codes de la DGI.", "An invoice has two codes of the DGI.")
            }
            Self::Contradicted => words(
                "La liste et les compteurs de la DGI se contredisent.",
                "The DGI's list and counters contradict each other.",
            ),
            Self::CorruptRow => words("Un enregistrement est illisible.", "A record cannot be read."),
            Self::NonCompliant => words(
                "Une facture n'est pas conforme et n'est pas envoyée.",
                "An invoice is not compliant and is not sent.",
            ),
            Self::NotRecorded => words(
                "Le registre refuse les éléments de la DGI pour une facture.",
                "The ledger refuses the DGI's elements of an invoice.",
            ),
            Self::SettledByPerson => words(
                "Une personne a réglé elle-même une facture en doute.",
                "A person settled an invoice that was in doubt.",
            ),
            Self::HandedOut => words(
                "Des factures ont été remises à une personne pour être saisies à la main.",
                "Invoices were given to a person to be typed by hand.",
            ),
            Self::TestMachine => words(
                "Une e-MCF est un service d'essai : ce qu'elle normalise n'est déclaré à personne.",
                "An e-MCF is a test service: what it finalises is declared to nobody.",
            ),
        }
    }

    /// What to do.
    pub const fn action(self) -> Words {
        match self {
            Self::TokenExpires | Self::TokenExpired => words(
                "Créez un nouveau jeton sur le portail de la DGI et saisissez-le ici.",
                "Make a new token on the DGI's portal and enter it here.",
            ),
            Self::NoMachine => MACHINE,
            Self::MachinePaused => words("Remettez l'e-MCF en service.", "Let the e-MCF work again."),
            Self::MachineBlocked => words(
                "Vérifiez le NIM, l'adresse et le jeton, puis remettez l'e-MCF en service.",
                "Check the NIM, the address and the token, then let the e-MCF work again.",
            ),
            Self::Backlog => words(
                "Regardez l'état de l'e-MCF; à défaut, saisissez les factures à la main.",
                "Look at the state of the e-MCF; failing that, type the invoices by hand.",
            ),
            Self::Ambiguous => LOOK,
            Self::Differs => CORRECT,
            Self::Failed | Self::NonCompliant => RETRY,
            Self::RatesDiffer => words(
                "Vérifiez les taux auprès de la DGI; l'exploitant importe un nouveau manifeste s'il le faut.",
                "Check the rates with the DGI; the operator imports a new manifest if need be.",
            ),
            Self::TwoCodes | Self::Contradicted | Self::CorruptRow | Self::NotRecorded => PLATFORM,
            Self::HandedOut => words(
                "Suivez leur retour : ce qui n'est pas importé ni rendu n'est pas envoyé.",
                "See to their return: what is neither imported nor given back is not sent.",
            ),
            Self::TestMachine => words(
                "Si le point de vente est réel, retirez-la et enregistrez l'e-MCF de la DGI.",
                "If the outlet is a real one, remove it and register the DGI's e-MCF.",
            ),
            Self::SettledByPerson => words(
                "Comparez avec le portail de la DGI, puis fermez l'alerte.",
                "Compare with the DGI's portal, then close the alert.",
            ),
        }
    }
}

impl Problem {
    /// What the authority's code means, for merchant and developer, if it is the authority's.
    pub fn guidance(&self) -> Option<Guidance> {
        self.code.map(|code| ErrorCode::new(code).guidance())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

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

    #[test]
    fn the_authoritys_code_of_an_error_is_explained() {
        let problem = |code| Problem { word: "refused".to_owned(), code, text: String::new() };
        assert_eq!(problem(Some(8)).guidance(), Some(ErrorCode::NoItems.guidance()));
        assert_eq!(problem(None).guidance(), None);
    }
}
