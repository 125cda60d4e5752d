use core::fmt;

macro_rules! reasons {
    ($($variant:ident $code:literal $french:literal $english:literal;)*) => {
        /// The rules that a payload can break. Codes are stable; sentences say what to do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each variant is its sentence")]
        pub enum Reason { $($variant),* }

        impl Reason {
            /// Every reason, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable code.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// The sentence in French.
            pub const fn french(self) -> &'static str {
                match self { $(Self::$variant => $french),* }
            }

            /// The sentence in English.
            pub const fn english(self) -> &'static str {
                match self { $(Self::$variant => $english),* }
            }
        }
    };
}

reasons! {
    TooLarge "too_large" "une facture canonique compte au plus 24 576 octets" "a canonical payload has at most 24,576 bytes";
    NotUtf8 "not_utf8" "les octets ne sont pas de l'UTF-8 : encodez la facture en UTF-8" "the bytes are not UTF-8: encode the payload as UTF-8";
    Truncated "truncated" "la facture s'arrête avant sa fin : envoyez-la entière" "the payload ends before it is complete: send all of it";
    TrailingBytes "trailing_bytes" "rien ne peut suivre l'accolade finale, pas même un saut de ligne" "nothing may follow the closing brace, not even a line break";
    WhiteSpace "white_space" "aucun blanc hors des chaînes" "no white space outside strings";
    MemberUnknown "member_unknown" "ce membre n'existe pas ici : retirez-le" "there is no such member here: remove it";
    MemberTwice "member_twice" "ce membre est déjà écrit plus haut : gardez-en un seul" "this member was already written above: keep one";
    MemberMisplaced "member_misplaced" "ce membre ne peut pas être ici : il est déjà plus haut, ou sa place est plus haut" "this member cannot stand here: it stands above already, or belongs above";
    MemberExpected "member_expected" "ce membre doit être ici : il manque, ou l'ordre n'est pas celui de la norme" "this member must stand here: it is missing, or the order is not the prescribed one";
    StringExpected "string_expected" "une chaîne entre guillemets est attendue" "a string in quotes is expected";
    ObjectExpected "object_expected" "un objet est attendu" "an object is expected";
    ArrayExpected "array_expected" "un tableau est attendu" "an array is expected";
    EpochForm "epoch_form" "une époque est un entier simple, de 0 à 4294967295" "an epoch is a plain integer, 0 to 4294967295";
    NumberForm "number_form" "un numéro de facture est un entier simple, de 1 à 9007199254740991" "an invoice number is a plain integer, 1 to 9007199254740991";
    SeparatorExpected "separator_expected" "une virgule ou la fin de l'objet ou du tableau est attendue" "a comma or the end of the object or array is expected";
    TextTooLong "text_too_long" "un texte compte au plus 128 octets" "a text has at most 128 bytes";
    TextEmpty "text_empty" "un texte est attendu : retirez le membre facultatif ou remplissez-le" "a text is expected: leave an optional member out or fill it";
    ControlCharacter "control_character" "aucun caractère de contrôle, échappé ou non" "no control characters, escaped or not";
    BidiCharacter "bidi_character" "aucun caractère de contrôle bidirectionnel : il fait lire autre chose que ce qui est écrit" "no bidirectional controls: they make a reader see something else than what is written";
    NeedlessEscape "needless_escape" "seuls \\\" et \\\\ s'écrivent avec une barre oblique inverse" "only \\\" and \\\\ are escaped";
    UnitForm "unit_form" "l'unité est un texte de 1 à 16 octets" "the unit is a text of 1 to 16 bytes";
    IdForm "id_form" "un identifiant compte 1 à 20 caractères parmi A-Z a-z 0-9 . _ -" "an id has 1 to 20 characters of A-Z a-z 0-9 . _ -";
    CodeForm "code_form" "un code compte 1 à 32 caractères parmi A-Z a-z 0-9 . _ -" "a code has 1 to 32 characters of A-Z a-z 0-9 . _ -";
    NifForm "nif_form" "un NIF compte 5 à 15 caractères parmi A-Z 0-9" "a NIF has 5 to 15 characters of A-Z 0-9";
    PrefixForm "prefix_form" "un préfixe compte 4 à 10 caractères parmi A-Z 0-9" "a prefix has 4 to 10 characters of A-Z 0-9";
    CurrencyForm "currency_form" "une devise est un code de trois lettres majuscules" "a currency is a code of three capital letters";
    AuthCodeForm "auth_code_form" "un code d'authentification compte 16 caractères de l'alphabet de Crockford (ni I, ni L, ni O, ni U)" "an authentication code has 16 characters of Crockford's alphabet (no I, L, O, U)";
    VoucherForm "voucher_form" "un bon compte 1 à 2048 caractères parmi A-Z a-z 0-9 . _ -" "a voucher has 1 to 2048 characters of A-Z a-z 0-9 . _ -";
    TimestampForm "timestamp_form" "l'heure s'écrit 2026-02-04T10:15:30, en UTC, à une date qui existe" "a time is written 2026-02-04T10:15:30, in UTC, on a date that exists";
    DateForm "date_form" "une date s'écrit 2026-02-04 et doit exister" "a date is written 2026-02-04 and must exist";
    AmountForm "amount_form" "un montant est une chaîne : au plus 13 chiffres, un point, deux décimales, sans zéro de tête ni -0.00" "an amount is a string: at most 13 digits, a point, two decimals, no leading zero, no -0.00";
    PriceForm "price_form" "un prix unitaire est une chaîne jamais négative : au plus 13 chiffres, un point, deux à quatre décimales" "a unit price is a string, never negative: at most 13 digits, a point, two to four decimals";
    QuantityForm "quantity_form" "une quantité est une chaîne : au plus 13 chiffres et trois décimales, sans zéro de tête" "a quantity is a string: at most 13 digits and three decimals, no leading zero";
    RateForm "rate_form" "un taux est une chaîne comme 0.16, avec deux à quatre décimales" "a rate is a string like 0.16, with two to four decimals";
    ExchangeRateForm "exchange_rate_form" "un cours est une chaîne positive à quatre décimales : des CDF par unité" "an exchange rate is a positive string with four decimals: CDF per unit";
    InvoiceTypeUnknown "invoice_type_unknown" "le type est l'un de sale, advance, credit_note, export, export_advance, export_credit" "the type is one of sale, advance, credit_note, export, export_advance, export_credit";
    ClassificationUnknown "classification_unknown" "la classification est l'une de Individual, Company, CommercialIndividual, Professional, Embassy" "the classification is one of Individual, Company, CommercialIndividual, Professional, Embassy";
    MethodUnknown "method_unknown" "le mode de paiement est l'un de cash, bank_transfer, card, mobile_money, cheque, credit, other" "the method is one of cash, bank_transfer, card, mobile_money, cheque, credit, other";
    NatureUnknown "nature_unknown" "la nature est l'une de RAN, RAM, COR, RRR" "the nature is one of RAN, RAM, COR, RRR";
    PriceModeUnknown "price_mode_unknown" "le mode de prix est ht ou ttc" "the price mode is ht or ttc";
    ItemTypeUnknown "item_type_unknown" "le type d'article est l'un de BIE, SER, TAX" "the item type is one of BIE, SER, TAX";
    ItemsCount "items_count" "une facture compte 1 à 150 articles" "an invoice has 1 to 150 items";
    GroupsCount "groups_count" "une facture compte 1 à 16 groupes de taxe" "an invoice has 1 to 16 tax groups";
    PaymentsCount "payments_count" "une facture compte au plus 16 paiements" "an invoice has at most 16 payments";
    TenderedCount "tendered_count" "tendered compte 1 à 16 montants" "tendered has 1 to 16 amounts";
    CommentsCount "comments_count" "comments compte 1 à 8 textes" "comments has 1 to 8 texts";
    ExtCount "ext_count" "ext compte 1 à 16 couples" "ext has 1 to 16 pairs";
    AnnexEmpty "annex_empty" "une annexe vide ne s'écrit pas : retirez-la" "an empty annex is not written: leave it out";
    AnnexItemsCount "annex_items_count" "annex.items compte autant d'éléments que la facture a d'articles" "annex.items has as many elements as the invoice has items";
    RegistrationMissing "registration_missing" "seul un particulier (Individual) peut n'avoir aucune immatriculation" "only an Individual may have no registration";
    QuantityNotPositive "quantity_not_positive" "la quantité est positive, sauf sur une facture d'avoir" "the quantity is positive, except on a credit note";
    QuantityNotNegative "quantity_not_negative" "sur une facture d'avoir la quantité est négative" "on a credit note the quantity is negative";
    PaymentSign "payment_sign" "un paiement a le signe de la facture" "a payment has the sign of the invoice";
    ReferenceMissing "reference_missing" "une facture d'avoir nomme sa facture d'origine" "a credit note names its original";
    ReferenceForbidden "reference_forbidden" "seule une facture d'avoir a une référence" "only a credit note has a reference";
    RebateWithOriginal "rebate_with_original" "un rabais (RRR) n'a pas de facture d'origine" "a rebate (RRR) has no original";
    ExchangeMissing "exchange_missing" "le cours est obligatoire quand la devise n'est pas le CDF" "the exchange rate is required when the currency is not CDF";
    ExchangeForbidden "exchange_forbidden" "une facture en CDF n'a pas de cours" "an invoice in CDF has no exchange rate";
    ExchangeCurrency "exchange_currency" "le cours est celui de la devise de la facture" "the exchange rate is that of the invoice's currency";
    GroupUndeclared "group_undeclared" "le groupe de cet article n'est pas déclaré dans tax_groups" "this item's group is not declared in tax_groups";
    GroupUnused "group_unused" "aucun article n'utilise ce groupe" "no item uses this group";
    GroupTwice "group_twice" "ce groupe est déjà déclaré" "this group is already declared";
    GroupOrder "group_order" "les groupes suivent l'ordre de leur premier usage" "groups stand in the order of their first use";
    RateDecimals "rate_decimals" "tous les taux ont le même nombre de décimales" "all rates have the same number of decimals";
    BaseMismatch "base_mismatch" "la base n'est pas celle que donnent les articles du groupe" "the base is not what the group's items come to";
    TaxMismatch "tax_mismatch" "la taxe n'est pas celle que donnent la base et le taux" "the tax is not what base and rate come to";
    SubtotalMismatch "subtotal_mismatch" "le sous-total n'est pas la somme des bases" "the subtotal is not the sum of the bases";
    TotalVatMismatch "total_vat_mismatch" "la TVA totale n'est pas la somme des taxes" "the total VAT is not the sum of the taxes";
    TotalMismatch "total_mismatch" "le total n'est pas subtotal + total_vat" "the total is not subtotal + total_vat";
    PaymentsMismatch "payments_mismatch" "la somme des paiements n'est pas le total" "the payments do not sum to the total";
    ExchangeTotalMismatch "exchange_total_mismatch" "le total en CDF n'est pas celui des prix convertis ligne par ligne" "the CDF total is not that of the prices converted line by line";
    ExchangeVatMismatch "exchange_vat_mismatch" "la TVA en CDF n'est pas celle des prix convertis ligne par ligne" "the CDF VAT is not that of the prices converted line by line";
    AmountOverflow "amount_overflow" "le montant calculé dépasse 13 chiffres" "the computed amount has more than 13 digits";
    GroupNotInManifest "group_not_in_manifest" "ce groupe n'est pas au manifeste en vigueur à cette date" "this group is not in the manifest in force on that date";
    RateNotInManifest "rate_not_in_manifest" "le taux n'est pas celui du manifeste en vigueur à cette date" "the rate is not that of the manifest in force on that date";
    GroupInvoiceType "group_invoice_type" "ce groupe n'est pas permis sur ce type de facture" "this group is not allowed on this type of invoice";
    GroupClient "group_client" "ce groupe n'est pas permis pour cette classe de client" "this group is not allowed for this class of client";
    ItemTypeGroup "item_type_group" "un article TAX n'existe que dans les groupes L et N" "a TAX item exists only in groups L and N";
    NoteInvoiceType "note_invoice_type" "la facture d'avoir n'est pas du type de sa facture d'origine (export ou non)" "the credit note is not of its original's kind (export or not)";
    NoteCurrency "note_currency" "la facture d'avoir est dans la devise de sa facture d'origine" "the credit note is in its original's currency";
    NoteExchangeRate "note_exchange_rate" "la facture d'avoir a le cours de sa facture d'origine" "the credit note has its original's exchange rate";
    NoteClient "note_client" "la facture d'avoir est pour le client de sa facture d'origine" "the credit note is for its original's client";
    NotePriceMode "note_price_mode" "la facture d'avoir a le mode de prix de sa facture d'origine" "the credit note has its original's price mode";
    NoteRate "note_rate" "la facture d'avoir a les taux de sa facture d'origine" "the credit note has its original's rates";
    VoidNotEqual "void_not_equal" "une annulation (RAN) reprend sa facture d'origine en entier" "a void (RAN) repeats its original in full";
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.english())
    }
}

impl core::error::Error for Reason {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_reason_has_a_code_of_its_own() {
        let codes: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
    }
}
