use super::{Guidance, Words, guidance, words};
use crate::CallFault;

const BY_ITSELF: Words = words(
    "Rien à faire : l'envoi reprend tout seul. Les ventes continuent.",
    "Nothing to do: sending goes on by itself. Sales go on.",
);
const FINDING_OUT: Words = words(
    "Attendre : le système demande à la DGI ce qui s'est passé et ne renvoie rien avant de le savoir.",
    "Wait: the system asks the DGI what happened and sends nothing before it knows.",
);

impl CallFault {
    /// What it means and what to do.
    pub const fn guidance(&self) -> Guidance {
        match self {
            Self::Refused { code, .. } => code.guidance(),
            Self::Unauthorized | Self::Forbidden => self.of_the_token(),
            Self::Timeout | Self::Broken | Self::Malformed => self.of_the_answer(),
            _ => self.of_the_service(),
        }
    }

    const fn of_the_token(&self) -> Guidance {
        match self {
            Self::Unauthorized => guidance(
                words(
                    "La DGI ne reconnaît plus le jeton de ce point de vente.",
                    "The DGI no longer knows this shop's token.",
                ),
                words(
                    "401 : le jeton est absent, expiré, remplacé ou d'un autre service.",
                    "401: the token is absent, expired, replaced or of another service.",
                ),
                words(
                    "Créer un nouveau jeton sur le portail de la DGI et l'enregistrer ; les factures attendent.",
                    "Make a new token on the DGI's portal and enter it; the invoices wait.",
                ),
            ),
            _ => guidance(
                words("La DGI n'autorise pas cette opération.", "The DGI does not allow this operation."),
                words(
                    "403 : le jeton est connu, mais l'e-MCF ou le contribuable n'a pas ce droit.",
                    "403: the token is known, but the e-MCF or the taxpayer has not this right.",
                ),
                words(
                    "Vérifier l'état de l'e-MCF sur le portail de la DGI.",
                    "Check the state of the e-MCF on the DGI's portal.",
                ),
            ),
        }
    }

    const fn of_the_answer(&self) -> Guidance {
        match self {
            Self::Timeout => guidance(
                words("La DGI n'a pas répondu à temps.", "The DGI did not answer in time."),
                words(
                    "La demande est partie et sa réponse manque : son effet est inconnu.",
                    "The request left and its answer is missing: its effect is unknown.",
                ),
                FINDING_OUT,
            ),
            Self::Broken => guidance(
                words("La connexion avec la DGI a été coupée.", "The connection to the DGI was cut."),
                words(
                    "La connexion s'est fermée après l'envoi, avant une réponse entière : l'effet est inconnu.",
                    "The connection closed after sending and before a whole answer: the effect is unknown.",
                ),
                FINDING_OUT,
            ),
            _ => guidance(
                words("La réponse de la DGI est illisible.", "The DGI's answer cannot be read."),
                words(
                    "Pas de JSON, un champ obligatoire manque ou un montant n'est pas un nombre ; voir l'adresse et le dialecte.",
                    "No JSON, a needed member is missing or an amount is no number; see the address and the dialect.",
                ),
                FINDING_OUT,
            ),
        }
    }

    const fn of_the_service(&self) -> Guidance {
        match self {
            Self::Unreachable => guidance(
                words("La DGI est injoignable.", "The DGI cannot be reached."),
                words(
                    "Nom, connexion ou TLS : rien de la demande n'est parti.",
                    "Name, connection or TLS: nothing of the request left.",
                ),
                BY_ITSELF,
            ),
            Self::TooMany { .. } => guidance(
                words("La DGI demande de ralentir.", "The DGI asks to slow down."),
                words(
                    "429 : trop d'appels ; `Retry-After` est respecté.",
                    "429: too many calls; `Retry-After` is honoured.",
                ),
                BY_ITSELF,
            ),
            Self::Server { .. } => guidance(
                words("Le service de la DGI est en panne.", "The DGI's service has a fault."),
                words(
                    "5xx ; après une confirmation, son effet est inconnu.",
                    "5xx; after a confirm its effect is unknown.",
                ),
                BY_ITSELF,
            ),
            _ => guidance(
                words(
                    "L'adresse de la DGI ne répond pas comme prévu.",
                    "The DGI's address does not answer as expected.",
                ),
                words(
                    "Un statut HTTP que cet appel n'a pas, sans code d'erreur : mauvaise adresse, proxy ou nouvelle version.",
                    "An HTTP status that this call has not, without an error code: a wrong address, a proxy or a new version.",
                ),
                words(
                    "Vérifier l'adresse et la casse de `confirm` dans la configuration de l'e-MCF.",
                    "Check the address and the case of `confirm` in the configuration of the e-MCF.",
                ),
            ),
        }
    }
}
