//! The five elements, present, in their form and of one seal; and that seal of this invoice.

use std::str::FromStr;

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{AuthCode, DeviceId, FiscalNumber, Qr, Record, Timestamp, Validated};

use crate::{Difference, Element, Elements, Refusal};

/// The security elements of one invoice. What they say of each other and of the invoice is consistent; that a key signed
/// it is for [`Qr::verify`] to say.
#[derive(Clone, Debug)]
pub(crate) struct Seal {
    pub(crate) fiscal_number: FiscalNumber,
    pub(crate) device: DeviceId,
    pub(crate) auth_code: AuthCode,
    pub(crate) time: Timestamp,
    pub(crate) qr: Qr,
}

impl Seal {
    pub(crate) fn read(elements: &Elements, sale: &Validated<'_>) -> Result<Self, Refusal> {
        // All five are asked for first: what is missing is said before what is wrong.
        let number = present(elements.fiscal_number.as_ref(), Element::FiscalNumber)?;
        let device = present(elements.device_id.as_ref(), Element::DeviceId)?;
        let auth_code = present(elements.auth_code.as_ref(), Element::AuthCode)?;
        let time = present(elements.timestamp.as_ref(), Element::Timestamp)?;
        let qr = present(elements.qr_payload.as_ref(), Element::QrPayload)?;
        let seal = Self {
            fiscal_number: parsed(number, Element::FiscalNumber)?,
            device: parsed(device, Element::DeviceId)?,
            auth_code: parsed(auth_code, Element::AuthCode)?,
            time: parsed(time, Element::Timestamp)?,
            qr: Qr::read(qr).map_err(Refusal::Qr)?,
        };
        seal.agrees_with_itself()?;
        seal.agrees_with_invoice(sale)?;
        if let Ok(record) = present(elements.record.as_ref(), Element::Record) {
            seal.agrees_with_record(record, sale)?;
        }
        Ok(seal)
    }

    fn agrees_with_itself(&self) -> Result<(), Difference> {
        let (header, facts) = (self.qr.header(), self.qr.facts());
        let credential = self.qr.credential();
        same([
            (self.fiscal_number.number == facts.number, Difference::Number),
            (self.fiscal_number.epoch == header.epoch, Difference::Epoch),
            (self.device == header.device, Difference::Device),
            (self.auth_code == self.qr.auth_code(), Difference::AuthCode),
            (self.auth_code == self.qr.signature().auth_code(), Difference::Signature),
            (self.time == header.time, Difference::Time),
            (credential.is_none_or(|credential| credential.covers(header).is_ok()), Difference::Credential),
        ])
    }

    fn agrees_with_invoice(&self, sale: &Validated<'_>) -> Result<(), Difference> {
        let (header, facts, invoice) = (self.qr.header(), self.qr.facts(), sale.invoice());
        same([
            (facts.nif == invoice.merchant_nif, Difference::Nif),
            (header.outlet == invoice.outlet_id, Difference::Outlet),
            (facts.invoice_type == invoice.invoice_type, Difference::InvoiceType),
            (usize::from(facts.items) == invoice.items.len(), Difference::Items),
            (facts.total == invoice.totals.total, Difference::Total),
            (facts.vat == invoice.totals.total_vat, Difference::Vat),
            (facts.currency == invoice.totals.currency, Difference::Currency),
        ])
    }

    fn agrees_with_record(&self, record: &str, sale: &Validated<'_>) -> Result<(), Refusal> {
        let malformed = || Refusal::Malformed(Element::Record);
        let bytes = Base64UrlUnpadded::decode_vec(record).map_err(|_| malformed())?;
        let record = Record::from_bytes(&bytes).map_err(|_| malformed())?;
        let of_the_qr = record.header == *self.qr.header()
            && record.link.digest() == self.qr.digest()
            && record.signature == *self.qr.signature();
        same([
            (record.link.payload == sale.hash(), Difference::RecordPayload),
            (of_the_qr, Difference::RecordSeal),
        ])?;
        Ok(())
    }
}

fn present(element: Option<&String>, name: Element) -> Result<&str, Refusal> {
    element.map(String::as_str).filter(|text| !text.is_empty()).ok_or(Refusal::Missing(name))
}

fn parsed<T: FromStr>(text: &str, element: Element) -> Result<T, Refusal> {
    text.parse().map_err(|_| Refusal::Malformed(element))
}

fn same<const N: usize>(facts: [(bool, Difference); N]) -> Result<(), Difference> {
    facts.into_iter().find(|(same, _)| !same).map_or(Ok(()), |(_, difference)| Err(difference))
}
