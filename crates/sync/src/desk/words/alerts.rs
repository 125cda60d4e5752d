use edef::Words;

use super::{CORRECT, LOOK, MACHINE, RETRY, RETURN, SELL_AGAIN, words};
use crate::{AlertKind, Cause};

const PLATFORM: Words =
    words("Prévenez l'exploitant de la plateforme.", "Tell the operator of the platform.");

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
                "Un e-MCF est en pause depuis plus d'une heure, ou pendant que des factures attendent depuis plus d'une heure.",
                "An e-MCF has been paused for more than an hour, or while invoices wait for more than an hour.",
            ),
            Self::MachineSilent => words(
                "Un e-MCF ne répond pas, et des factures l'attendent depuis plus d'une heure.",
                "An e-MCF does not answer, and invoices wait for it for more than an hour.",
            ),
            Self::MachineBlocked => words(
                "Un e-MCF est bloqué : la DGI refuse le jeton, ou répond pour un autre appareil.",
                "An e-MCF is blocked: the DGI refuses the token, or answers for another machine.",
            ),
            Self::Backlog => words(
                "La plus ancienne facture en attente, ou remise à une personne, a plus de 24 heures.",
                "The oldest invoice that waits, or is handed out, is older than 24 hours.",
            ),
            Self::Ambiguous => words(
                "Des factures sont en doute : la DGI les a peut-être normalisées.",
                "Invoices are in doubt: the DGI may have normalised them.",
            ),
            Self::Differs => Cause::Differs.words(),
            Self::Failed => words("Des factures sont refusées.", "Invoices are refused."),
            Self::RatesDiffer => words(
                "Les taux de la DGI ne sont pas ceux du manifeste fiscal.",
                "The DGI's rates are not those of the tax manifest.",
            ),
            Self::TwoCodes => words(
                "Une facture a deux codes de la DGI, ou deux factures ont le même.",
                "An invoice has two codes of the DGI, or two invoices have one.",
            ),
            Self::Contradicted => Cause::Contradicted.words(),
            Self::CorruptRow => words("Un enregistrement est illisible.", "A record cannot be read."),
            Self::NonCompliant => words(
                "Une facture n'est pas conforme et n'est pas envoyée.",
                "An invoice is not compliant and is not sent.",
            ),
            Self::NotRecorded => words(
                "Le registre refuse les éléments de la DGI pour une facture, ou depuis plus d'une heure ceux d'un point de vente.",
                "The ledger refuses the DGI's elements of an invoice, or for more than an hour those of an outlet.",
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
                "Un e-MCF est un service d'essai : ce qu'il normalise n'est déclaré à personne.",
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
            Self::MachineSilent => words(
                "Vérifiez l'adresse de l'e-MCF et le réseau ; à défaut, saisissez les factures à la main.",
                "Check the address of the e-MCF and the network; failing that, type the invoices by hand.",
            ),
            Self::MachineBlocked => words(
                "Vérifiez le NIM, l'adresse et le jeton, puis remettez l'e-MCF en service.",
                "Check the NIM, the address and the token, then let the e-MCF work again.",
            ),
            Self::Backlog => words(
                "Regardez l'état de l'e-MCF ; à défaut, saisissez les factures à la main. Importez les résultats de celles qui ont été remises, ou rendez-les.",
                "Look at the state of the e-MCF; failing that, type the invoices by hand. Import the results of those that were handed out, or give them back.",
            ),
            Self::Ambiguous => LOOK,
            Self::Differs => CORRECT,
            Self::Failed => RETRY,
            Self::NonCompliant => SELL_AGAIN,
            Self::RatesDiffer => words(
                "Vérifiez les taux auprès de la DGI ; l'exploitant importe un nouveau manifeste s'il le faut.",
                "Check the rates with the DGI; the operator imports a new manifest if need be.",
            ),
            Self::TwoCodes | Self::Contradicted | Self::CorruptRow | Self::NotRecorded => PLATFORM,
            Self::HandedOut => RETURN,
            Self::TestMachine => words(
                "Si le point de vente est réel, retirez-le et enregistrez l'e-MCF de la DGI.",
                "If the outlet is a real one, remove it and register the DGI's e-MCF.",
            ),
            Self::SettledByPerson => words(
                "Comparez avec le portail de la DGI, puis fermez l'alerte.",
                "Compare with the DGI's portal, then close the alert.",
            ),
        }
    }
}
