//! Receipts of sealed invoices: one layout as text, ESC/POS, PDF, SVG and PNG.
//!
//! A receipt is made of the canonical payload and the five security elements of its seal: fiscal number, device,
//! authentication code, trusted time and QR code. [`Receipt::new`] reads all of them and refuses when one is missing, not in its form, or of
//! another seal or sale; nothing here can make one up. The refusal has a stable code and says what to do, in French and English.
//!
//! ```
//! # use receipt::*;
//! # const PAYLOAD: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/canonical/valid_sale_ht_one_item.json"));
//! # let answer = r#"{"fiscal_number":"BONO-0-00000105","device_id":"BONO-USB-001","auth_code":"RDCX0GJFHW3NQEN8","timestamp":"2026-02-04T10:15:32","qr_payload":"BONO-USB-001|105|RDCX0GJFHW3NQEN8|1|0|OUTLET-001|1|FV|2026-02-04T10:15:32|A1234567Z|116.00|16.00|CDF|vYlvocAvABo|4IFnL4gKY0QCykEB-NMpMQM5qfgUW6M0wQdUvM8DnII|0qtXbdtlIhj3wMh1Du69FOhnjg85EOM3awonYOSXoqNn1feX42cfU54w5j-9QR2bEAr6czQuhJmbIbmU-Hm17A"}"#;
//! // What a device answered to COMMIT.
//! let elements: Elements = serde_json::from_str(answer).unwrap();
//! let receipt = Receipt::new(PAYLOAD, &elements, &Print::default()).unwrap();
//! print!("{}", receipt.text(Roll::Mm80));
//! let bytes = receipt.escpos(Roll::Mm58); // for the printer
//! let pdf = receipt.pdf(Paper::A4).unwrap(); // for the mail
//! # assert!(receipt.text(Roll::Mm80).contains("RDCX 0GJF HW3N QEN8"));
//!
//! let refusal = Receipt::new(PAYLOAD, &Elements { auth_code: None, ..elements }, &Print::default()).unwrap_err();
//! assert_eq!(refusal.code(), "auth_code_missing");
//! ```
//!
//! | output | what | for |
//! |---|---|---|
//! | [`Receipt::text`] | UTF-8, 32 or 48 columns, the QR code's content as text | displays, logs |
//! | [`Receipt::qr_blocks`] | the QR code in half blocks, at most 80 columns | terminals |
//! | [`Receipt::escpos`] | ESC/POS, code page 1252, the QR code as a picture | thermal printers |
//! | [`Receipt::svg`], [`Receipt::png`] | pictures, one for each page | screens, printer drivers |
//! | [`Receipt::pdf`] | PDF/A-2b | mail, archives |
//!
//! A receipt states a seal; whether a key made it is for [`Receipt::verify`] to say, or for the referee. There is no I/O and no clock
//! here, and the same input gives the same bytes. What the caller has to keep is how often a receipt was printed: [`enum@Copy`].
//!
//! QR codes have error correction level M at 0.5 mm a module or more; only a terminal that is too narrow for that gets level L.

mod authority;
mod blocks;
mod draw;
mod elements;
mod escpos;
mod figures;
mod page;
mod paper;
mod print;
mod refusal;
mod seal;
mod symbol;
mod text;
mod words;

pub use authority::{Authority, AuthorityElements, Origin};
pub use elements::Elements;
pub use paper::{Paper, Raster, Roll};
pub use print::{Copy, Language, Merchant, Print};
pub use refusal::{Difference, Element, Refusal};
pub use symbol::Ink;

use fiscal::{PublicKey, Validated};

use crate::{
    authority::Beside,
    blocks::{Placed, compose},
    draw::pdf::About,
    page::{Fonts, Page},
    seal::Seal,
    symbol::Symbol,
    words::Word,
};

/// A receipt that can be printed: all five elements are there and are of this sale.
#[derive(Clone, Debug)]
pub struct Receipt {
    seal: Seal,
    language: Language,
    parts: Vec<Placed>,
}

impl Receipt {
    /// Reads a canonical payload and the elements of its seal.
    pub fn new(payload: &[u8], elements: &Elements, print: &Print) -> Result<Self, Refusal> {
        Self::with_authority(payload, elements, &Authority::Unsaid, print)
    }

    /// The same with the tax authority's elements beside ours, in a block of their own with their own QR code (A1).
    pub fn with_authority(
        payload: &[u8],
        elements: &Elements,
        authority: &Authority,
        print: &Print,
    ) -> Result<Self, Refusal> {
        let sale = Validated::read(payload).map_err(Refusal::Payload)?;
        let seal = Seal::read(elements, &sale)?;
        let symbol = Symbol::new(&seal.qr.to_text()).ok_or(Refusal::Malformed(Element::QrPayload))?;
        let beside = Beside::read(authority)?;
        let parts = compose(sale.invoice(), &seal, symbol, &beside, print);
        Ok(Self { seal, language: print.language, parts })
    }

    /// Whether this key made the seal.
    pub fn verify(&self, key: &PublicKey) -> Result<(), Refusal> {
        self.seal.qr.verify(key).map_err(Refusal::Seal)
    }

    /// Plain text, no line wider than the roll's columns.
    pub fn text(&self, roll: Roll) -> String {
        text::plain(&self.parts, roll)
    }

    /// The QR code for a terminal, at most 80 columns, two modules in each character.
    pub fn qr_blocks(&self, ink: Ink) -> String {
        // What fits paper fits a terminal, with level L.
        symbol::half_blocks(&self.seal.qr.to_text(), ink).unwrap_or_default()
    }

    /// The bytes for a thermal printer, from initialising to cutting.
    pub fn escpos(&self, roll: Roll) -> Vec<u8> {
        escpos::bytes(&self.parts, roll)
    }

    /// One SVG for each page, fonts included.
    pub fn svg(&self, paper: Paper) -> Result<Vec<String>, Refusal> {
        let (pages, _) = self.drawn(paper)?;
        let svg = |page| draw::svg::svg(page, &self.title(), self.language_tag());
        Ok(pages.iter().map(svg).collect())
    }

    /// One PNG for each page.
    pub fn png(&self, paper: Paper, raster: Raster) -> Result<Vec<Vec<u8>>, Refusal> {
        let (pages, fonts) = self.drawn(paper)?;
        pages.iter().map(|page| draw::png::png(page, &fonts, raster)).collect()
    }

    /// A document of all pages, in which text can be searched and selected.
    pub fn pdf(&self, paper: Paper) -> Result<Vec<u8>, Refusal> {
        let (pages, fonts) = self.drawn(paper)?;
        let title = self.title();
        let about = About { title: &title, language: self.language_tag(), sealed: self.seal.time };
        draw::pdf::pdf(&pages, &fonts, &about)
    }

    fn drawn(&self, paper: Paper) -> Result<(Vec<Page>, Fonts<'static>), Refusal> {
        let fonts = Fonts::open().ok_or_else(|| Refusal::Drawing("font".to_owned()))?;
        Ok((page::pages(&self.parts, paper, &fonts), fonts))
    }

    fn title(&self) -> String {
        format!("{} {}", Word::FiscalNumber.of(self.language), self.seal.fiscal_number)
    }

    const fn language_tag(&self) -> &'static str {
        self.language.pick("fr", "en")
    }
}
