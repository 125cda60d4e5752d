use def_protocol::{
    ErrorCode, LogKey, Output,
    reply::{Accepted, Displayed, LogEntry, Logged, Seal, Streamed, TaxLine},
};
use fiscal::{Invoice, compact};

use crate::{
    board::Board,
    content::InvoiceContent,
    device::{Core, Line},
    journal::JournalFault,
    refusal::{Detail, Refusal},
    vault::Found,
};

impl<B: Board> Core<'_, B> {
    /// `QRY|LOG`: one invoice, with all that a reprint needs (D14).
    #[inline(never)] // Each command pays for its own stack only.
    pub(crate) fn log<O: Output>(&mut self, key: LogKey, line: &mut Line<'_, O>) -> Result<(), Refusal> {
        let prefix = self.vault.binding()?.activation.prefix;
        let epoch = key.epoch.unwrap_or(self.vault.state.point.epoch);
        let found = self.vault.find_invoice(epoch, key.number)?;
        let Found { sealed, place, length } = found.ok_or_else(|| {
            Refusal::new(ErrorCode::NotFound, Detail::NoInvoice { epoch, number: key.number })
        })?;
        let home = self.vault.binding()?.home();
        let buffers = &mut *self.vault.buffers;
        let fault = JournalFault::corrupt(place, "the payload cannot be read");
        let content = InvoiceContent::read(&buffers.content[..length]).ok_or(fault)?;
        buffers.text.clear();
        compact::unpack(content.packed, &home, &mut buffers.text).map_err(|_| fault)?;
        let invoice = Invoice::read(buffers.text.as_bytes()).map_err(|_| fault)?;
        let seal = Seal::of(&sealed, prefix).ok_or(fault)?;
        let client = || Displayed(Registration(invoice.client.registration));
        let log_entry = LogEntry {
            record_type: invoice.invoice_type,
            sequence: key.number.value(),
            timestamp: sealed.header.time,
            merchant_nif: invoice.merchant_nif,
            client_registration: client(),
            buyer_id: client(),
            total: invoice.totals.total,
            vat_total: invoice.totals.total_vat,
            totals: invoice.totals.into(),
            tax_breakdown: Streamed::each(invoice.tax_groups.iter().map(TaxLine::from)),
            prev_hash: sealed.link.previous,
            signature: sealed.signature,
            sealed: seal,
            payload: buffers.text.as_str(),
        };
        let _ = line.send(&Logged { status: Accepted::Ok, log_entry });
        Ok(())
    }
}

/// A client's registration, empty where there is none.
#[derive(Clone, Copy)]
struct Registration<'a>(Option<fiscal::Text<'a>>);

impl core::fmt::Display for Registration<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.map_or(Ok(()), |text| text.fmt(f))
    }
}
