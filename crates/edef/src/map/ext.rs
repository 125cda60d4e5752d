use fiscal::Invoice;

/// The authority's fields of free text that `annex.ext` may fill. None of them is a number, a code or an identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FreeText {
    pub(super) client_description: Option<String>,
    pub(super) reference_description: Option<String>,
    pub(super) price_modification: Option<String>,
}

impl FreeText {
    /// Of two pairs of one name the first counts.
    pub(super) fn of(invoice: &Invoice<'_>) -> Self {
        let mut words = Self::default();
        for pair in invoice.annex.ext.iter().flat_map(|pairs| pairs.iter()) {
            let field = match pair.name.to_string().as_str() {
                "dgi.client.typeDesc" => &mut words.client_description,
                "dgi.referenceDesc" => &mut words.reference_description,
                "dgi.priceModification" => &mut words.price_modification,
                _ => continue,
            };
            if field.is_none() {
                *field = pair.value.map(|value| value.to_string());
            }
        }
        words
    }
}
