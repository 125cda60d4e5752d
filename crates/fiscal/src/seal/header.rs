//! The header that every record of a journal or ledger has, and its bytes (S1).

use heapless::Vec;

use super::{key::KeyId, record::RecordFault};
use crate::{
    decimal::Amount,
    ids::{Currency, DeviceId, Epoch, InvoiceNumber, Nif, OutletId},
    invoice::InvoiceType,
    rules::{Validated, limits},
    time::Timestamp,
};

const TAG: &[u8; 16] = b"stelala-record-1";
const INVOICE_KIND: u8 = 0x01;

/// Who sealed what, where and when.
///
/// | bytes | what |
/// |---|---|
/// | 16 | `stelala-record-1` |
/// | 1 | kind: 1 for an invoice, else [`EventKind`] |
/// | 1 + n | device id |
/// | 8 | key id |
/// | 1 + n | outlet id |
/// | 4 | epoch |
/// | 8 | invoice number, 0 where the record is no invoice |
/// | 8 | time, in seconds since 1970 |
/// | 1 + n | NIF, here and below for invoices only |
/// | 1 | invoice type: 1 to 6 in the order of [`InvoiceType::ALL`] |
/// | 8 | total, in centimes, two's complement |
/// | 8 | VAT, in centimes, two's complement |
/// | 3 | currency |
/// | 2 | number of items |
///
/// Integers are big-endian; texts have their length before them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Who sealed.
    pub device: DeviceId,
    /// With which key.
    pub key: KeyId,
    /// For which outlet.
    pub outlet: OutletId,
    /// In which line of numbers.
    pub epoch: Epoch,
    /// When, by the trusted clock.
    pub time: Timestamp,
    /// What.
    pub subject: Subject,
}

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An invoice.
    Invoice(InvoiceFacts),
    /// Anything else that is sealed.
    Event(EventKind),
}

/// What a header says of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvoiceFacts {
    /// Its number in the epoch.
    pub number: InvoiceNumber,
    /// Who sells.
    pub nif: Nif,
    /// What kind.
    pub invoice_type: InvoiceType,
    /// What it comes to, tax included.
    pub total: Amount,
    /// The tax in it.
    pub vat: Amount,
    /// In which currency.
    pub currency: Currency,
    /// How many items: 1 to 150.
    pub items: u16,
}

