//! What stands in lists of the compact form.

use super::{Reader, UnpackFault, tables::groups};
use crate::{
    decimal::Amount,
    invoice::{AnnexItem, Extension, Item, ItemType, Payment, PaymentMethod, TaxGroup, Tendered},
    text::Text,
};

/// What can stand in a list of packed bytes.
pub trait Packed<'a>: Sized {
    /// Reads one element and stops after it.
    fn unpack(reader: &mut Reader<'a>) -> Result<Self, UnpackFault>;
}

/// The value that stands at a place of a closed list.
pub(super) fn place<T: Copy>(list: &[T], place: u8, of: &'static str) -> Result<T, UnpackFault> {
    list.get(usize::from(place)).copied().ok_or(UnpackFault::Field(of))
}

/// A group before its amounts are computed.
impl<'a> Packed<'a> for TaxGroup<'a> {
    fn unpack(reader: &mut Reader<'a>) -> Result<Self, UnpackFault> {
        let byte = reader.byte()?;
        let entry = &groups()[usize::from(byte & 15)];
        let code = if byte >> 7 == 0 { entry.code } else { reader.id()? };
        let known = |name| Text::new(name).map_err(|_| UnpackFault::Field("name of a group"));
        let name = match byte >> 4 & 3 {
            0 => known(entry.french)?,
            1 => known(entry.english)?,
            _ => reader.text()?,
        };
        let rate = if byte >> 6 & 1 == 0 { entry.rate } else { reader.rate()? };
        Ok(Self { code, name, rate, base_amount: Amount::ZERO, tax_amount: Amount::ZERO })
    }
}

/// An item and what the annex says of it stand together.
struct Line<'a> {
    item: Item<'a>,
    more: AnnexItem,
}

impl<'a> Packed<'a> for Line<'a> {
    fn unpack(reader: &mut Reader<'a>) -> Result<Self, UnpackFault> {
        let byte = reader.byte()?;
        let item = Item {
            tax_group: place(reader.groups, byte & 15, "group of an item")?.code,
            code: reader.id()?,
            description: reader.text()?,
            quantity: if byte >> 4 & 1 == 1 { reader.signed(1, 0)? } else { reader.quantity()? },
            unit_price: reader.price()?,
            taxable_unit: reader.text()?.try_into().map_err(|_| UnpackFault::Field("unit"))?,
        };
        let more = AnnexItem {
            item_type: place(ItemType::ALL, byte >> 5 & 3, "type of an item")?,
            original_price: if byte >> 7 == 1 { Some(reader.price()?) } else { None },
        };
        Ok(Self { item, more })
    }
}

impl<'a> Packed<'a> for Item<'a> {
    fn unpack(reader: &mut Reader<'a>) -> Result<Self, UnpackFault> {
        Line::unpack(reader).map(|line| line.item)
    }
}

impl Packed<'_> for AnnexItem {
    fn unpack(reader: &mut Reader<'_>) -> Result<Self, UnpackFault> {
        Line::unpack(reader).map(|line| line.more)
    }
}

impl<'a> Packed<'a> for Payment<'a> {
    fn unpack(reader: &mut Reader<'a>) -> Result<Self, UnpackFault> {
        let byte = reader.byte()?;
        let amount = if byte >> 4 & 1 == 1 { reader.left } else { reader.amount()? };
        reader.left = reader.left.minus(amount).map_err(|_| UnpackFault::Sums)?;
        Ok(Self {
            method: place(PaymentMethod::ALL, byte & 7, "means of payment")?,
            amount,
            instrument_id: if byte >> 3 & 1 == 1 { Some(reader.text()?) } else { None },
        })
    }
}

impl Packed<'_> for Tendered {
    fn unpack(reader: &mut Reader<'_>) -> Result<Self, UnpackFault> {
        Ok(Self { currency: reader.currency()?, amount: reader.amount()?, rate: reader.exchange_rate()? })
    }
}

impl<'a> Packed<'a> for Text<'a> {
    fn unpack(reader: &mut Reader<'a>) -> Result<Self, UnpackFault> {
        reader.text()
    }
}

impl<'a> Packed<'a> for Extension<'a> {
    fn unpack(reader: &mut Reader<'a>) -> Result<Self, UnpackFault> {
        Ok(Self { name: reader.text()?, value: reader.text_or_none()? })
    }
}
