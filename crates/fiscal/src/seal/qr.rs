//! What the QR code says (S5): enough to verify header and signature offline with the public key.

use core::fmt::Write;

use base64ct::{Base64UrlUnpadded, Encoding};
use heapless::String;

use super::{
    credential::Credential,
    hash::{ChainDigest, RecordHash},
    header::{Header, InvoiceFacts, Subject},
    key::{KeyId, PublicKey, SealFault, Signature},
    record::{Sealed, record_hash},
};
use crate::{
    auth_code::AuthCode,
    ids::{Epoch, InvoiceNumber, plain_integer},
    invoice::InvoiceType,
    rules::limits,
};

/// The text of a QR code.
pub type QrText = String<{ Qr::MAX_LENGTH }>;

/// The content of a receipt's QR code. Nothing in it is proven until [`Qr::verify`] says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Qr {
    header: Header,
    facts: InvoiceFacts,
    auth_code: AuthCode,
    digest: ChainDigest,
    signature: Signature,
    credential: Option<Credential>,
}

impl Qr {
    /// The longest that a device or the cloud makes, in characters.
    pub const MAX_LENGTH_ONLINE: usize = 330;
    /// The longest that there is, with a delegated key's credential.
    pub const MAX_LENGTH: usize = 460;

    const VERSION: &'static str = "1";

    /// The QR code of a sealed invoice; none for a record that is no invoice, or a credential that does not cover it.
    pub fn of(sealed: &Sealed, credential: Option<&Credential>) -> Option<Self> {
        let facts = *sealed.header.invoice()?;
        if credential.is_some_and(|credential| credential.covers(&sealed.header).is_err()) {
            return None;
        }
        Some(Self {
            header: sealed.header,
            facts,
            auth_code: sealed.signature.auth_code(),
            digest: sealed.link.digest(),
            signature: sealed.signature,
            credential: credential.copied(),
        })
    }

    /// Reads the text of a QR code.
    pub fn read(text: &str) -> Result<Self, QrFault> {
        if text.len() > Self::MAX_LENGTH {
            return Err(QrFault::TooLong);
        }
        let fields = text.split('|').count();
        if fields != FIELDS && fields != FIELDS + 1 {
            return Err(QrFault::FieldCount);
        }
        Fields { rest: text.split('|') }.read(fields > FIELDS)
    }

    /// Writes the text.
    pub fn to_text(&self) -> QrText {
        let (header, facts) = (&self.header, &self.facts);
        let mut text = QrText::new();
        let mut binary = [0; 160];
        // The capacity is the longest sum of all fields, and every buffer fits its value, so nothing here fails.
        let _ = write!(
            text,
            "{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|",
            header.device,
            facts.number,
            self.auth_code,
            Self::VERSION,
            header.epoch,
            header.outlet,
            facts.items,
            facts.invoice_type.dgi_code(),
            header.time,
            facts.nif,
            facts.total,
            facts.vat,
            facts.currency,
        );
        let credential = self.credential.and_then(|credential| credential.to_bytes(facts.number));
        // The key id of a delegated key follows from the key itself, which the credential shows.
        let key: &[u8] = if credential.is_some() { &[] } else { &header.key.0 };
        let mut put = |bytes: &[u8], end: &str| {
            let _ = text.push_str(Base64UrlUnpadded::encode(bytes, &mut binary).unwrap_or_default());
            let _ = text.push_str(end);
        };
        put(key, "|");
        put(&self.digest.0, "|");
        put(self.signature.as_bytes(), "");
        if let Some(credential) = credential {
            let _ = text.push_str("|");
            let _ = text.push_str(Base64UrlUnpadded::encode(&credential, &mut binary).unwrap_or_default());
        }
        text
    }

    /// Who sealed what, where and when.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// What was sealed.
    pub const fn facts(&self) -> &InvoiceFacts {
        &self.facts
    }

    /// The authentication code as the text states it.
    pub const fn auth_code(&self) -> AuthCode {
        self.auth_code
    }

    /// The signature as the text states it.
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The credential of a delegated key, if one sealed.
    pub const fn credential(&self) -> Option<&Credential> {
        self.credential.as_ref()
    }

    /// What the signature covers.
    pub fn record_hash(&self) -> RecordHash {
        record_hash(&self.header.to_bytes(), &self.digest)
    }

    /// D, which ties the receipt to its record in the journal.
    pub const fn digest(&self) -> ChainDigest {
        self.digest
    }

    /// Whether this key sealed what the text says. Whether a delegated key may is for [`Credential::verify`] to say.
    pub fn verify(&self, key: &PublicKey) -> Result<(), SealFault> {
        if key.id() != self.header.key {
            return Err(SealFault::OtherKey);
        }
        key.verify(&self.record_hash(), &self.signature)?;
        if self.auth_code == self.signature.auth_code() { Ok(()) } else { Err(SealFault::AuthCode) }
    }
}

