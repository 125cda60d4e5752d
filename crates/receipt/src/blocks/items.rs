//! What is sold and what is taxed.

use fiscal::{Amount, AnnexItem, CivilDate, DEFAULT_MANIFEST, GroupCode, Invoice, Item, TaxGroup};

use super::{Block, Heads, ItemRow, Items, TaxRow, Taxes};
use crate::{
    Language, figures,
    words::{self, Word},
};

pub(super) fn items(invoice: &Invoice<'_>, day: CivilDate, language: Language) -> Block {
    let groups = Groups::of(invoice, day);
    let annex: Vec<AnnexItem> = invoice.annex.items.iter().flatten().collect();
    let rows = invoice.items.iter().enumerate().map(|(index, item)| ItemRow {
        description: item.description.to_string(),
        details: details(&item, annex.get(index), language),
        quantity: format!(
            "{}{}{}",
            figures::count(item.quantity, language),
            figures::NO_BREAK,
            item.taxable_unit.text()
        ),
        price: figures::money(item.unit_price, language),
        // What was validated multiplies.
        amount: figures::money(item.quantity.times(item.unit_price).unwrap_or_default(), language),
        group: groups.mark(item.tax_group),
    });
    let currency = invoice.totals.currency;
    Block::Items(Items {
        heads: Heads {
            item: Word::Item.of(language),
            quantity: Word::Quantity.of(language),
            price: Word::Price.of(language),
            group: Word::Group.of(language),
            amount: Word::Amount.of(language),
        },
        mode: format!("{}, {currency}", words::price_mode(invoice.price_mode(), language)),
        rows: rows.collect(),
    })
}

fn details(item: &Item<'_>, more: Option<&AnnexItem>, language: Language) -> Vec<String> {
    let mut details = vec![item.code.to_string()];
    let Some(more) = more else { return details };
    details.push(words::item_type(more.item_type, language).to_owned());
    let Some(original) = more.original_price else { return details };
    let line = |price| item.quantity.times(price).map(Amount::magnitude);
    let rebate = line(original).and_then(|before| before.minus(line(item.unit_price)?));
    let instead = format!("{} {}", Word::InsteadOf.of(language), figures::money(original, language));
    details.push(match rebate {
        Ok(rebate) if rebate > Amount::ZERO => {
            format!("{instead} ({} {})", Word::Rebate.of(language), figures::money(rebate, language))
        }
        // No discount, or one that is past what can be written.
        _ => instead,
    });
    details
}

pub(super) fn taxes(invoice: &Invoice<'_>, day: CivilDate, language: Language) -> Block {
    let groups = Groups::of(invoice, day);
    let rows = invoice.tax_groups.iter().map(|group| TaxRow {
        group: groups.mark(group.code),
        name: groups.name(&group),
        rate: figures::percent(group.rate, language),
        base: figures::money(group.base_amount, language),
        tax: figures::money(group.tax_amount, language),
    });
    Block::Taxes(Taxes {
        title: format!("{}, {}", Word::Taxes.of(language), invoice.totals.currency),
        group: Word::Group.of(language),
        base: Word::Base.of(language),
        tax: Word::Tax.of(language),
        rate: Word::Rate.of(language),
        rows: rows.collect(),
    })
}

/// How lines and tax table name a group: by the DGI's letter where the default manifest knows the code, else by its
/// place in the table, which then shows the code.
struct Groups(Vec<(GroupCode, Option<char>)>);

impl Groups {
    fn of(invoice: &Invoice<'_>, day: CivilDate) -> Self {
        let letter = |code| DEFAULT_MANIFEST.group_on(code, day).map(|group| group.letter.as_char());
        Self(invoice.tax_groups.iter().map(|group| (group.code, letter(group.code))).collect())
    }

    fn mark(&self, code: GroupCode) -> String {
        match self.0.iter().enumerate().find(|(_, (known, _))| *known == code) {
            Some((_, (_, Some(letter)))) => letter.to_string(),
            Some((place, _)) => (place + 1).to_string(),
            // What was validated uses declared groups only.
            None => code.to_string(),
        }
    }

    fn name(&self, group: &TaxGroup<'_>) -> String {
        let lettered = self.0.iter().any(|(code, letter)| *code == group.code && letter.is_some());
        if lettered { group.name.to_string() } else { format!("{} ({})", group.name, group.code) }
    }
}
