use core::fmt;

use def_protocol::{
    ArticlesAsked, ErrorCode, Output,
    reply::{Accepted, Article, Articles, Displayed, List, Stream, Streamed},
};
use fiscal::{Amount, CivilDate, Invoice, Item, ItemCode, Quantity, compact};
use sha2::{Digest, Sha256};

use crate::{
    board::Board,
    content::InvoiceContent,
    device::{Core, Line},
    journal::{JournalFault, Place},
    refusal::Refusal,
    vault::Vault,
};

/// An answer has at most so many articles.
const PAGE: usize = 64;
/// After so many milliseconds without an answer there is a sign of life.
const PATIENCE: u64 = 500;

impl<B: Board> Core<'_, B> {
    /// `RPT|A`: what was sold, article by article, over some business days.
    ///
    /// There may be more articles than fit the memory, so an answer has the first [`PAGE`] in the order of their
    /// codes, and the next one goes on from there; each reads the days again.
    #[inline(never)] // Each command pays for its own stack only.
    pub(crate) fn articles<O: Output>(
        &mut self,
        asked: &ArticlesAsked<'_>,
        line: &mut Line<'_, O>,
    ) -> Result<(), Refusal> {
        self.vault.binding()?;
        let after = match asked.after {
            Some(cursor) => Some(cursor.as_str().parse().map_err(|()| {
                Refusal::new(
                    ErrorCode::SchemaInvalid,
                    "after: send the `next` of the answer before, as it was",
                )
            })?),
            None => None,
        };
        let mut page = Page { rows: heapless::Vec::new(), after, more: false };
        self.collect(&mut page, asked, line)?;
        let next = page.rows.last().filter(|_| page.more).map(|row| Displayed(row.key));
        let last = next.is_none();
        let articles = Streamed::new(Rows { vault: &mut self.vault, rows: &page.rows });
        let reply = Articles { status: Accepted::Ok, articles, last, next };
        line.send(&reply).map_err(|_| {
            Refusal::new(
                ErrorCode::SchemaInvalid,
                "a sum is longer than an amount may be: ask for fewer days",
            )
        })
    }

    fn collect<O: Output>(
        &mut self,
        page: &mut Page,
        asked: &ArticlesAsked<'_>,
        line: &mut Line<'_, O>,
    ) -> Result<(), Refusal> {
        let (zone, home) = (self.vault.state.zone(), self.vault.binding()?.home());
        let Some(mut walker) = self.vault.walk_from(&|point| point.head.time.date_at(zone) < asked.since)?
        else {
            return Ok(());
        };
        let (total, mut done) = (self.vault.state.point.invoices, 0);
        let mut heard = self.vault.ticks();
        while let Some(met) = self.vault.step(&mut walker)? {
            let now = self.vault.ticks();
            if now.saturating_sub(heard) >= PATIENCE {
                line.wait(done, total);
                heard = now;
            }
            let day: CivilDate = met.record.header.time.date_at(zone);
            if day > asked.until {
                break;
            }
            if met.record.header.invoice().is_none() || day < asked.since {
                continue;
            }
            let fault = JournalFault::corrupt(met.place, "the payload cannot be read");
            let content = InvoiceContent::read(&self.vault.buffers.content[..met.length]).ok_or(fault)?;
            compact::with_invoice(content.packed, &home, |invoice| page.add(invoice, met.place))
                .map_err(|_| fault)?;
            done += 1;
        }
        Ok(())
    }
}

/// What makes two lines the same article; in the order of codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    code: ItemCode,
    /// Description, group, unit, currency and price mode.
    rest: [u8; 8],
}

