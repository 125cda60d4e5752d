//! The byte form of what is counted, for a device's journal and a ledger's row: fields one after the other.

use core::fmt::{Display, Write};

use heapless::String;

use super::{Counted, Day, GroupRow, GroupTotals, Kind, KindRow, Nature, Sales, Session};
use crate::{
    decimal::Amount,
    ids::{InvoiceNumber, Position},
    invoice::InvoiceType,
    seal::{ByteReader, RecordHash},
    time::Timestamp,
};

const VERSION: u8 = 1;

impl<const KINDS: usize, const GROUPS: usize> Counted<KINDS, GROUPS> {
    /// Hands out the whole of it, piece by piece.
    ///
    /// | bytes | what |
    /// |---|---|
    /// | 1 | version, 1 |
    /// | 4 | number of the newest closure |
    /// | n | the session: [`Session::encode`] |
    /// | m | the day: [`Day::encode`] |
    ///
    /// Integers are big-endian. The form does not depend on how many rows there could be.
    pub fn encode(&self, put: &mut dyn FnMut(&[u8])) {
        put(&[VERSION]);
        put(&self.closures.to_be_bytes());
        self.session.encode(put);
        self.day.encode(put);
    }

    /// Reads the whole of it. None where the bytes are no such form, something follows it, or it has more rows than
    /// fit.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let ([VERSION], rest) = bytes.split_first_chunk()? else { return None };
        let (closures, mut rest) = rest.split_first_chunk()?;
        let mut counted = Self::new();
        counted.session.restore(&mut rest)?;
        counted.day.restore(&mut rest)?;
        counted.closures = u32::from_be_bytes(*closures);
        rest.is_empty().then_some(counted)
    }
}

impl<const KINDS: usize, const GROUPS: usize> Session<KINDS, GROUPS> {
    /// Hands out its bytes, piece by piece.
    ///
    /// | bytes | what |
    /// |---|---|
    /// | 1 | rows of tax groups, or 255 and then their number in 2 bytes |
    /// | … | each: kind (2), 1 + n currency, 1 + n group, 1 + n rate, count (4), base (8), tax (8) |
    /// | … | the invoices, as of a day |
    /// | 1 | 1 if there is a first record, else 0 |
    /// | 8 + 32 | its position, and the hash that it names |
    /// | 1 | 1 if there are business days, else 0 |
    /// | 11 + 11 | the first and the last, with their length before them |
    /// | 8 | counts that were skipped |
    ///
    /// A kind is the place of the type in [`InvoiceType::ALL`] and of the nature in [`Nature::ALL`], each from 1, and 0
    /// for no nature. Amounts are in centimes, two's complement; integers are big-endian.
    pub fn encode(&self, put: &mut dyn FnMut(&[u8])) {
        let mut out = Fields(put);
        out.groups(&self.groups);
        out.sales(&self.sales);
        out.flag(self.start.is_some());
        if let Some((position, hash)) = self.start {
            out.u64(position.value());
            out.put(&hash.0);
        }
        out.flag(self.days.is_some());
        if let Some((first, last)) = self.days {
            out.display(first);
            out.display(last);
        }
        out.u64(self.skipped);
    }

    /// Takes it from the front of some bytes. None where it is not there, or has more rows than fit.
    pub fn decode(input: &mut &[u8]) -> Option<Self> {
        let mut session = Self::new();
        session.restore(input).map(|()| session)
    }

    /// The same in place, for whom it is large. Where it is not there, what was read so far is to be cleared.
    pub fn restore(&mut self, input: &mut &[u8]) -> Option<()> {
        let mut reader = ByteReader(input);
        read_groups(&mut self.groups, &mut reader)?;
        read_sales(&mut self.sales, &mut reader)?;
        self.start = if flag(&mut reader)? {
            Some((Position::new(reader.integer().ok()?)?, RecordHash(reader.array().ok()?)))
        } else {
            None
        };
        self.days = if flag(&mut reader)? { Some((reader.text().ok()?, reader.text().ok()?)) } else { None };
        self.skipped = reader.integer().ok()?;
        *input = reader.0;
        Some(())
    }
}

impl<const KINDS: usize> Day<KINDS> {
    /// Hands out its bytes, piece by piece.
    ///
    /// | bytes | what |
    /// |---|---|
    /// | 1 | 1 if there is a date, else 0 |
    /// | 11 | the date, with its length before it |
    /// | 1 | rows of kinds, or 255 and then their number in 2 bytes |
    /// | … | each: kind (2), 1 + n currency, count (4), total (8), tax (8) |
    /// | 4 | how many invoices |
    /// | 8 + 8 | the numbers of the first and the last, 0 for none |
    /// | 8 + 8 | when they were sealed, in seconds since 1970, 0 for none |
    pub fn encode(&self, put: &mut dyn FnMut(&[u8])) {
        let mut out = Fields(put);
        out.flag(self.date.is_some());
        if let Some(date) = self.date {
            out.display(date);
        }
        out.sales(&self.sales);
    }

    /// Takes it from the front of some bytes. None where it is not there, or has more rows than fit.
    pub fn decode(input: &mut &[u8]) -> Option<Self> {
        let mut day = Self::new();
        day.restore(input).map(|()| day)
    }

    /// The same in place, for whom it is large. Where it is not there, what was read so far is to be cleared.
    pub fn restore(&mut self, input: &mut &[u8]) -> Option<()> {
        let mut reader = ByteReader(input);
        self.date = if flag(&mut reader)? { Some(reader.text().ok()?) } else { None };
        read_sales(&mut self.sales, &mut reader)?;
        *input = reader.0;
        Some(())
    }
}

