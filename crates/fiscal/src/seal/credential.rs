//! A delegated key's credential: what an issuer's key lets a till seal while it is offline (S5, O1, O2).

use sha2::{Digest, Sha256};

use super::{
    binary::ByteReader,
    hash::RecordHash,
    header::Header,
    key::{KeyId, PublicKey, SealFault, Signature},
    signing::{Issuing, PrivateKey, Proven, SignError},
};
use crate::{
    decimal::Amount,
    ids::{Currency, DeviceId, Epoch, InvoiceNumber, Nif, OutletId},
    time::Timestamp,
};

const TAG: &[u8; 16] = b"stelala-lease--1";

/// What is lent: a block of numbers, for some hours, up to an amount, to the holder of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CredentialTerms {
    /// What the delegate seals as.
    pub device: DeviceId,
    /// For which outlet.
    pub outlet: OutletId,
    /// Of which merchant.
    pub nif: Nif,
    /// In which line of numbers.
    pub epoch: Epoch,
    /// The delegate's key.
    pub public_key: PublicKey,
    /// The first number of the block.
    pub first: InvoiceNumber,
    /// How many numbers: 1 to 500.
    pub count: u16,
    /// From when.
    pub not_before: Timestamp,
    /// For how many hours: 12 to 72.
    pub hours: u8,
    /// Up to what amount.
    pub cap: AmountCap,
}

/// Whole thousands of CDF, up to 16 777 215 of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AmountCap(u32);

impl AmountCap {
    /// The highest, in thousands of CDF.
    pub const MAX_THOUSANDS: u32 = (1 << 24) - 1;

    /// So many thousands of CDF.
    pub const fn thousands(thousands: u32) -> Option<Self> {
        if thousands <= Self::MAX_THOUSANDS { Some(Self(thousands)) } else { None }
    }

    /// As an amount in CDF.
    pub fn amount(self) -> Amount {
        // At most 16 777 215 000.00, which an amount holds.
        Amount::from_centimes(i64::from(self.0) * 100_000).unwrap_or(Amount::MAX)
    }
}

impl CredentialTerms {
    /// Numbers in a block (O2).
    pub const COUNTS: core::ops::RangeInclusive<u16> = 1..=500;
    /// Hours of validity (O2).
    pub const HOURS: core::ops::RangeInclusive<u8> = 12..=72;

    /// Signs the terms with the issuer's key.
    pub fn issue<K: PrivateKey>(
        self,
        issuer: &Proven<K, Issuing>,
    ) -> Result<Credential, IssueFault<K::Error>> {
        let issuer_key = issuer.public_key().id();
        if self.limits().is_err() {
            return Err(CredentialFault::Terms.into());
        }
        let signature = issuer.sign(&self.hash(issuer_key)).map_err(IssueFault::Sign)?;
        Ok(Credential { terms: self, issuer: issuer_key, signature })
    }

    fn limits(&self) -> Result<(), CredentialFault> {
        let last = self.first.value().checked_add(u64::from(self.count)).map(|end| end - 1);
        let block = last.and_then(InvoiceNumber::new).is_some() && Self::COUNTS.contains(&self.count);
        let time = u32::try_from(self.not_before.unix()).is_ok() && Self::HOURS.contains(&self.hours);
        if block && time { Ok(()) } else { Err(CredentialFault::Terms) }
    }

    /// What the issuer signs: every term, the device's, outlet's and merchant's ids included, which the receipt
    /// states elsewhere.
    fn hash(&self, issuer: KeyId) -> RecordHash {
        let mut hasher = Sha256::new();
        hasher.update(TAG);
        for text in [self.device.as_str(), self.outlet.as_str(), self.nif.as_str()] {
            // Ids and codes have at most 32 characters.
            hasher.update([u8::try_from(text.len()).unwrap_or_default()]);
            hasher.update(text);
        }
        hasher.update(self.epoch.0.to_be_bytes());
        hasher.update(self.public_key.to_compressed());
        hasher.update(self.first.value().to_be_bytes());
        hasher.update(self.count.to_be_bytes());
        hasher.update(self.not_before.unix().to_be_bytes());
        hasher.update([self.hours]);
        hasher.update(self.cap.0.to_be_bytes());
        hasher.update(issuer.0);
        RecordHash(hasher.finalize().into())
    }
}

/// Terms with the issuer's signature, as a receipt shows them.
///
/// | bytes | what |
/// |---|---|
/// | 33 | the delegate's public key, compressed |
/// | 4 | from when, in seconds since 1970 |
/// | 1 | for how many hours |
/// | 2 | this invoice's number less the block's first |
/// | 2 | how many numbers |
/// | 3 | up to how many thousands of CDF |
/// | 8 | the issuer's key id |
/// | 64 | the issuer's signature |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credential {
    terms: CredentialTerms,
    issuer: KeyId,
    signature: Signature,
}

impl Credential {
    /// In bytes.
    pub const LENGTH: usize = 33 + 4 + 1 + 2 + 2 + 3 + KeyId::LENGTH + Signature::LENGTH;

    /// What is lent.
    pub const fn terms(&self) -> &CredentialTerms {
        &self.terms
    }

