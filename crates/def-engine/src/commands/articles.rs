use def_protocol::{
    ArticlesAsked, ErrorCode, Output,
    reply::{Accepted, Article, Articles, Displayed, List, Stream, Streamed},
};
use fiscal::{
    CivilDate, Invoice, compact,
    totals::{ArticleKey, ArticleSums},
};

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
            Some(cursor) => Some(cursor.as_str().parse().map_err(|_| {
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

/// The first articles after some place in the order.
struct Page {
    rows: heapless::Vec<Row, PAGE>,
    after: Option<ArticleKey>,
    /// Whether there are articles that did not fit.
    more: bool,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    key: ArticleKey,
    sums: ArticleSums,
    /// A line of it: the invoice and the place among its items.
    invoice: Place,
    item: u16,
}

impl Page {
    /// An article that once did not fit is larger than all that stay, so it never comes back half counted.
    fn add(&mut self, invoice: &Invoice<'_>, place: Place) {
        for (index, item) in invoice.items.iter().enumerate() {
            let key = ArticleKey::of(&item, invoice);
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
                let row = Row { key, sums: ArticleSums::default(), invoice: place, item: index as u16 };
                let _ = self.rows.insert(at, row);
            }
            self.rows[at].sums.add(&item);
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
    let (Some(amount), Some(quantity)) = (row.sums.amount(), row.sums.quantity()) else {
        return Err(list.fail());
    };
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