impl InvoiceFacts {
    /// What a header says of this payload under this number.
    pub fn of(sale: &Validated<'_>, number: InvoiceNumber) -> Self {
        let invoice = sale.invoice();
        Self {
            number,
            nif: invoice.merchant_nif,
            invoice_type: invoice.invoice_type,
            total: invoice.totals.total,
            vat: invoice.totals.total_vat,
            currency: invoice.totals.currency,
            // At most 150 pass validation.
            items: u16::try_from(invoice.items.len()).unwrap_or(u16::MAX),
        }
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident $code:literal $name:literal),* $(,)?) => {
        /// The records that are no invoices. Their bodies are made and read by the rooms that write them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum EventKind { $($(#[$doc])* $variant = $code),* }

        impl EventKind {
            /// Every one, in the order of their codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The byte in the header.
            pub const fn code(self) -> u8 {
                self as u8
            }

            /// The name in reports and exports.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The kind with this code.
            pub fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

kinds! {
    /// Totals over every record since the closure before (D12).
    Closure 0x10 "closure",
    /// A new epoch begins (D9).
    Epoch 0x11 "epoch",
    /// A signer leaves in good order and seals no more (L2).
    Close 0x12 "close",
    /// A signer takes over from another (L2).
    HandOver 0x13 "hand_over",
    /// The ledger holds everything up to here (D10).
    Acknowledgement 0x14 "acknowledgement",
    /// The device was bound to an outlet (D6).
    Provisioned 0x20 "provisioned",
    /// The device started.
    Boot 0x21 "boot",
    /// What was found and decided after a power cut (D11).
    Recovery 0x22 "recovery",
    /// The clock was set (D8).
    TimeSet 0x23 "time_set",
    /// A key or a certificate was installed or replaced.
    Certificate 0x24 "certificate",
    /// A tax manifest was provisioned (P7).
    Manifest 0x25 "manifest",
    /// The life cycle went on: revoked, decommissioned (D7).
    State 0x26 "state",
    /// The journal was exported.
    Export 0x27 "export",
    /// The device tested itself.
    SelfTest 0x28 "self_test",
    /// The firmware was replaced.
    Update 0x29 "update",
    /// A block of numbers was lent to a delegated key (O2).
    Lease 0x40 "lease",
    /// Numbers that will never be used (O3).
    VoidRange 0x41 "void_range",
    /// A range of another signer's chain is held (L1).
    Anchor 0x42 "anchor",
    /// The authority's security elements of an invoice (A1).
    Authority 0x43 "authority",
    /// Something an auditor has to look at (L2, L4, L6).
    Flag 0x44 "flag",
    /// A key ends at a number (S6).
    Revocation 0x45 "revocation",
    /// Payloads past their legal retention were erased (L9).
    Erasure 0x46 "erasure",
}

/// The bytes of a header.
pub(crate) type HeaderBytes = Vec<u8, { Header::MAX_LENGTH }>;

impl Header {
    /// The longest that there is, in bytes.
    pub const MAX_LENGTH: usize = TAG.len()
        + 1
        + (1 + DeviceId::MAX_LENGTH)
        + KeyId::LENGTH
        + (1 + OutletId::MAX_LENGTH)
        + 4
        + 8
        + 8
        + (1 + Nif::MAX_LENGTH)
        + 1
        + 8
        + 8
        + 3
        + 2;

    /// The invoice that the record seals, if it does.
    pub const fn invoice(&self) -> Option<&InvoiceFacts> {
        match &self.subject {
            Subject::Invoice(facts) => Some(facts),
            Subject::Event(_) => None,
        }
    }

    pub(crate) fn to_bytes(self) -> HeaderBytes {
        let mut out = Writer(HeaderBytes::new());
        out.put(TAG);
        out.put(&[match self.subject {
            Subject::Invoice(_) => INVOICE_KIND,
            Subject::Event(kind) => kind.code(),
        }]);
        out.put_text(self.device.as_str());
        out.put(&self.key.0);
        out.put_text(self.outlet.as_str());
        out.put(&self.epoch.0.to_be_bytes());
        out.put(&self.invoice().map_or(0, |facts| facts.number.value()).to_be_bytes());
        out.put(&self.time.unix().to_be_bytes());
        if let Subject::Invoice(facts) = self.subject {
            out.put_text(facts.nif.as_str());
            out.put(&[type_code(facts.invoice_type)]);
            out.put(&facts.total.centimes().to_be_bytes());
            out.put(&facts.vat.centimes().to_be_bytes());
            out.put(facts.currency.as_str().as_bytes());
            out.put(&facts.items.to_be_bytes());
        }
        out.0
    }

    /// Reads a header and hands back what follows it.
    pub(crate) fn read(bytes: &[u8]) -> Result<(Self, &[u8]), RecordFault> {
        let mut input = ByteReader(bytes);
        if input.array()? != *TAG {
            return Err(RecordFault::NotARecord);
        }
        let [kind] = input.array()?;
        let device = input.text()?;
        let key = KeyId(input.array()?);
        let outlet = input.text()?;
        let epoch = Epoch(u32::from_be_bytes(input.array()?));
        let number = input.integer()?;
        let time = Timestamp::from_unix(input.integer()?).ok_or(RecordFault::Field("time"))?;
        let subject = if kind == INVOICE_KIND {
            Subject::Invoice(read_facts(&mut input, number)?)
        } else {
            let kind = EventKind::from_code(kind).ok_or(RecordFault::UnknownKind(kind))?;
            if number != 0 {
                return Err(RecordFault::Field("number"));
            }
            Subject::Event(kind)
        };
        Ok((Self { device, key, outlet, epoch, time, subject }, input.0))
    }
}

fn read_facts(input: &mut ByteReader<'_>, number: u64) -> Result<InvoiceFacts, RecordFault> {
    let amount = |centimes: [u8; 8], field| {
        Amount::from_centimes(i64::from_be_bytes(centimes)).map_err(|_| RecordFault::Field(field))
    };
    Ok(InvoiceFacts {
        number: InvoiceNumber::new(number).ok_or(RecordFault::Field("number"))?,
        nif: input.text()?,
        invoice_type: {
            let [code] = input.array()?;
            InvoiceType::ALL
                .iter()
                .copied()
                .find(|known| type_code(*known) == code)
                .ok_or(RecordFault::Field("invoice type"))?
        },
        total: amount(input.array()?, "total")?,
        vat: amount(input.array()?, "VAT")?,
        currency: {
            let letters: [u8; 3] = input.array()?;
            let currency = core::str::from_utf8(&letters).ok().and_then(|letters| letters.parse().ok());
            currency.ok_or(RecordFault::Field("currency"))?
        },
        items: {
            let items = u16::from_be_bytes(input.array()?);
            let possible = (1..=limits::ITEMS).contains(&usize::from(items));
            if possible { items } else { return Err(RecordFault::Field("items")) }
        },
    })
}

/// 1 to 6, in the order of the specification.
fn type_code(invoice_type: InvoiceType) -> u8 {
    match invoice_type {
        InvoiceType::Sale => 1,
        InvoiceType::Advance => 2,
        InvoiceType::CreditNote => 3,
        InvoiceType::Export => 4,
        InvoiceType::ExportAdvance => 5,
        InvoiceType::ExportCredit => 6,
    }
}

struct Writer<const N: usize>(Vec<u8, N>);

impl<const N: usize> Writer<N> {
    fn put(&mut self, bytes: &[u8]) {
        // The capacity is the sum of the longest fields, so there is always room.
        let _ = self.0.extend_from_slice(bytes);
    }

    fn put_text(&mut self, text: &str) {
        // Ids have at most 20 characters.
        self.put(&[u8::try_from(text.len()).unwrap_or_default()]);
        self.put(text.as_bytes());
    }
}

/// Takes fields from the front of some bytes.
pub(super) struct ByteReader<'a>(pub(super) &'a [u8]);

impl ByteReader<'_> {
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], RecordFault> {
        let (array, rest) = self.0.split_first_chunk().ok_or(RecordFault::Truncated)?;
        self.0 = rest;
        Ok(*array)
    }

    pub(super) fn integer(&mut self) -> Result<u64, RecordFault> {
        self.array().map(u64::from_be_bytes)
    }

    fn text<T: core::str::FromStr>(&mut self) -> Result<T, RecordFault> {
        let [length] = self.array()?;
        let (text, rest) = self.0.split_at_checked(usize::from(length)).ok_or(RecordFault::Truncated)?;
        self.0 = rest;
        let text = core::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
        text.ok_or(RecordFault::Field("id"))
    }
}
