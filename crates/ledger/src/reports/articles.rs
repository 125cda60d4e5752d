use std::{collections::BTreeMap, num::NonZeroUsize};

use def_protocol::{
    ArticlesAsked,
    reply::{Accepted, Article, Articles},
};
use fiscal::{
    Currency, GroupCode, Invoice, Item, ItemCode, PayloadHash, PriceMode, Timestamp, Validated,
    totals::{ArticleKey, ArticleSums},
};

use super::ReportFault;
use crate::{ChainId, Refusal, Row, StoreFault, store::LedgerStore};

/// The answer to A, with the members of `RPT|A`.
pub type ArticlesAnswer = Articles<Vec<Article<String>>, String>;

/// So many invoices are read at once: at most 6 MB.
const AT_ONCE: usize = 256;

/// The first articles after some place in the order of their codes.
pub(super) struct Page {
    most: usize,
    after: Option<ArticleKey>,
    rows: BTreeMap<ArticleKey, Sold>,
    /// Whether there are articles that did not fit.
    more: bool,
}

struct Sold {
    sums: ArticleSums,
    code: ItemCode,
    description: String,
    unit: String,
    tax_group: GroupCode,
    currency: Currency,
    price_mode: PriceMode,
}

impl Page {
    pub(super) fn new(asked: &ArticlesAsked<'_>, most: NonZeroUsize) -> Result<Self, ReportFault> {
        let after = asked.after.map(|after| after.as_str().parse()).transpose();
        let after = after.map_err(|_| ReportFault::Cursor)?;
        Ok(Self { most: most.get(), after, rows: BTreeMap::new(), more: false })
    }

    /// Reads the invoices of an outlet from a time up to and without another, in any epoch, whoever sealed them. One that
    /// another signer sealed and that keeps not every rule, or came without its payload, is flagged and counts nowhere.
    pub(super) fn read(
        &mut self,
        store: &mut dyn LedgerStore,
        own: ChainId,
        times: (Timestamp, Timestamp),
    ) -> Result<(), Refusal> {
        let mut after = None;
        loop {
            let rows = store.invoices_between(own.outlet, times, after, AT_ONCE)?;
            for row in &rows {
                match payload_of(row)? {
                    Some(sale) => self.add(sale.invoice()),
                    None if row.place.chain.signer != own.signer => {}
                    None if row.body.is_none() => return Err(ReportFault::Erased.into()),
                    None => return Err(corrupt(row, "the payload keeps not every rule").into()),
                }
            }
            match rows.last() {
                Some(last) if rows.len() == AT_ONCE => after = Some((last.time, last.place)),
                _ => return Ok(()),
            }
        }
    }

    /// An article that once did not fit is larger than all that stay, so it never comes back half counted.
    fn add(&mut self, invoice: &Invoice<'_>) {
        for item in invoice.items.iter() {
            let key = ArticleKey::of(&item, invoice);
            if self.after.is_some_and(|after| key <= after) {
                continue;
            }
            if !self.rows.contains_key(&key) && self.rows.len() == self.most {
                self.more = true;
                if self.rows.last_key_value().is_some_and(|(last, _)| key > *last) {
                    continue;
                }
                self.rows.pop_last();
            }
            self.rows.entry(key).or_insert_with(|| Sold::of(&item, invoice)).sums.add(&item);
        }
    }

    pub(super) fn answer(self) -> Result<ArticlesAnswer, ReportFault> {
        let next = self.rows.last_key_value().filter(|_| self.more).map(|(key, _)| key.to_string());
        let articles = self.rows.into_values().map(|sold| sold.article().ok_or(ReportFault::Sum));
        let articles = articles.collect::<Result<_, _>>()?;
        Ok(Articles { status: Accepted::Ok, articles, last: next.is_none(), next })
    }
}

impl Sold {
    fn of(item: &Item<'_>, invoice: &Invoice<'_>) -> Self {
        Self {
            sums: ArticleSums::default(),
            code: item.code,
            description: item.description.to_string(),
            unit: item.taxable_unit.text().to_string(),
            tax_group: item.tax_group,
            currency: invoice.totals.currency,
            price_mode: invoice.price_mode(),
        }
    }

    fn article(self) -> Option<Article<String>> {
        Some(Article {
            code: self.code,
            description: self.description,
            quantity: self.sums.quantity()?,
            tax_group: self.tax_group,
            amount: self.sums.amount()?,
            currency: self.currency,
            unit: self.unit,
            price_mode: self.price_mode,
        })
    }
}

/// The payload that a record seals; none where it is not there, or keeps not every rule.
pub(super) fn payload_of(row: &Row) -> Result<Option<Validated<'_>>, StoreFault> {
    let Some(body) = row.body.as_deref() else { return Ok(None) };
    let sealed = row.read().map_err(|fault| corrupt(row, &fault.to_string()))?.link.payload;
    if PayloadHash::of(body.as_bytes()) != sealed {
        return Err(corrupt(row, "the payload is not the one that was sealed"));
    }
    Ok(Validated::read(body.as_bytes()).ok())
}

fn corrupt(row: &Row, what: &str) -> StoreFault {
    StoreFault::Corrupt(format!("{:?}: {what}", row.place))
}