    /// Whose key signed.
    pub const fn issuer(&self) -> KeyId {
        self.issuer
    }

    /// Whether the issuer lent this to whoever sealed `header`: its signature, and [`Self::covers`].
    pub fn verify(&self, issuer: &PublicKey, header: &Header) -> Result<(), CredentialFault> {
        if issuer.id() != self.issuer {
            return Err(CredentialFault::OtherIssuer);
        }
        let signed = issuer.verify(&self.terms.hash(self.issuer), &self.signature);
        signed.map_err(|_: SealFault| CredentialFault::False)?;
        self.covers(header)
    }

    /// Whether the terms are for `header`: device, outlet, merchant, epoch and key, the block, the hours and the cap.
    ///
    /// The cap is compared when the invoice is in CDF; over several invoices it is for reconciliation to add up.
    pub fn covers(&self, header: &Header) -> Result<(), CredentialFault> {
        let terms = &self.terms;
        terms.limits()?;
        let facts = header.invoice().ok_or(CredentialFault::OtherSubject)?;
        let same = terms.device == header.device
            && terms.outlet == header.outlet
            && terms.nif == facts.nif
            && terms.epoch == header.epoch
            && terms.public_key.id() == header.key;
        let offset = facts.number.value().checked_sub(terms.first.value());
        if !same {
            Err(CredentialFault::OtherSubject)
        } else if offset.is_none_or(|offset| offset >= u64::from(terms.count)) {
            Err(CredentialFault::OutsideBlock)
        } else if header.time < terms.not_before
            || header.time.seconds_after(terms.not_before) >= u64::from(terms.hours) * 3_600
        {
            Err(CredentialFault::OutsideHours)
        } else if facts.currency == Currency::CDF && facts.total.magnitude() > terms.cap.amount() {
            Err(CredentialFault::AboveCap)
        } else {
            Ok(())
        }
    }

    /// The bytes on the receipt of the invoice `number`; none when the number is not near the block.
    pub(super) fn to_bytes(self, number: InvoiceNumber) -> Option<[u8; Self::LENGTH]> {
        let terms = &self.terms;
        let offset = u16::try_from(number.value().checked_sub(terms.first.value())?).ok()?;
        let not_before = u32::try_from(terms.not_before.unix()).ok()?;
        let mut bytes = [0; Self::LENGTH];
        let mut at = 0;
        for part in [
            &terms.public_key.to_compressed()[..],
            &not_before.to_be_bytes(),
            &[terms.hours],
            &offset.to_be_bytes(),
            &terms.count.to_be_bytes(),
            &terms.cap.0.to_be_bytes()[1..],
            &self.issuer.0,
            self.signature.as_bytes(),
        ] {
            bytes[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        Some(bytes)
    }

    /// Reads the bytes; what a receipt states elsewhere is taken from there.
    pub(super) fn from_bytes(
        bytes: &[u8; Self::LENGTH],
        device: DeviceId,
        outlet: OutletId,
        nif: Nif,
        epoch: Epoch,
        number: InvoiceNumber,
    ) -> Option<Self> {
        let mut input = ByteReader(bytes);
        let public_key =
            PublicKey::from_sec1(&input.array::<{ PublicKey::COMPRESSED_LENGTH }>().ok()?).ok()?;
        let not_before = u32::from_be_bytes(input.array().ok()?);
        let [hours] = input.array().ok()?;
        let offset = u16::from_be_bytes(input.array().ok()?);
        let count = u16::from_be_bytes(input.array().ok()?);
        let [high, middle, low] = input.array().ok()?;
        let issuer = KeyId(input.array().ok()?);
        let signature = Signature::from_bytes(input.array().ok()?).ok()?;
        let terms = CredentialTerms {
            device,
            outlet,
            nif,
            epoch,
            public_key,
            first: InvoiceNumber::new(number.value().checked_sub(u64::from(offset))?)?,
            count,
            not_before: Timestamp::from_unix(u64::from(not_before))?,
            hours,
            cap: AmountCap(u32::from_be_bytes([0, high, middle, low])),
        };
        Some(Self { terms, issuer, signature })
    }
}

/// Why a credential does not carry a seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialFault {
    /// No such terms are lent.
    #[error("a block has 1 to 500 numbers and is lent for 12 to 72 hours")]
    Terms,
    /// The credential names another issuer.
    #[error("the credential names another issuer's key: look the key up by its id")]
    OtherIssuer,
    /// The issuer did not sign it.
    #[error("the issuer did not sign this credential")]
    False,
    /// It is for someone else.
    #[error("the credential is for another device, outlet, merchant, epoch or key")]
    OtherSubject,
    /// The number is not in the block.
    #[error("the invoice's number is outside the block that was lent")]
    OutsideBlock,
    /// The time is not in the hours.
    #[error("the invoice was sealed outside the hours that were lent")]
    OutsideHours,
    /// The total is above the cap.
    #[error("the invoice's total is above the amount that was lent")]
    AboveCap,
}

/// Why a credential was not issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueFault<E> {
    /// No such terms are lent.
    #[error(transparent)]
    Terms(#[from] CredentialFault),
    /// The issuer's key did not sign.
    #[error(transparent)]
    Sign(SignError<E>),
}
