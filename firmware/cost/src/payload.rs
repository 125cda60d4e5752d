//! What is sold: canonical payloads of the shop of `examples/day`.

use core::fmt;

use def_protocol::FRAME_BYTES;
use fiscal::{AuthCode, Epoch, InvoiceNumber, OriginalIdentity, Timestamp};

/// One line, in one tax group.
pub const ONE_LINE: &str = include_str!("../../../examples/day/007-generator-fuel.json");
/// Five lines in three tax groups.
pub const FIVE_LINES: &str = include_str!("../../../examples/day/006-family-shopping.json");
/// The same five, ten times.
pub const FIFTY_LINES: &str = include_str!("../payloads/50-lines.json");
/// The largest that there is: 150 lines, 11 tax groups, 16 payments, 24 KiB.
pub const LARGEST: &str = include_str!("../payloads/largest.json");
/// 150 lines in 11 tax groups.
pub const ORIGINAL: &str = include_str!("../payloads/original.json");
/// Takes all of [`ORIGINAL`] back; its reference is yet to be added.
pub const NOTE: &str = include_str!("../payloads/note.json");

/// A payload that is altered in its place, or a request that is made around it.
#[derive(Debug, Default)]
pub struct Text(heapless::String<FRAME_BYTES>);

impl Text {
    /// Empty.
    pub const fn new() -> Self {
        Self(heapless::String::new())
    }

    /// What is in it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Says something else from now on.
    ///
    /// # Panics
    /// When it is longer than a frame.
    pub fn set(&mut self, text: fmt::Arguments<'_>) {
        self.0.clear();
        fmt::Write::write_fmt(&mut self.0, text).expect("a text is no longer than a frame");
    }

    /// A payload, sold at a till at a time.
    pub fn sale(&mut self, payload: &str, till: u8, time: Timestamp) {
        let (before, after) = around(payload, r#""pos_terminal_id":""#);
        let (between, rest) = around(after, r#""timestamp":""#);
        self.set(format_args!("{before}CAISSE-{till}{between}{time}{rest}"));
    }

    /// [`NOTE`], which takes an original back for this part, with the ledger's leave or without.
    pub fn note(&mut self, till: u8, time: Timestamp, original: &OriginalIdentity, voucher: Option<&str>) {
        let OriginalIdentity { outlet, epoch: Epoch(epoch), number, auth_code, .. } = original;
        let (number, nature) = (number.value(), "RAM");
        let (before, after) = around(NOTE, r#""pos_terminal_id":""#);
        let (between, rest) = around(after, r#""timestamp":""#);
        let rest = rest.strip_suffix('}').unwrap_or(rest);
        let (key, voucher, end) = match voucher {
            Some(voucher) => (r#","voucher":""#, voucher, r#"""#),
            None => ("", "", ""),
        };
        self.set(format_args!(
            "{before}CAISSE-{till}{between}{time}{rest},\"reference\":{{\"nature\":\"{nature}\",\"outlet_id\":\"{outlet}\",\
             \"epoch\":{epoch},\"invoice_seq\":{number},\"auth_code\":\"{auth_code}\"{key}{voucher}{end}}}}}"
        ));
    }
}

/// An invoice of the shop, by what a receipt says.
pub fn identity(epoch: u32, number: InvoiceNumber, auth_code: AuthCode) -> OriginalIdentity {
    OriginalIdentity {
        nif: "A2301457K".parse().expect("a NIF"),
        outlet: "KIN-GOMBE-01".parse().expect("an outlet"),
        epoch: Epoch(epoch),
        number,
        auth_code,
    }
}

/// What is before the value of a member that is a text, with its quote, and what is behind.
fn around<'t>(text: &'t str, member: &str) -> (&'t str, &'t str) {
    let begin = text.find(member).map_or(0, |at| at + member.len());
    let end = text[begin..].find('"').map_or(text.len(), |at| begin + at);
    (&text[..begin], &text[end..])
}

#[cfg(test)]
mod tests {
    use fiscal::{Validated, limits};

    use super::*;

    fn now() -> Timestamp {
        "2026-03-14T12:00:01".parse().expect("a time")
    }

    #[test]
    fn payloads_have_the_lines_that_they_are_named_after() {
        for (payload, lines) in
            [(ONE_LINE, 1), (FIVE_LINES, 5), (FIFTY_LINES, 50), (LARGEST, limits::ITEMS), (ORIGINAL, 150)]
        {
            let mut text = Text::new();
            text.sale(payload, 7, now());
            let sale = Validated::read(text.as_str().as_bytes()).expect("a payload");
            let invoice = sale.invoice();
            assert_eq!(invoice.items.len(), lines);
            assert_eq!((invoice.timestamp, invoice.pos_terminal_id.as_str()), (now(), "CAISSE-7"));
            assert_eq!(text.as_str().len(), payload.len());
        }
    }

    #[test]
    fn the_largest_payload_is_as_large_as_one_may_be() {
        assert_eq!(LARGEST.len(), limits::PAYLOAD_BYTES);
        let sale = Validated::read(LARGEST.as_bytes()).expect("a payload");
        assert_eq!(sale.invoice().payments.len(), limits::PAYMENTS);
    }

    #[test]
    fn a_note_names_its_original_and_brings_its_voucher() {
        let original = identity(0, InvoiceNumber::FIRST, "ABCD1234EFGH5678".parse().expect("a code"));
        for voucher in [None, Some("AAAA")] {
            let mut text = Text::new();
            text.note(2, now(), &original, voucher);
            let note = Validated::read(text.as_str().as_bytes()).expect("a note");
            assert_eq!(note.invoice().items.len(), 150);
            let Some(fiscal::Reference::Original(reference)) = &note.invoice().reference else {
                panic!("it names an original");
            };
            assert_eq!(reference.auth_code, original.auth_code);
            assert_eq!(reference.voucher.map(|voucher| voucher.as_str()), voucher);
        }
    }
}