/// Without a credential.
const FIELDS: usize = 16;

struct Fields<'a> {
    rest: core::str::Split<'a, char>,
}

impl<'a> Fields<'a> {
    fn read(mut self, delegated: bool) -> Result<Qr, QrFault> {
        use QrField as F;
        let device = self.parsed(F::Device)?;
        let number = self.value(F::Number, |text| plain_integer(text).and_then(InvoiceNumber::new))?;
        let auth_code = self.parsed(F::AuthCode)?;
        self.value(F::Version, |text| (text == Qr::VERSION).then_some(()))?;
        let epoch = self.value(F::Epoch, |text| u32::try_from(plain_integer(text)?).ok().map(Epoch))?;
        let outlet = self.parsed(F::Outlet)?;
        let items = self.value(F::Items, |text| {
            u16::try_from(plain_integer(text)?)
                .ok()
                .filter(|items| (1..=limits::ITEMS).contains(&usize::from(*items)))
        })?;
        let invoice_type = self.value(F::InvoiceType, InvoiceType::from_dgi_code)?;
        let time = self.parsed(F::Time)?;
        let nif = self.parsed(F::Nif)?;
        let total = self.parsed(F::Total)?;
        let vat = self.parsed(F::Vat)?;
        let currency = self.parsed(F::Currency)?;
        let key = if delegated {
            self.value(F::Key, |text| text.is_empty().then_some(KeyId([0; KeyId::LENGTH])))?
        } else {
            KeyId(self.binary(F::Key)?)
        };
        let digest = ChainDigest(self.binary(F::Digest)?);
        let signature = Signature::from_bytes(self.binary(F::Signature)?).map_err(QrFault::Signature)?;
        let facts = InvoiceFacts { number, nif, invoice_type, total, vat, currency, items };
        let mut header = Header { device, key, outlet, epoch, time, subject: Subject::Invoice(facts) };
        let mut credential = None;
        if delegated {
            let bytes = self.binary(F::Credential)?;
            let read = Credential::from_bytes(&bytes, device, outlet, nif, epoch, number);
            let read = read.ok_or(QrFault::Field(F::Credential))?;
            header.key = read.terms().public_key.id();
            credential = Some(read);
        }
        Ok(Qr { header, facts, auth_code, digest, signature, credential })
    }

    fn value<T>(&mut self, field: QrField, read: impl FnOnce(&'a str) -> Option<T>) -> Result<T, QrFault> {
        self.rest.next().and_then(read).ok_or(QrFault::Field(field))
    }

    fn parsed<T: core::str::FromStr>(&mut self, field: QrField) -> Result<T, QrFault> {
        self.value(field, |text| text.parse().ok())
    }

    /// Base64url without padding, of exactly `N` bytes, in its one form.
    fn binary<const N: usize>(&mut self, field: QrField) -> Result<[u8; N], QrFault> {
        self.value(field, |text| {
            let mut bytes = [0; N];
            let length = Base64UrlUnpadded::decode(text, &mut bytes).ok()?.len();
            (length == N).then_some(bytes)
        })
    }
}

/// Why a text is not that of a receipt's QR code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QrFault {
    /// Longer than any that is made.
    #[error("the text has more than {max} characters: it is not a receipt's QR code", max = Qr::MAX_LENGTH)]
    TooLong,
    /// Not 16 or 17 fields.
    #[error("a receipt's QR code has 16 fields, or 17 of an offline sale, with | between them")]
    FieldCount,
    /// A field that cannot be.
    #[error("the {name} is not in its form: scan the code again", name = .0.english())]
    Field(QrField),
    /// A signature that is not in its one form.
    #[error(transparent)]
    Signature(super::key::SignatureFault),
}

macro_rules! fields {
    ($($variant:ident $french:literal $english:literal),* $(,)?) => {
        /// The fields, in their order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each variant is its name")]
        pub enum QrField { $($variant),* }

        impl QrField {
            /// In English.
            pub const fn english(self) -> &'static str {
                match self { $(Self::$variant => $english),* }
            }

            /// In French.
            pub const fn french(self) -> &'static str {
                match self { $(Self::$variant => $french),* }
            }
        }
    };
}

fields! {
    Device "identifiant de l'appareil" "device id",
    Number "numéro" "number",
    AuthCode "code d'authentification" "authentication code",
    Version "version" "version",
    Epoch "époque" "epoch",
    Outlet "point de vente" "outlet",
    Items "nombre d'articles" "number of items",
    InvoiceType "type de facture" "invoice type",
    Time "heure" "time",
    Nif "NIF" "NIF",
    Total "total" "total",
    Vat "montant de la TVA" "VAT",
    Currency "devise" "currency",
    Key "identifiant de la clé" "key id",
    Digest "empreinte" "digest",
    Signature "signature" "signature",
    Credential "certificat de délégation" "credential",
}
