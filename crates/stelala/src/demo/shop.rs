//! A till and a signer in one: what a shop does with each sale.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use fiscal::{
    Chain, CreditAccount, DEFAULT_MANIFEST, Epoch, Head, HeadState, Invoice, InvoiceFacts, InvoiceNumber,
    Listing, Moment, Original, OriginalIdentity, Prefix, Proven, PublicKey, Reference, SecurityElements,
    Timestamp, UtcOffset, Validated,
};
use p256::ecdsa::SigningKey;
use verify::{JournalLine, KeyList, KeyUse, Serial, TrustedKey};

use crate::random;

/// The demonstration's clock is so much after the till's: no sale of the past could be sealed with today's time.
const SECONDS_TO_SEAL: u64 = 2;

/// One outlet with its signer, journal and originals.
pub(super) struct Shop {
    key: Proven<SigningKey>,
    root: Proven<SigningKey, Listing>,
    prefix: Prefix,
    head: Head,
    originals: BTreeMap<InvoiceNumber, CreditAccount>,
    opened: Timestamp,
}

/// What a sale leaves behind.
pub(super) struct Receipt {
    pub(super) elements: SecurityElements,
    pub(super) facts: InvoiceFacts,
    pub(super) journal_line: JournalLine,
}

impl Shop {
    /// With new keys and an empty journal.
    pub(super) fn open() -> anyhow::Result<Self> {
        let key = random::software_key()?;
        let chain = Chain {
            device: "DEMO-SOFT-01".parse()?,
            key: key.public_key().id(),
            outlet: "KIN-GOMBE-01".parse()?,
            nif: "A2301457K".parse()?,
            epoch: Epoch(0),
        };
        Ok(Self {
            key,
            root: random::software_key()?,
            prefix: "KINGOMBE01".parse()?,
            head: Head::open(chain, HeadState::START),
            originals: BTreeMap::new(),
            opened: "2026-03-14T06:00:00".parse()?,
        })
    }

    /// Seals one sale, all rules kept.
    pub(super) fn sell(&mut self, example: &str) -> anyhow::Result<Receipt> {
        let example = Invoice::read(example.as_bytes())?;
        let payload = self.complete(&example)?;
        let sale = Validated::read(payload.as_bytes())?;
        let moment = moment(sale.invoice().timestamp)?;
        DEFAULT_MANIFEST.check(&sale, moment.now.date_at(UtcOffset::KINSHASA))?;
        let credited = self.admit(&sale)?;
        let linked = self.head.link(&sale.sale(), moment)?;
        let sealed = linked.sign(&self.key).map_err(|unsealed| unsealed.cause)?;
        let elements = sealed.elements(self.prefix, None).context("an invoice has its elements")?;
        let facts = *sealed.header.invoice().context("an invoice has its facts")?;
        match credited {
            Some((original, account)) => {
                self.originals.insert(original, account);
            }
            None if !sale.invoice().invoice_type.is_credit() => {
                self.originals.insert(facts.number, self.account_of(&elements, &sale)?);
            }
            None => {}
        }
        Ok(Receipt { elements, facts, journal_line: JournalLine::new(&sealed, Some(&payload)) })
    }

    /// The till's part: a credit note names its original by the authentication code that it really got.
    fn complete(&self, example: &Invoice<'_>) -> anyhow::Result<String> {
        let mut invoice = *example;
        if let Some(Reference::Original(reference)) = &mut invoice.reference {
            let Some(original) = self.originals.get(&reference.invoice_seq) else {
                bail!("its original {} was not sold today", reference.invoice_seq);
            };
            reference.auth_code = original.terms().identity.auth_code;
        }
        let mut payload = String::new();
        invoice.write(&mut payload)?;
        Ok(payload)
    }

    /// The signer's part: no more is taken back than was sold (D5).
    fn admit(&self, note: &Validated<'_>) -> anyhow::Result<Option<(InvoiceNumber, CreditAccount)>> {
        let Some(Reference::Original(reference)) = &note.invoice().reference else { return Ok(None) };
        let original = match self.originals.get(&reference.invoice_seq) {
            Some(account) => Original::Here(account.clone()),
            None => Original::Nowhere,
        };
        let account = original.admit(note).map_err(|fault| anyhow::anyhow!("{}: {fault}", fault.code()))?;
        Ok(Some((reference.invoice_seq, account)))
    }

    fn account_of(&self, elements: &SecurityElements, sale: &Validated<'_>) -> anyhow::Result<CreditAccount> {
        let identity = OriginalIdentity {
            nif: sale.invoice().merchant_nif,
            outlet: sale.invoice().outlet_id,
            epoch: elements.fiscal_number.epoch,
            number: elements.fiscal_number.number,
            auth_code: elements.auth_code,
        };
        Ok(CreditAccount::open(identity, sale)?)
    }

    /// The list of keys that an inspector would carry, signed.
    pub(super) fn bundle(&self) -> anyhow::Result<String> {
        let Chain { device, outlet, nif, epoch, .. } = *self.head.chain();
        let first = Serial { epoch, number: Some(InvoiceNumber::FIRST) };
        let purpose = KeyUse::Seal { device, outlet, nif, first, last: None };
        let keys = vec![TrustedKey { key: *self.key.public_key(), purpose }];
        KeyList { issued: self.opened, keys }.sign(&self.root).context("the demo's root key did not sign")
    }

    pub(super) const fn key(&self) -> &PublicKey {
        self.key.public_key()
    }

    pub(super) const fn root(&self) -> &PublicKey {
        self.root.public_key()
    }

    pub(super) const fn chain(&self) -> &Chain {
        self.head.chain()
    }
}

fn moment(till: Timestamp) -> anyhow::Result<Moment> {
    let now = Timestamp::from_unix(till.unix() + SECONDS_TO_SEAL).context("the day is past the year 9999")?;
    Ok(Moment { now, tolerance_seconds: Moment::CLOUD_TOLERANCE_SECONDS, counter: 0 })
}
