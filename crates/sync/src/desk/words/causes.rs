use edef::Words;

use super::words;
use crate::{Cause, JobState};

impl Cause {
    /// Why an invoice is in its state.
    #[expect(clippy::too_many_lines, reason = "one table: a sentence for each cause")]
    pub const fn words(self) -> Words {
        match self {
            Self::Sealed => words("La facture vient d'être scellée.", "The invoice was sealed."),
            Self::NoMachine => words(
                "Le point de vente n'a pas de machine de la DGI (e-MCF) : la facture attend.",
                "The outlet has no machine of the DGI (e-MCF): the invoice waits.",
            ),
            Self::MachineChanged => words("Elle passe par un autre e-MCF.", "It goes to another e-MCF."),
            Self::NonCompliant => words(
                "Elle enfreint une règle, ou ses éléments de sécurité manquent : elle n'est pas envoyée.",
                "It breaks a rule, or lacks security elements: it is not sent.",
            ),
            Self::NotTranslated => words(
                "La facture ne peut pas être mise sous la forme que la DGI demande.",
                "The invoice cannot be put into the form that the DGI asks for.",
            ),
            Self::Erased => words(
                "Son contenu est effacé : il n'y a plus rien à envoyer.",
                "Its content was erased: there is nothing left to send.",
            ),
            Self::Requested => words("La demande part vers la DGI.", "The request goes out to the DGI."),
            Self::RequestFailed => words("La demande n'a pas abouti.", "The request did not succeed."),
            Self::RequestLost => {
                words("L'agent s'est arrêté pendant la demande.", "The agent ended during the request.")
            }
            Self::Refused => words("La DGI la refuse.", "The DGI refuses it."),
            Self::WaitsForOriginal => words(
                "L'avoir attend que sa facture d'origine soit à la DGI.",
                "The credit note waits until its original is at the DGI.",
            ),
            Self::OriginalStuck => words(
                "La facture d'origine n'est pas à la DGI et n'y arrivera pas d'elle-même.",
                "The original is not at the DGI and will not get there by itself.",
            ),
            Self::Confirming => {
                words("Les montants concordent : confirmation.", "The amounts agree: it is confirmed.")
            }
            Self::Differs => words("La DGI calcule d'autres montants.", "The DGI computes other amounts."),
            Self::Cancelled => {
                words("La demande a été annulée à la DGI.", "The request was cancelled at the DGI.")
            }
            Self::TooOld => words(
                "Le délai de la DGI est passé avant la confirmation : elle est renvoyée.",
                "The DGI's time was over before it was confirmed: it is sent again.",
            ),
            Self::NotSent => words("La confirmation n'est pas partie.", "The confirm was not sent."),
            Self::Confirmed => JobState::Synced.words(),
            Self::ConfirmLost => {
                words("La réponse à la confirmation s'est perdue.", "The answer to the confirm was lost.")
            }
            Self::AgentLost => {
                words("L'agent s'est arrêté pendant la confirmation.", "The agent ended during the confirm.")
            }
            Self::StillPending => words(
                "La DGI attend encore la confirmation : elle est répétée.",
                "The DGI still waits for the confirm: it is repeated.",
            ),
            Self::GoneInTime => words(
                "La demande a quitté la liste avant son terme : elle a été normalisée.",
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
                "Les compteurs de la DGI contredisent sa liste : on ne sait pas si elle a la facture.",
                "The DGI's counters contradict its list: it is not known whether it has the invoice.",
            ),
            Self::Restored => words(
                "Une sauvegarde a été restaurée : elle a peut-être été envoyée entre-temps.",
                "A backup was restored: it may have been sent meanwhile.",
            ),
            Self::CodeKept => words("Son code est arrivé après coup.", "Its code arrived late."),
            Self::TwoCodes => {
                words("Deux codes différents sont arrivés pour elle.", "Two different codes came for it.")
            }
            Self::SettledByHand => words("Une personne a noté son code.", "A person noted its code."),
            Self::SettledByFile => words(
                "Un fichier importé par une personne a donné son code.",
                "A file that a person imported gave its code.",
            ),
            Self::NotThere => words(
                "Une personne a vérifié : le portail de la DGI ne l'a pas.",
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