/// How many rows are said in one byte; as many or more are said in three.
const MANY: u8 = u8::MAX;

struct Fields<'p>(&'p mut dyn FnMut(&[u8]));

impl Fields<'_> {
    fn groups<const N: usize>(&mut self, totals: &GroupTotals<N>) {
        self.rows::<N>(totals.rows().len());
        for row in totals.rows() {
            self.kind(row.kind);
            self.text(row.currency.as_str());
            self.text(row.group.as_str());
            self.display(row.rate);
            self.put(&row.count.to_be_bytes());
            self.amount(row.base);
            self.amount(row.vat);
        }
    }

    fn sales<const N: usize>(&mut self, sales: &Sales<N>) {
        self.rows::<N>(sales.kinds.rows().len());
        for row in sales.kinds.rows() {
            self.kind(row.kind);
            self.text(row.currency.as_str());
            self.put(&row.count.to_be_bytes());
            self.amount(row.total);
            self.amount(row.vat);
        }
        self.put(&sales.count.to_be_bytes());
        for number in [sales.first, sales.last] {
            self.u64(number.map_or(0, InvoiceNumber::value));
        }
        for time in [sales.since, sales.until] {
            // No record is from the second 0.
            self.u64(time.map_or(0, Timestamp::unix));
        }
    }

    fn rows<const N: usize>(&mut self, count: usize) {
        const { assert!(N <= u16::MAX as usize) };
        match u8::try_from(count) {
            Ok(few) if few < MANY => self.put(&[few]),
            _ => {
                self.put(&[MANY]);
                self.put(&(count as u16).to_be_bytes());
            }
        }
    }

    fn kind(&mut self, kind: Kind) {
        let place = |place: Option<usize>| place.map_or(0, |place| place as u8 + 1);
        let invoice_type = InvoiceType::ALL.iter().position(|known| *known == kind.invoice_type);
        let nature = Nature::ALL.iter().position(|known| Some(*known) == kind.nature);
        self.put(&[place(invoice_type), place(nature)]);
    }

    /// A written form of at most 16 bytes, as dates and rates have, with its length.
    fn display(&mut self, value: impl Display) {
        let mut text = String::<16>::new();
        let _ = write!(text, "{value}");
        self.text(&text);
    }

    fn text(&mut self, text: &str) {
        self.put(&[text.len() as u8]);
        self.put(text.as_bytes());
    }

    fn amount(&mut self, amount: Amount) {
        self.put(&amount.centimes().to_be_bytes());
    }

    fn u64(&mut self, value: u64) {
        self.put(&value.to_be_bytes());
    }

    fn flag(&mut self, flag: bool) {
        self.put(&[u8::from(flag)]);
    }

    fn put(&mut self, bytes: &[u8]) {
        (self.0)(bytes);
    }
}

fn read_groups<const N: usize>(totals: &mut GroupTotals<N>, input: &mut ByteReader<'_>) -> Option<()> {
    totals.clear();
    for _ in 0..rows(input)? {
        let row = GroupRow {
            kind: kind(input)?,
            currency: input.text().ok()?,
            group: input.text().ok()?,
            rate: input.text().ok()?,
            count: input.array().map(u32::from_be_bytes).ok()?,
            base: amount(input)?,
            vat: amount(input)?,
        };
        totals.0.push(row).ok()?;
    }
    Some(())
}

fn read_sales<const N: usize>(sales: &mut Sales<N>, input: &mut ByteReader<'_>) -> Option<()> {
    sales.kinds.clear();
    for _ in 0..rows(input)? {
        let row = KindRow {
            kind: kind(input)?,
            currency: input.text().ok()?,
            count: input.array().map(u32::from_be_bytes).ok()?,
            total: amount(input)?,
            vat: amount(input)?,
        };
        sales.kinds.0.push(row).ok()?;
    }
    sales.count = input.array().map(u32::from_be_bytes).ok()?;
    for number in [&mut sales.first, &mut sales.last] {
        *number = InvoiceNumber::new(input.integer().ok()?);
    }
    for time in [&mut sales.since, &mut sales.until] {
        *time = Timestamp::from_unix(input.integer().ok()?).filter(|time| time.unix() > 0);
    }
    Some(())
}

fn rows(input: &mut ByteReader<'_>) -> Option<u16> {
    let [few] = input.array().ok()?;
    if few < MANY {
        return Some(u16::from(few));
    }
    let many = u16::from_be_bytes(input.array().ok()?);
    (many >= u16::from(MANY)).then_some(many)
}

fn kind(input: &mut ByteReader<'_>) -> Option<Kind> {
    let [invoice_type, nature] = input.array().ok()?.map(|place: u8| usize::from(place).checked_sub(1));
    let nature = match nature {
        Some(place) => Some(*Nature::ALL.get(place)?),
        None => None,
    };
    Some(Kind { invoice_type: *InvoiceType::ALL.get(invoice_type?)?, nature })
}

fn amount(input: &mut ByteReader<'_>) -> Option<Amount> {
    Amount::from_centimes(input.array().map(i64::from_be_bytes).ok()?).ok()
}

fn flag(input: &mut ByteReader<'_>) -> Option<bool> {
    match input.array().ok()? {
        [0] => Some(false),
        [1] => Some(true),
        _ => None,
    }
}
