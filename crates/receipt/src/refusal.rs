use std::fmt;

use fiscal::{Fault, QrFault, SealFault};

use crate::Language;

/// Why no receipt is printed. A sale whose elements are missing or false is reissued (L6), never completed by a printer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The payload is not a canonical invoice that adds up.
    Payload(Fault),
    /// An element is not there.
    Missing(Element),
    /// An element is not in its form.
    Malformed(Element),
    /// The QR code's text is not in its form.
    Qr(QrFault),
    /// Two facts that must be one.
    Differs(Difference),
    /// The key that was given did not seal this.
    Seal(SealFault),
    /// A picture or a document could not be made; the text says why.
    Drawing(String),
}

/// What a receipt cannot be without, and what may come with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// The sequential fiscal number.
    FiscalNumber,
    /// Who sealed.
    DeviceId,
    /// What a person compares of the signature.
    AuthCode,
    /// The trusted time.
    Timestamp,
    /// What the QR code says.
    QrPayload,
    /// Header, link and signature.
    Record,
    /// What the tax authority gave, where it is said to have given it.
    Authority,
}

impl Element {
    /// Every one, the five in the order of the specification.
    pub const ALL: [Self; 7] = [
        Self::FiscalNumber,
        Self::DeviceId,
        Self::AuthCode,
        Self::Timestamp,
        Self::QrPayload,
        Self::Record,
        Self::Authority,
    ];

    const fn words(self) -> Words {
        match self {
            Self::FiscalNumber => Words {
                missing: "fiscal_number_missing",
                malformed: "fiscal_number_malformed",
                french: "le numéro fiscal (fiscal_number)",
                english: "the fiscal number (fiscal_number)",
            },
            Self::DeviceId => Words {
                missing: "device_id_missing",
                malformed: "device_id_malformed",
                french: "l'identifiant de l'appareil (device_id)",
                english: "the device id (device_id)",
            },
            Self::AuthCode => Words {
                missing: "auth_code_missing",
                malformed: "auth_code_malformed",
                french: "le code d'authentification (auth_code)",
                english: "the authentication code (auth_code)",
            },
            Self::Timestamp => Words {
                missing: "timestamp_missing",
                malformed: "timestamp_malformed",
                french: "l'heure du sceau (timestamp)",
                english: "the time of the seal (timestamp)",
            },
            Self::QrPayload => Words {
                missing: "qr_payload_missing",
                malformed: "qr_payload_malformed",
                french: "le contenu du code QR (qr_payload)",
                english: "the content of the QR code (qr_payload)",
            },
            Self::Record => Words {
                missing: "record_missing",
                malformed: "record_malformed",
                french: "l'enregistrement scellé (record)",
                english: "the sealed record (record)",
            },
            Self::Authority => Words {
                missing: "authority_missing",
                malformed: "authority_malformed",
                french: "le groupe des éléments de la DGI",
                english: "the set of the DGI's elements",
            },
        }
    }
}

struct Words {
    missing: &'static str,
    malformed: &'static str,
    french: &'static str,
    english: &'static str,
}

