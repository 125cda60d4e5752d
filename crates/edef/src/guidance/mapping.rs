use super::{Guidance, guidance, words};
use crate::MappingFault;

impl MappingFault {
    /// What it means and what to do.
    pub const fn guidance(&self) -> Guidance {
        match self {
            Self::OriginalMissing => guidance(
                words(
                    "Cet avoir attend que la facture d'origine soit acceptée par la DGI.",
                    "This credit note waits until the DGI has accepted the original invoice.",
                ),
                words(
                    "Le code de 24 caractères de l'original n'est pas connu.",
                    "The original's code of 24 characters is not known.",
                ),
                words(
                    "Rien à faire si l'original est en route ; sinon, régler d'abord l'original.",
                    "Nothing to do if the original is on its way; else settle the original first.",
                ),
            ),
            Self::GroupUnknown { .. } => guidance(
                words(
                    "Un groupe de taxe de cette facture n'est pas connu de la DGI.",
                    "A tax group of this invoice is not known to the DGI.",
                ),
                words(
                    "Le manifeste n'a pas de lettre pour ce groupe au jour de la facture.",
                    "The manifest has no letter for this group on the invoice's day.",
                ),
                words(
                    "Corriger le manifeste, puis renvoyer la facture.",
                    "Correct the manifest, then send the invoice again.",
                ),
            ),
            Self::TwoRates { .. } => guidance(
                words(
                    "Deux taux différents se trouvent dans un même groupe de la DGI.",
                    "Two different rates stand in one group of the DGI.",
                ),
                words(
                    "Deux codes du manifeste ont la même lettre et des taux différents ; la DGI n'a qu'un taux par lettre.",
                    "Two codes of the manifest have one letter and different rates; the authority has one rate of a letter.",
                ),
                words(
                    "Annuler la vente et la refaire en deux factures, puis corriger le manifeste.",
                    "Void the sale and repeat it as two invoices, then correct the manifest.",
                ),
            ),
            Self::TaxItem { .. } => guidance(
                words(
                    "Un article de type taxe est dans un groupe qui n'en accepte pas.",
                    "An article that is a tax stands in a group that takes none.",
                ),
                words(
                    "Le type TAX n'est permis que dans les groupes L et N.",
                    "The type TAX is allowed in the groups L and N only.",
                ),
                words(
                    "Annuler la vente et la refaire avec le bon type d'article.",
                    "Void the sale and repeat it with the right type of article.",
                ),
            ),
            Self::TooLarge => guidance(
                words(
                    "Le montant en francs congolais est trop grand pour une facture.",
                    "The amount in Congolese francs is too large for one invoice.",
                ),
                words(
                    "Un montant converti dépasse treize chiffres avant la virgule.",
                    "A converted amount exceeds thirteen digits before its point.",
                ),
                words("Annuler la vente et la diviser.", "Void the sale and split it."),
            ),
        }
    }
}
