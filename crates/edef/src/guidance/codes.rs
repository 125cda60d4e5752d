use super::{Guidance, guidance, words};
use crate::ErrorCode;

impl ErrorCode {
    /// Its stable code, as a word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooManyPending => "AUTHORITY_TOO_MANY_PENDING",
            Self::InvoiceType => "AUTHORITY_INVOICE_TYPE",
            Self::ReferenceMissing => "AUTHORITY_REFERENCE_MISSING",
            Self::ReferenceLength => "AUTHORITY_REFERENCE_LENGTH",
            Self::Aib => "AUTHORITY_AIB",
            Self::PaymentType => "AUTHORITY_PAYMENT_TYPE",
            Self::NoItems => "AUTHORITY_NO_ITEMS",
            Self::TaxGroup => "AUTHORITY_TAX_GROUP",
            Self::OriginalNotNow => "AUTHORITY_ORIGINAL_NOT_NOW",
            Self::OriginalNotFound => "AUTHORITY_ORIGINAL_NOT_FOUND",
            Self::CreditExceeds => "AUTHORITY_CREDIT_EXCEEDS",
            Self::UnknownOrFinalised => "AUTHORITY_UNKNOWN_OR_FINALISED",
            Self::Processing => "AUTHORITY_PROCESSING",
            Self::Other(_) => "AUTHORITY_OTHER",
        }
    }

    /// What it means and what to do.
    pub const fn guidance(self) -> Guidance {
        match self {
            Self::TooManyPending | Self::OriginalNotNow | Self::UnknownOrFinalised | Self::Processing => {
                self.of_the_moment()
            }
            Self::ReferenceMissing | Self::ReferenceLength | Self::OriginalNotFound | Self::CreditExceeds => {
                self.of_the_original()
            }
            _ => self.of_the_content(),
        }
    }

    const fn of_the_moment(self) -> Guidance {
        match self {
            Self::TooManyPending => guidance(
                words(
                    "La DGI a déjà trop de factures en attente pour ce point de vente.",
                    "The DGI already has too many invoices waiting for this shop.",
                ),
                words(
                    "Dix demandes de cet e-MCF attendent leur confirmation ; elles expirent après deux minutes.",
                    "Ten requests of this e-MCF wait to be confirmed; they expire after two minutes.",
                ),
                words(
                    "Rien à faire : l'envoi reprend tout seul. Si cela dure, un autre logiciel utilise le même e-MCF.",
                    "Nothing to do: sending goes on by itself. If it lasts, another program uses the same e-MCF.",
                ),
            ),
            Self::OriginalNotNow => guidance(
                words(
                    "La DGI ne peut pas vérifier la facture d'origine pour le moment.",
                    "The DGI cannot check the original invoice at the moment.",
                ),
                words(
                    "La vérification de la référence n'a pas abouti chez la DGI ; la demande n'existe pas.",
                    "The authority's check of the reference did not finish; there is no request.",
                ),
                words(
                    "Rien à faire : la facture d'avoir sera renvoyée plus tard.",
                    "Nothing to do: the credit note is sent again later.",
                ),
            ),
            Self::UnknownOrFinalised => guidance(
                words(
                    "La DGI ne connaît pas cette demande, ou l'a déjà enregistrée.",
                    "The DGI does not know this request, or has recorded it already.",
                ),
                words(
                    "L'uid a expiré, a été annulé ou a été finalisé : la réponse ne dit pas lequel.",
                    "The uid expired, was cancelled or was finalised: the answer does not say which.",
                ),
                words(
                    "Attendre : le système cherche ce qui s'est passé et ne renvoie rien avant de le savoir.",
                    "Wait: the system finds out what happened and sends nothing before it knows.",
                ),
            ),
            _ => guidance(
                words("La DGI a eu une erreur interne.", "The DGI had an error of its own."),
                words(
                    "Erreur de traitement 99 ; après une confirmation, son effet est inconnu.",
                    "Processing error 99; after a confirm its effect is unknown.",
                ),
                words(
                    "Rien à faire : l'envoi est repris. Si cela dure, signaler l'heure et la facture à la DGI.",
                    "Nothing to do: sending is tried again. If it lasts, tell the DGI the time and the invoice.",
                ),
            ),
        }
    }

    const fn of_the_original(self) -> Guidance {
        match self {
            Self::ReferenceMissing => guidance(
                words(
                    "La DGI veut le code de la facture que cet avoir corrige.",
                    "The DGI wants the code of the invoice that this credit note corrects.",
                ),
                words(
                    "`reference` manque sur FA ou EA ; seule la nature RRR n'en a pas besoin.",
                    "`reference` is missing on FA or EA; only the nature RRR needs none.",
                ),
                words(
                    "Vérifier que la facture d'origine a été acceptée, puis renvoyer l'avoir.",
                    "See that the original invoice was accepted, then send the credit note again.",
                ),
            ),
            Self::ReferenceLength => guidance(
                words(
                    "Le code de la facture d'origine n'est pas complet.",
                    "The code of the original invoice is not complete.",
                ),
                words(
                    "`reference` doit avoir les 24 caractères de codeDEFDGI, sans tirets.",
                    "`reference` has to have the 24 characters of codeDEFDGI, without hyphens.",
                ),
                words(
                    "Comparer le code enregistré avec celui du portail de la DGI.",
                    "Compare the recorded code with the one on the DGI's portal.",
                ),
            ),
            Self::OriginalNotFound => guidance(
                words(
                    "La DGI ne trouve pas la facture que cet avoir corrige.",
                    "The DGI does not find the invoice that this credit note corrects.",
                ),
                words(
                    "Le code de `reference` est inconnu, ou n'est pas encore visible après sa confirmation.",
                    "The code in `reference` is unknown, or not yet visible after its confirm.",
                ),
                words(
                    "Quelques essais suivent. S'ils échouent, chercher la facture d'origine sur le portail de la DGI.",
                    "A few attempts follow. If they fail, look for the original invoice on the DGI's portal.",
                ),
            ),
            _ => guidance(
                words(
                    "L'avoir dépasse le montant de la facture d'origine.",
                    "The credit note comes to more than the original invoice.",
                ),
                words(
                    "La somme des avoirs de cette référence dépasse l'original chez la DGI ; un avoir y est peut-être déjà enregistré.",
                    "The credit notes of this reference exceed the original at the authority; one may be recorded there already.",
                ),
                words(
                    "Comparer les avoirs de cette facture avec le portail de la DGI avant toute nouvelle tentative.",
                    "Compare the credit notes of this invoice with the DGI's portal before anything is tried again.",
                ),
            ),
        }
    }

    const fn of_the_content(self) -> Guidance {
        const ASK: super::Words = words(
            "Signaler la facture au support : elle ne sera pas renvoyée sans correction.",
            "Report the invoice to support: it is not sent again without a correction.",
        );
        match self {
            Self::InvoiceType => guidance(
                words("La DGI refuse ce type de facture.", "The DGI refuses this type of invoice."),
                words(
                    "`type` n'est pas accepté pour cet e-MCF : voir /api/info/invoiceTypes.",
                    "`type` is not accepted for this e-MCF: see /api/info/invoiceTypes.",
                ),
                ASK,
            ),
            Self::Aib => guidance(
                words(
                    "La DGI refuse l'acompte d'impôt de cette facture.",
                    "The DGI refuses the advance on income tax of this invoice.",
                ),
                words(
                    "Erreur 6 (AIB) du système d'origine ; nos demandes n'ont pas ce champ.",
                    "Error 6 (AIB) of the parent system; our requests do not have that field.",
                ),
                ASK,
            ),
            Self::PaymentType => guidance(
                words("La DGI refuse un moyen de paiement.", "The DGI refuses a means of payment."),
                words(
                    "`payment[].name` n'est pas accepté : voir /api/info/paymentTypes.",
                    "`payment[].name` is not accepted: see /api/info/paymentTypes.",
                ),
                ASK,
            ),
            Self::NoItems => guidance(
                words("La DGI n'a vu aucun article.", "The DGI saw no article."),
                words(
                    "`items` est vide ou n'a pas été lu : vérifier la forme de `price` dans le dialecte.",
                    "`items` is empty or was not read: check the form of `price` in the dialect.",
                ),
                ASK,
            ),
            Self::TaxGroup => guidance(
                words("La DGI refuse un groupe de taxe.", "The DGI refuses a tax group."),
                words(
                    "Une lettre de `taxGroup` n'est pas ouverte pour ce contribuable : voir /api/info/taxGroups.",
                    "A letter in `taxGroup` is not open for this taxpayer: see /api/info/taxGroups.",
                ),
                words(
                    "Vérifier le régime fiscal de l'entreprise et les groupes de taxe des articles.",
                    "Check the company's tax regime and the tax groups of its articles.",
                ),
            ),
            _ => guidance(
                words(
                    "La DGI a refusé la facture pour une raison inconnue ici.",
                    "The DGI refused the invoice for a reason that is not known here.",
                ),
                words(
                    "Code d'erreur hors de la liste publiée ; le texte de la DGI est gardé avec lui.",
                    "An error code outside the published list; the authority's text is kept with it.",
                ),
                ASK,
            ),
        }
    }
}
