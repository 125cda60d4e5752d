//! The header that every record of a journal or ledger has, and its bytes (S1).

use heapless::Vec;

use super::{
    binary::{ByteReader, ByteWriter, RecordFault},
    key::KeyId,
    kind::EventKind,
};
use crate::{
    decimal::Amount,
    ids::{Currency, DeviceId, Epoch, InvoiceNumber, Nif, OutletId},
    invoice::{Invoice, InvoiceType},
    rules::{Sale, limits},
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
    /// What a header says of this sale under this number.
    pub const fn of(sale: &Sale, number: InvoiceNumber) -> Self {
        let Sale { nif, invoice_type, total, vat, currency, items, .. } = *sale;
        Self { number, nif, invoice_type, total, vat, currency, items }
    }

    /// What a header says of this invoice under this number, for whoever reads a journal again. It proves nothing of
    /// the invoice: to seal one takes a [`Sale`].
    pub fn of_invoice(invoice: &Invoice<'_>, number: InvoiceNumber) -> Self {
        Self {
            number,
            nif: invoice.merchant_nif,
            invoice_type: invoice.invoice_type,
            total: invoice.totals.total,
            vat: invoice.totals.total_vat,
            currency: invoice.totals.currency,
            // A payload has at most 150.
            items: u16::try_from(invoice.items.len()).unwrap_or(u16::MAX),
        }
    }
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
        let mut out = ByteWriter(HeaderBytes::new());
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