macro_rules! differences {
    ($($(#[$doc:meta])* $variant:ident $code:literal $french:literal $english:literal;)*) => {
        /// Two facts of a sale that are not the same.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Difference { $($(#[$doc])* $variant),* }

        impl Difference {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            const fn words(self, language: Language) -> &'static str {
                match self { $(Self::$variant => language.pick($french, $english)),* }
            }
        }
    };
}

differences! {
    /// The QR code has another number.
    Number "number_differs" "le numéro fiscal n'est pas celui du code QR" "the fiscal number is not that of the QR code";
    /// The QR code has another epoch.
    Epoch "epoch_differs" "l'époque du numéro fiscal n'est pas celle du code QR" "the epoch of the fiscal number is not that of the QR code";
    /// The QR code has another device.
    Device "device_id_differs" "l'identifiant de l'appareil n'est pas celui du code QR" "the device id is not that of the QR code";
    /// The QR code states another authentication code.
    AuthCode "auth_code_differs" "le code d'authentification n'est pas celui du code QR" "the authentication code is not that of the QR code";
    /// The authentication code is another signature's.
    Signature "auth_code_not_of_signature" "le code d'authentification n'est pas celui de la signature du code QR" "the authentication code is not that of the QR code's signature";
    /// The QR code has another time.
    Time "timestamp_differs" "l'heure du sceau n'est pas celle du code QR" "the time of the seal is not that of the QR code";
    /// The seal is another merchant's.
    Nif "nif_differs" "le NIF de la facture n'est pas celui du sceau" "the NIF of the invoice is not that of the seal";
    /// The seal is another outlet's.
    Outlet "outlet_differs" "le point de vente de la facture n'est pas celui du sceau" "the outlet of the invoice is not that of the seal";
    /// The seal is of another type.
    InvoiceType "invoice_type_differs" "le type de la facture n'est pas celui du sceau" "the type of the invoice is not that of the seal";
    /// The seal is of another number of items.
    Items "items_differ" "le nombre d'articles de la facture n'est pas celui du sceau" "the number of items of the invoice is not that of the seal";
    /// The seal is of another total.
    Total "total_differs" "le total de la facture n'est pas celui du sceau" "the total of the invoice is not that of the seal";
    /// The seal is of another VAT.
    Vat "vat_differs" "la TVA de la facture n'est pas celle du sceau" "the VAT of the invoice is not that of the seal";
    /// The seal is in another currency.
    Currency "currency_differs" "la devise de la facture n'est pas celle du sceau" "the currency of the invoice is not that of the seal";
    /// The credential is for another seal.
    Credential "credential_differs" "le certificat de délégation n'est pas celui de ce sceau" "the credential is not for this seal";
    /// The record seals another payload.
    RecordPayload "record_payload_differs" "l'enregistrement scelle une autre facture : ces articles ne sont pas les siens" "the record seals another invoice: these articles are not its own";
    /// The record is not what the QR code states.
    RecordSeal "record_differs" "l'enregistrement n'est pas celui du code QR" "the record is not that of the QR code";
}

impl Refusal {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Payload(_) => "payload_invalid",
            Self::Missing(element) => element.words().missing,
            Self::Malformed(element) => element.words().malformed,
            Self::Qr(_) => Element::QrPayload.words().malformed,
            Self::Differs(difference) => difference.code(),
            Self::Seal(SealFault::OtherKey) => "key_differs",
            Self::Seal(_) => "seal_false",
            Self::Drawing(_) => "drawing_failed",
        }
    }

    /// What is wrong and what to do.
    pub fn sentence(&self, language: Language) -> String {
        match (self, language) {
            (Self::Payload(fault), Language::French) => {
                format!("la facture est invalide ({}: {}) : refaites la vente", fault.path, fault.reason.french())
            }
            (Self::Payload(fault), Language::English) => {
                format!("the invoice is invalid ({fault}): make the sale again")
            }
            (Self::Missing(element), Language::French) => format!(
                "il manque {} : demandez le sceau à l'appareil (QRY|LOG) ; s'il n'en a pas, refaites la vente",
                element.words().french
            ),
            (Self::Missing(element), Language::English) => format!(
                "{} is missing: ask the device for the seal (QRY|LOG); if it has none, make the sale again",
                element.words().english
            ),
            (Self::Malformed(Element::Authority), Language::French) => {
                "les éléments de la DGI n'ont pas la forme prévue : reprenez-les tels que la DGI les a donnés".to_owned()
            }
            (Self::Malformed(Element::Authority), Language::English) => {
                "the DGI's elements are not in their form: take them as the DGI gave them".to_owned()
            }
            (Self::Malformed(element), Language::French) => format!(
                "{} n'a pas la forme prévue : reprenez le sceau tel que l'appareil l'a rendu",
                element.words().french
            ),
            (Self::Malformed(element), Language::English) => format!(
                "{} is not in its form: take the seal as the device gave it",
                element.words().english
            ),
            (Self::Qr(_), Language::French) => Self::Malformed(Element::QrPayload).sentence(language),
            (Self::Qr(fault), Language::English) => {
                format!("the content of the QR code (qr_payload) cannot be: {fault}; take the seal as the device gave it")
            }
            (Self::Differs(difference), Language::French) => format!(
                "{} : ce sceau n'est pas celui de cette vente ; reprenez le bon, ou refaites la vente",
                difference.words(language)
            ),
            (Self::Differs(difference), Language::English) => format!(
                "{}: this seal is not of this sale; take the right one, or make the sale again",
                difference.words(language)
            ),
            (Self::Seal(_), Language::French) => {
                "la clé donnée n'a pas scellé cette facture : vérifiez la clé ; si c'est la bonne, le sceau est faux".to_owned()
            }
            (Self::Seal(fault), Language::English) => fault.to_string(),
            (Self::Drawing(why), Language::French) => format!("le reçu n'a pas pu être dessiné : {why}"),
            (Self::Drawing(why), Language::English) => format!("the receipt could not be drawn: {why}"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence(Language::English))
    }
}

impl std::error::Error for Refusal {}

impl From<Difference> for Refusal {
    fn from(difference: Difference) -> Self {
        Self::Differs(difference)
    }
}
