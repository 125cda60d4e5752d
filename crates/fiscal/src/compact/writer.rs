//! The smallest parts of the compact form, written.

use heapless::{String, Vec};

use super::{
    NoRoom,
    tables::{CURRENCIES, FIFTY, ID_BASE, ID_DIGITS, words},
};
use crate::{
    decimal::{Amount, ExchangeRate, Quantity, Rate, UnitPrice},
    ids::Currency,
    text::Text,
};

/// So many texts are remembered, to be named when they come again.
const REMEMBERED: usize = 128;

/// Puts parts at the end of a buffer.
pub(super) struct Writer<'o> {
    out: &'o mut [u8],
    length: usize,
    /// Where texts stand that may be named again.
    texts: Vec<u16, REMEMBERED>,
}

impl<'o> Writer<'o> {
    pub(super) fn new(out: &'o mut [u8]) -> Self {
        Self { out, length: 0, texts: Vec::new() }
    }

    pub(super) fn length(&self) -> usize {
        self.length
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<(), NoRoom> {
        let room = self.out.get_mut(self.length..).and_then(|rest| rest.get_mut(..bytes.len()));
        room.ok_or(NoRoom)?.copy_from_slice(bytes);
        self.length += bytes.len();
        Ok(())
    }

    pub(super) fn byte(&mut self, byte: u8) -> Result<(), NoRoom> {
        self.bytes(&[byte])
    }

    /// A count, a length or a place: each has a bound below 256.
    pub(super) fn count(&mut self, count: usize) -> Result<(), NoRoom> {
        self.byte(u8::try_from(count).unwrap_or(u8::MAX))
    }

    pub(super) fn number(&mut self, mut number: u64) -> Result<(), NoRoom> {
        while number >= 0x80 {
            self.byte(number as u8 | 0x80)?;
            number >>= 7;
        }
        self.byte(number as u8)
    }

    /// A difference: 0, −1, 1, −2, …
    pub(super) fn zigzag(&mut self, number: i64) -> Result<(), NoRoom> {
        self.number(((number << 1) ^ (number >> 63)).cast_unsigned())
    }

    pub(super) fn amount(&mut self, amount: Amount) -> Result<(), NoRoom> {
        let below_zero = u64::from(amount < Amount::ZERO) << 1;
        let centimes = amount.magnitude().centimes();
        let (count, fifty) = if centimes % FIFTY == 0 { (centimes / FIFTY, 1) } else { (centimes, 0) };
        self.number(count.cast_unsigned() << 2 | below_zero | fifty)
    }

    pub(super) fn price(&mut self, price: UnitPrice) -> Result<(), NoRoom> {
        let (digits, form) = match price.parts() {
            (centimes, 2) if centimes % FIFTY == 0 => (centimes / FIFTY, 3),
            (digits, decimals) => (digits, decimals - 2),
        };
        self.number(digits.cast_unsigned() << 2 | u64::from(form))
    }

    /// Without its sign.
    pub(super) fn quantity(&mut self, quantity: Quantity) -> Result<(), NoRoom> {
        let (digits, decimals) = quantity.parts();
        self.number(digits.unsigned_abs() << 2 | u64::from(decimals))
    }

    pub(super) fn rate(&mut self, rate: Rate) -> Result<(), NoRoom> {
        let (digits, decimals) = rate.parts();
        self.number(u64::from(digits) << 2 | u64::from(decimals - 2))
    }

    pub(super) fn exchange_rate(&mut self, rate: ExchangeRate) -> Result<(), NoRoom> {
        let parts = rate.ten_thousandths().cast_unsigned();
        self.number(if parts.is_multiple_of(10_000) { (parts / 10_000) << 1 | 1 } else { parts << 1 })
    }

    pub(super) fn currency(&mut self, currency: Currency) -> Result<(), NoRoom> {
        match CURRENCIES.iter().position(|known| *known == currency.as_str()) {
            Some(place) => self.count(place),
            None => self.bytes(currency.as_str().as_bytes()),
        }
    }

    pub(super) fn id(&mut self, id: &str) -> Result<(), NoRoom> {
        let digit = |byte| ID_DIGITS.iter().position(|known| *known == byte);
        if !id.bytes().all(|byte| digit(byte).is_some()) {
            self.count(id.len() | 0x80)?;
            return self.bytes(id.as_bytes());
        }
        self.count(id.len())?;
        for group in id.as_bytes().chunks(3) {
            // Three digits are below 40^3 = 64,000.
            let value =
                group.iter().fold(0, |value, byte| value * ID_BASE + digit(*byte).unwrap_or(0) as u16);
            self.bytes(&value.to_be_bytes()[usize::from(group.len() == 1)..])?;
        }
        Ok(())
    }

    pub(super) fn text_or_none(&mut self, text: Option<Text<'_>>) -> Result<(), NoRoom> {
        match text {
            Some(text) => self.text(text),
            None => self.byte(0),
        }
    }

    pub(super) fn text(&mut self, text: Text<'_>) -> Result<(), NoRoom> {
        // Escapes undone, a text has at most 128 bytes.
        let text: String<{ Text::MAX_LENGTH }> = text.characters().collect();
        if let Some(word) = words().position(|word| word == text) {
            return self.count(129 + word);
        }
        if let Some(at) = self.place_of(&text) {
            return self.bytes(&(0xE000 | at).to_be_bytes());
        }
        // Thirteen bits name no place past 8 KiB.
        if let Ok(at @ ..0x2000) = u16::try_from(self.length) {
            // Once the list is full, later texts are only ever written in full.
            let _ = self.texts.push(at);
        }
        self.count(text.len())?;
        self.bytes(text.as_bytes())
    }

    /// Where the same text was written before.
    fn place_of(&self, text: &str) -> Option<u16> {
        let same = |at: &&u16| {
            let written = &self.out[usize::from(**at)..self.length];
            let (length, rest) = written.split_first()?;
            (usize::from(*length) == text.len() && rest.starts_with(text.as_bytes())).then_some(())
        };
        self.texts.iter().find(|at| same(at).is_some()).copied()
    }
}
