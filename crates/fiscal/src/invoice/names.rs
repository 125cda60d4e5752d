//! The closed lists of a payload (P2), with the DGI's codes beside ours.

use crate::fault::Reason;

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident, $reason:ident { $($(#[$variant_doc:meta])* $variant:ident $text:literal $dgi:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant),* }

        impl $name {
            /// Every one, in the order of the specification.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// As a payload writes it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// As the DGI calls it.
            pub const fn dgi_code(self) -> &'static str {
                match self { $(Self::$variant => $dgi),* }
            }
        }

        impl core::str::FromStr for $name {
            type Err = Reason;

            fn from_str(text: &str) -> Result<Self, Reason> {
                match text { $($text => Ok(Self::$variant),)* _ => Err(Reason::$reason) }
            }
        }
    )*};
}

names! {
    /// What kind of invoice.
    InvoiceType, InvoiceTypeUnknown {
        /// A sale.
        Sale "sale" "FV",
        /// A payment before delivery.
        Advance "advance" "FT",
        /// A correction of a sale or an advance.
        CreditNote "credit_note" "FA",
        /// A sale abroad.
        Export "export" "EV",
        /// A payment before an export.
        ExportAdvance "export_advance" "ET",
        /// A correction of an export or its advance.
        ExportCredit "export_credit" "EA",
    }

    /// What kind of client.
    Classification, ClassificationUnknown {
        /// A natural person.
        Individual "Individual" "PP",
        /// A company.
        Company "Company" "PM",
        /// A natural person who trades.
        CommercialIndividual "CommercialIndividual" "PC",
        /// A liberal profession.
        Professional "Professional" "PL",
        /// An embassy or an international organisation.
        Embassy "Embassy" "AO",
    }

    /// How something is paid.
    PaymentMethod, MethodUnknown {
        /// Notes and coins.
        Cash "cash" "ESPECES",
        /// Between bank accounts.
        BankTransfer "bank_transfer" "VIREMENT",
        /// A bank card.
        Card "card" "CARTEBANCAIRE",
        /// A telephone's account.
        MobileMoney "mobile_money" "MOBILEMONEY",
        /// A cheque.
        Cheque "cheque" "CHEQUES",
        /// Later.
        Credit "credit" "CREDIT",
        /// Otherwise.
        Other "other" "AUTRE",
    }

    /// What kind of article.
    ItemType, ItemTypeUnknown {
        /// Goods.
        Goods "BIE" "BIE",
        /// A service.
        Service "SER" "SER",
        /// A tax, in groups L and N only.
        Tax "TAX" "TAX",
    }

    /// Whether prices include the tax.
    #[derive(Default)]
    PriceMode, PriceModeUnknown {
        /// Without tax.
        #[default]
        Exclusive "ht" "ht",
        /// Tax included.
        Inclusive "ttc" "ttc",
    }
}

impl InvoiceType {
    /// The one that the DGI calls so.
    pub fn from_dgi_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|invoice_type| invoice_type.dgi_code() == code)
    }

    /// Whether it takes back instead of selling.
    pub const fn is_credit(self) -> bool {
        matches!(self, Self::CreditNote | Self::ExportCredit)
    }

    /// Whether it is of a sale abroad.
    pub const fn is_export(self) -> bool {
        matches!(self, Self::Export | Self::ExportAdvance | Self::ExportCredit)
    }
}
