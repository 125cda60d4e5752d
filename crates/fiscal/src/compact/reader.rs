//! The smallest parts of the compact form, read.

use core::str;

use super::{
    UnpackFault,
    tables::{CURRENCIES, FIFTY, ID_BASE, ID_DIGITS, words},
};
use crate::{
    decimal::{Amount, ExchangeRate, Quantity, Rate, UnitPrice},
    fault::Reason,
    ids::{Currency, ItemCode},
    invoice::TaxGroup,
    text::Text,
};

/// A place in packed bytes, and what elements there mean.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// All of them: a text may stand anywhere before this place.
    bytes: &'a [u8],
    at: usize,
    /// The groups of which items name one.
    pub(super) groups: &'a [TaxGroup<'a>],
    /// Whether quantities are below zero.
    pub(super) credit: bool,
    /// What is left of the total for the payments from here on.
    pub(super) left: Amount,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, groups: &[], credit: false, left: Amount::ZERO }
    }

    /// The same place, where items can name these groups.
    pub(super) const fn with_groups<'b>(self, groups: &'b [TaxGroup<'b>]) -> Reader<'b>
    where
        'a: 'b,
    {
        Reader { groups, ..self }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    fn rest(&self) -> &'a [u8] {
        // The place is never past the end.
        self.bytes.get(self.at..).unwrap_or_default()
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], UnpackFault> {
        let (taken, _) = self.rest().split_at_checked(length).ok_or(UnpackFault::Truncated)?;
        self.at += length;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], UnpackFault> {
        let (array, _) = self.rest().split_first_chunk().ok_or(UnpackFault::Truncated)?;
        self.at += N;
        Ok(*array)
    }

    pub(super) fn byte(&mut self) -> Result<u8, UnpackFault> {
        self.array().map(|[byte]| byte)
    }

    /// A count of 1 to `limit`.
    pub(super) fn count(&mut self, limit: usize, of: &'static str) -> Result<usize, UnpackFault> {
        let count = usize::from(self.byte()?);
        if (1..=limit).contains(&count) { Ok(count) } else { Err(UnpackFault::Field(of)) }
    }

    pub(super) fn number(&mut self) -> Result<u64, UnpackFault> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7F);
            if bits << shift >> shift != bits {
                break;
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(UnpackFault::Field("number"))
    }

    pub(super) fn zigzag(&mut self) -> Result<i64, UnpackFault> {
        self.number().map(|number| (number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    pub(super) fn amount(&mut self) -> Result<Amount, UnpackFault> {
        let number = self.number()?;
        let count = (number >> 2).cast_signed();
        let centimes = if number & 1 == 0 { Some(count) } else { count.checked_mul(FIFTY) };
        let amount = centimes.and_then(|centimes| Amount::from_centimes(centimes).ok());
        let amount = amount.ok_or(UnpackFault::Field("amount"))?;
        Ok(if number & 2 == 0 { amount } else { -amount })
    }

    pub(super) fn price(&mut self) -> Result<UnitPrice, UnpackFault> {
        let number = self.number()?;
        let digits = (number >> 2).cast_signed();
        let price = match number & 3 {
            3 => digits.checked_mul(FIFTY).and_then(|centimes| UnitPrice::from_parts(centimes, 2)),
            form => UnitPrice::from_parts(digits, form as u8 + 2),
        };
        price.ok_or(UnpackFault::Field("price"))
    }

    pub(super) fn quantity(&mut self) -> Result<Quantity, UnpackFault> {
        let number = self.number()?;
        self.signed((number >> 2).cast_signed(), (number & 3) as u8)
    }

    /// With the sign of the invoice.
    pub(super) fn signed(&self, digits: i64, decimals: u8) -> Result<Quantity, UnpackFault> {
        let digits = if self.credit { -digits } else { digits };
        Quantity::from_parts(digits, decimals).ok_or(UnpackFault::Field("quantity"))
    }

    pub(super) fn rate(&mut self) -> Result<Rate, UnpackFault> {
        let number = self.number()?;
        let digits = u32::try_from(number >> 2).ok();
        let rate = digits.and_then(|digits| Rate::from_parts(digits, (number & 3) as u8 + 2));
        rate.ok_or(UnpackFault::Field("rate"))
    }

    pub(super) fn exchange_rate(&mut self) -> Result<ExchangeRate, UnpackFault> {
        let number = self.number()?;
        let count = (number >> 1).cast_signed();
        let parts = if number & 1 == 0 { Some(count) } else { count.checked_mul(10_000) };
        parts.and_then(ExchangeRate::from_ten_thousandths).ok_or(UnpackFault::Field("exchange rate"))
    }

    pub(super) fn currency(&mut self) -> Result<Currency, UnpackFault> {
        let first = self.byte()?;
        let known = CURRENCIES.get(usize::from(first)).copied();
        let currency = match known {
            Some(currency) => currency.parse().ok(),
            None => {
                let [second, third] = self.array()?;
                str::from_utf8(&[first, second, third]).ok().and_then(|letters| letters.parse().ok())
            }
        };
        currency.ok_or(UnpackFault::Field("currency"))
    }

    pub(super) fn id<T: str::FromStr<Err = Reason>>(&mut self) -> Result<T, UnpackFault> {
        let fault = UnpackFault::Field("id");
        let head = self.byte()?;
        let length = usize::from(head & 0x7F);
        let mut id = [0; ItemCode::MAX_LENGTH];
        let id = id.get_mut(..length).ok_or(fault)?;
        if head & 0x80 != 0 {
            id.copy_from_slice(self.take(length)?);
        } else {
            for group in id.chunks_mut(3) {
                let mut value = match group.len() {
                    1 => u16::from(self.byte()?),
                    _ => u16::from_be_bytes(self.array()?),
                };
                for character in group.iter_mut().rev() {
                    *character = *ID_DIGITS.get(usize::from(value % ID_BASE)).ok_or(fault)?;
                    value /= ID_BASE;
                }
                if value != 0 {
                    return Err(fault);
                }
            }
        }
        str::from_utf8(id).ok().and_then(|id| id.parse().ok()).ok_or(fault)
    }

    pub(super) fn text(&mut self) -> Result<Text<'a>, UnpackFault> {
        self.text_or_none()?.ok_or(UnpackFault::Field("text"))
    }

    pub(super) fn text_or_none(&mut self) -> Result<Option<Text<'a>>, UnpackFault> {
        let at = self.at;
        let text = match self.byte()? {
            0 => return Ok(None),
            length @ ..=128 => self.literal(length)?,
            word @ ..=223 => {
                let word = words().nth(usize::from(word - 129)).ok_or(UnpackFault::Field("text"))?;
                Text::new(word).map_err(|_| UnpackFault::Field("text"))?
            }
            high => {
                let there = usize::from(u16::from_be_bytes([high & 0x1F, self.byte()?]));
                // Only a text in full is named, and only one that was written before.
                match self.bytes[..at].split_at_checked(there) {
                    Some((_, [length @ 1..=128, written @ ..])) => {
                        Reader::new(written).literal(*length).map_err(|_| UnpackFault::Field("text"))?
                    }
                    _ => return Err(UnpackFault::Field("text")),
                }
            }
        };
        Ok(Some(text))
    }

    fn literal(&mut self, length: u8) -> Result<Text<'a>, UnpackFault> {
        let text = str::from_utf8(self.take(usize::from(length))?).ok();
        text.and_then(|text| Text::new(text).ok()).ok_or(UnpackFault::Field("text"))
    }
}
