//! A receipt's own words.

use fiscal::{Classification, CreditNature, InvoiceType, ItemType, PaymentMethod, PriceMode};

use crate::Language;

macro_rules! words {
    ($($variant:ident $french:literal $english:literal;)*) => {
        /// A label.
        #[derive(Clone, Copy)]
        pub(crate) enum Word { $($variant),* }

        impl Word {
            pub(crate) const fn of(self, language: Language) -> &'static str {
                match self { $(Self::$variant => language.pick($french, $english)),* }
            }
        }
    };
}

words! {
    Address "Adresse" "Address";
    AuthorityCode "Code DEF/DGI" "DEF/DGI code";
    AuthorityCounters "Compteurs" "Counters";
    AuthorityNim "NIM" "NIM";
    AuthorityOrigin "Origine" "Origin";
    AuthorityOfHand "saisi à la main" "typed by hand";
    AuthorityOfFile "repris d'un fichier" "taken from a file";
    AuthorityPending "En attente de la DGI" "Waiting for the DGI";
    AuthorityQr "Contenu du code QR de la DGI" "Content of the DGI's QR code";
    AuthorityTest "ESSAI – sans valeur fiscale" "TEST – no fiscal value";
    AuthorityTime "Date et heure" "Date and time";
    AuthorityTitle "Éléments de sécurité de la DGI" "DGI security elements";
    AuthCode "Code d'authentification" "Authentication code";
    Base "Base" "Base";
    Cashier "Caissier" "Cashier";
    Check "Pour vérifier : scannez ce code, puis comparez NIF, numéro, heure et total avec ce reçu." "To check: scan this code, then compare NIF, number, time and total with this receipt.";
    Client "Client" "Client";
    Comments "Remarques" "Remarks";
    Contact "Contact" "Contact";
    Details "Autres mentions" "Other details";
    Device "Appareil (DEF)" "Device (DEF)";
    Epoch "Époque" "Epoch";
    Equivalent "Contre-valeur en CDF" "Value in CDF";
    FiscalNumber "N° fiscal" "Fiscal No";
    Group "Gr." "Gr.";
    InsteadOf "au lieu de" "instead of";
    Item "Désignation" "Description";
    Amount "Montant" "Amount";
    Name "Nom" "Name";
    Nif "NIF" "NIF";
    NotProof "Il prouve le sceau, non que ce papier est le premier." "It proves the seal, not that this paper is the first.";
    Number "Numéro" "Number";
    On "au" "on";
    OriginalInvoice "Facture d'origine" "Original invoice";
    Outlet "Point de vente" "Outlet";
    Payments "Paiement" "Payment";
    Price "Prix unit." "Unit price";
    QrContent "Contenu du code QR" "Content of the QR code";
    Quantity "Qté" "Qty";
    Rate "Taux" "Rate";
    Reason "Motif" "Reason";
    Rebate "remise" "rebate";
    Refunds "Remboursement" "Refund";
    Registration "Identifiant" "Registration";
    Security "Éléments de sécurité" "Security elements";
    Subtotal "Total hors taxe" "Total without tax";
    Tax "Taxe" "Tax";
    Taxes "Ventilation des taxes" "Taxes by group";
    Tendered "Montants remis" "Tendered";
    Terminal "Poste" "Terminal";
    Till "Caisse" "Till";
    Time "Heure du sceau" "Time of the seal";
    Total "TOTAL" "TOTAL";
    TotalVat "TVA" "VAT";
    TotalInCdf "Total en CDF" "Total in CDF";
    Type "Type" "Type";
    VatInCdf "TVA en CDF" "VAT in CDF";
}

/// `Facture de vente`
pub(crate) const fn kind(kind: InvoiceType, language: Language) -> &'static str {
    match kind {
        InvoiceType::Sale => language.pick("Facture de vente", "Sales invoice"),
        InvoiceType::Advance => language.pick("Facture d'acompte", "Advance invoice"),
        InvoiceType::CreditNote => language.pick("Facture d'avoir", "Credit note"),
        InvoiceType::Export => language.pick("Facture de vente à l'exportation", "Export invoice"),
        InvoiceType::ExportAdvance => {
            language.pick("Facture d'acompte à l'exportation", "Export advance invoice")
        }
        InvoiceType::ExportCredit => language.pick("Facture d'avoir à l'exportation", "Export credit note"),
    }
}

/// `Annulation (RAN)`; without a nature it is a rebate.
pub(crate) const fn nature(nature: Option<CreditNature>, language: Language) -> &'static str {
    match nature {
        Some(CreditNature::Void) => language.pick("Annulation (RAN)", "Cancellation (RAN)"),
        Some(CreditNature::Return) => language.pick("Retour de marchandises (RAM)", "Return of goods (RAM)"),
        Some(CreditNature::Correction) => language.pick("Correction (COR)", "Correction (COR)"),
        None => language.pick("Rabais, remise ou ristourne (RRR)", "Rebate (RRR)"),
    }
}

pub(crate) const fn classification(class: Classification, language: Language) -> &'static str {
    match class {
        Classification::Individual => language.pick("Personne physique (PP)", "Individual (PP)"),
        Classification::Company => language.pick("Personne morale (PM)", "Company (PM)"),
        Classification::CommercialIndividual => {
            language.pick("Personne physique commerçante (PC)", "Trading individual (PC)")
        }
        Classification::Professional => language.pick("Profession libérale (PL)", "Liberal profession (PL)"),
        Classification::Embassy => language
            .pick("Ambassade ou organisation internationale (AO)", "Embassy or international body (AO)"),
    }
}

pub(crate) const fn method(method: PaymentMethod, language: Language) -> &'static str {
    match method {
        PaymentMethod::Cash => language.pick("Espèces", "Cash"),
        PaymentMethod::BankTransfer => language.pick("Virement", "Bank transfer"),
        PaymentMethod::Card => language.pick("Carte bancaire", "Card"),
        PaymentMethod::MobileMoney => language.pick("Mobile money", "Mobile money"),
        PaymentMethod::Cheque => language.pick("Chèque", "Cheque"),
        PaymentMethod::Credit => language.pick("À crédit", "On credit"),
        PaymentMethod::Other => language.pick("Autre", "Other"),
    }
}

pub(crate) const fn item_type(item_type: ItemType, language: Language) -> &'static str {
    match item_type {
        ItemType::Goods => language.pick("Bien", "Goods"),
        ItemType::Service => language.pick("Service", "Service"),
        ItemType::Tax => language.pick("Taxe", "Tax"),
    }
}

pub(crate) const fn price_mode(mode: PriceMode, language: Language) -> &'static str {
    match mode {
        PriceMode::Exclusive => language.pick("Prix hors taxe (HT)", "Prices without tax"),
        PriceMode::Inclusive => language.pick("Prix toutes taxes comprises (TTC)", "Prices with tax"),
    }
}