impl Key {
    fn of(item: &Item<'_>, invoice: &Invoice<'_>) -> Self {
        let mut hasher = Sha256::new();
        for text in [item.description, item.taxable_unit.text()] {
            text.characters().for_each(|character| hasher.update(character.encode_utf8(&mut [0; 4])));
            hasher.update([0]);
        }
        for name in [item.tax_group.as_str(), invoice.totals.currency.as_str(), invoice.price_mode().name()] {
            hasher.update(name);
            hasher.update([0]);
        }
        let mut rest = [0; 8];
        rest.copy_from_slice(&hasher.finalize()[..8]);
        Self { code: item.code, rest }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.code)?;
        self.rest.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl core::str::FromStr for Key {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (code, rest) = text.split_once(':').ok_or(())?;
        let number = u64::from_str_radix(rest, 16).map_err(|_| ())?;
        let key = Self { code: code.parse().map_err(|_| ())?, rest: number.to_be_bytes() };
        if rest.len() == 16 { Ok(key) } else { Err(()) }
    }
}

/// The first articles after some place in the order.
struct Page {
    rows: heapless::Vec<Row, PAGE>,
    after: Option<Key>,
    /// Whether there are articles that did not fit.
    more: bool,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    key: Key,
    /// In thousandths.
    quantity: i128,
    /// In centimes.
    amount: i128,
    /// A line of it: the invoice and the place among its items.
    invoice: Place,
    item: u16,
}

impl Page {
    /// An article that once did not fit is larger than all that stay, so it never comes back half counted.
    fn add(&mut self, invoice: &Invoice<'_>, place: Place) {
        for (index, item) in invoice.items.iter().enumerate() {
            let key = Key::of(&item, invoice);
            if self.after.is_some_and(|after| key <= after) {
                continue;
            }
            let (at, known) = match self.rows.binary_search_by(|row| row.key.cmp(&key)) {
                Ok(at) => (at, true),
                Err(at) => (at, false),
            };
            if !known {
                if self.rows.is_full() {
                    self.more = true;
                    if at == self.rows.len() {
                        continue;
                    }
                    self.rows.pop();
                }
                // An invoice has at most 150 items, and there is room.
                let row = Row { key, quantity: 0, amount: 0, invoice: place, item: index as u16 };
                let _ = self.rows.insert(at, row);
            }
            let amount = item.quantity.times(item.unit_price).map_or(0, Amount::centimes);
            self.rows[at].quantity += i128::from(item.quantity.thousandths());
            self.rows[at].amount += i128::from(amount);
        }
    }
}

/// The articles of a page, with their names read from a line of each.
struct Rows<'r, 'm, B: Board> {
    vault: &'r mut Vault<'m, B>,
    rows: &'r [Row],
}

impl<B: Board> Stream for Rows<'_, '_, B> {
    fn stream<L: List>(self, list: &mut L) -> Result<(), L::Error> {
        for row in self.rows {
            let vault = &mut *self.vault;
            let Ok(home) = vault.binding().map(|binding| binding.home()) else { return Err(list.fail()) };
            let slot = vault.journal.slot(row.invoice, &mut vault.buffers.content);
            let Some(content) = slot.ok().and_then(|slot| InvoiceContent::read(slot.content)) else {
                return Err(list.fail());
            };
            let pushed = compact::with_invoice(content.packed, &home, |invoice| push(row, invoice, list));
            pushed.map_err(|_| list.fail())??;
        }
        Ok(())
    }
}

fn push<L: List>(row: &Row, invoice: &Invoice<'_>, list: &mut L) -> Result<(), L::Error> {
    let Some(item) = invoice.items.iter().nth(usize::from(row.item)) else { return Err(list.fail()) };
    let amount = i64::try_from(row.amount).ok().and_then(|centimes| Amount::from_centimes(centimes).ok());
    let quantity = i64::try_from(row.quantity).ok().and_then(Quantity::from_thousandths);
    let (Some(amount), Some(quantity)) = (amount, quantity) else { return Err(list.fail()) };
    list.push(&Article {
        code: item.code,
        description: Displayed(item.description),
        quantity,
        tax_group: item.tax_group,
        amount,
        currency: invoice.totals.currency,
        unit: Displayed(item.taxable_unit.text()),
        price_mode: invoice.price_mode(),
    })
}
