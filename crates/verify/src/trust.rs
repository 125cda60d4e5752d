//! Which keys a verdict rests on.

use fiscal::{DeviceId, Epoch, Header, InvoiceNumber, KeyId, Nif, OutletId, PublicKey, Timestamp};

use crate::{bundle::Bundle, finding::Rule};

/// Where the keys come from, and so how much a verdict is worth.
#[derive(Clone, Debug)]
pub enum Trust {
    /// Someone handed them over: whose they are is for that one to know.
    Keys(Vec<PublicKey>),
    /// The same, each with the signer whose it is.
    Signers(Vec<(DeviceId, PublicKey)>),
    /// An authority signed a list that says whose each is (S6).
    Bundle(Bundle),
}

/// A key of a bundle.
#[derive(Clone, Debug, PartialEq)]
pub struct TrustedKey {
    /// The key.
    pub key: PublicKey,
    /// What it may do.
    pub purpose: KeyUse,
}

/// What a key may do. Keys for sealing and for delegating are never the same (S2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUse {
    /// Seals the records of one signer for one outlet, over a range of numbers.
    Seal {
        /// The signer.
        device: DeviceId,
        /// The outlet.
        outlet: OutletId,
        /// The merchant.
        nif: Nif,
        /// The first number that it could seal.
        first: Serial,
        /// The last, once it was retired or revoked.
        last: Option<Last>,
    },
    /// Signs credentials of delegated keys.
    Issue,
}

/// Where a key ends: at a number, because a thief backdates, and at a time, because a thief also reuses low numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Last {
    /// The last number that it sealed in good order.
    pub serial: Serial,
    /// The time of that seal: nothing later is true, whatever its number.
    pub time: Timestamp,
}

/// A place in an outlet's numbering: epoch, then number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Serial {
    /// The line of numbers.
    pub epoch: Epoch,
    /// The number in it; none before the first.
    pub number: Option<InvoiceNumber>,
}

impl Trust {
    /// The key that must have sealed under this header, if it may.
    ///
    /// `serial` is the invoice's number or, for a record that is no invoice, the last one before it.
    pub(crate) fn sealing_key(&self, header: &Header, serial: Serial) -> Result<PublicKey, Rule> {
        match self {
            Self::Keys(keys) => find(keys, header.key).ok_or(Rule::KeyUnknown),
            Self::Signers(keys) => {
                let known = |(_, key): &&(DeviceId, PublicKey)| key.id() == header.key;
                let of_signer = keys.iter().filter(known).find(|(signer, _)| *signer == header.device);
                let rule =
                    if keys.iter().any(|key| known(&key)) { Rule::SignerMismatch } else { Rule::KeyUnknown };
                of_signer.map(|(_, key)| *key).ok_or(rule)
            }
            Self::Bundle(bundle) => {
                let trusted = entry_for(bundle, header)?;
                trusted.may_seal(header, serial)?;
                Ok(trusted.key)
            }
        }
    }

    /// The same key, whether it may or not.
    pub(crate) fn named_key(&self, header: &Header) -> Result<PublicKey, Rule> {
        match self {
            Self::Keys(keys) => find(keys, header.key).ok_or(Rule::KeyUnknown),
            Self::Signers(keys) => keys
                .iter()
                .find(|(_, key)| key.id() == header.key)
                .map(|(_, key)| *key)
                .ok_or(Rule::KeyUnknown),
            Self::Bundle(bundle) => entry_for(bundle, header).map(|trusted| trusted.key),
        }
    }

    /// The key that must have signed a credential.
    pub(crate) fn issuing_key(&self, id: KeyId) -> Result<PublicKey, Rule> {
        match self {
            Self::Keys(keys) => find(keys, id).ok_or(Rule::KeyUnknown),
            // A signer's key lends nothing (S2).
            Self::Signers(_) => Err(Rule::IssuerUse),
            Self::Bundle(bundle) => {
                let trusted = bundle.first_entry(id).ok_or(Rule::KeyUnknown)?;
                if trusted.purpose == KeyUse::Issue { Ok(trusted.key) } else { Err(Rule::IssuerUse) }
            }
        }
    }
}

impl KeyUse {
    /// The outlet that it seals for; none when it does not seal.
    pub(crate) const fn outlet(&self) -> Option<(DeviceId, OutletId)> {
        match self {
            Self::Seal { device, outlet, .. } => Some((*device, *outlet)),
            Self::Issue => None,
        }
    }
}

impl TrustedKey {
    fn may_seal(&self, header: &Header, serial: Serial) -> Result<(), Rule> {
        let KeyUse::Seal { device, outlet, nif, first, last } = self.purpose else {
            return Err(Rule::KeyUse);
        };
        if header.device != device {
            Err(Rule::SignerMismatch)
        } else if header.outlet != outlet {
            Err(Rule::OutletMismatch)
        } else if header.invoice().is_some_and(|facts| facts.nif != nif) {
            Err(Rule::NifMismatch)
        } else if serial < first && header.invoice().is_some() {
            Err(Rule::BeforeFirst)
        } else if last.is_some_and(|last| serial > last.serial || header.time > last.time) {
            Err(Rule::AfterLast)
        } else {
            Ok(())
        }
    }
}

/// A key may seal for several outlets; the entry of this one decides, or the first says what differs.
fn entry_for<'b>(bundle: &'b Bundle, header: &Header) -> Result<&'b TrustedKey, Rule> {
    let own = bundle.entry(header.key, (header.device, header.outlet));
    own.or_else(|| bundle.first_entry(header.key)).ok_or(Rule::KeyUnknown)
}

fn find(keys: &[PublicKey], id: KeyId) -> Option<PublicKey> {
    keys.iter().find(|key| key.id() == id).copied()
}
