//! What a receipt says, part by part, in its order: built once, and the same for every output.
//!
//! To add a part, add it to [`compose::compose`]: most are [`Block::Pairs`].

mod authority;
mod compose;
mod items;
mod parties;
mod sums;

pub(crate) use compose::compose;

use std::sync::Arc;

use crate::symbol::Symbol;

/// A part and where it goes when the paper is wide.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) side: Side,
    pub(crate) block: Block,
}

/// On wide paper left and right parts stand beside each other until a full one; on a roll all are one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Full,
    Left,
    Right,
}

#[derive(Clone, Debug)]
pub(crate) enum Block {
    /// `DUPLICATA N° 2`, `ESSAI – sans valeur fiscale`
    Copy(String),
    /// Who sells.
    Merchant { name: Option<String>, lines: Vec<String> },
    /// `Facture de vente (FV)`
    Title(String),
    /// What makes it a fiscal document: the number, and what stands beside it.
    Fiscal { number: Pair, facts: Vec<Pair> },
    /// Facts with their names.
    Pairs { title: String, pairs: Vec<Pair> },
    /// What is sold.
    Items(Items),
    /// What is taxed.
    Taxes(Taxes),
    /// Amounts with their names.
    Sums { title: Option<String>, sums: Vec<Sum> },
    /// Texts.
    Notes { title: String, lines: Vec<String> },
    /// The seal as a person reads it.
    Security { title: String, code: Pair, facts: Vec<Pair> },
    /// The seal as a machine reads it. Where nothing can be drawn, its content stands under the label.
    Qr { label: String, content: String, symbol: Arc<Symbol>, hints: Vec<String> },
    /// A line across.
    Rule,
}

#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) label: String,
    pub(crate) value: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Sum {
    pub(crate) label: String,
    pub(crate) amount: String,
    /// What the customer pays.
    pub(crate) strong: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Items {
    pub(crate) heads: Heads,
    /// How prices are to be understood, and in which currency.
    pub(crate) mode: String,
    pub(crate) rows: Vec<ItemRow>,
}

/// What stands over the columns.
#[derive(Clone, Debug)]
pub(crate) struct Heads {
    pub(crate) item: &'static str,
    pub(crate) quantity: &'static str,
    pub(crate) price: &'static str,
    pub(crate) group: &'static str,
    pub(crate) amount: &'static str,
}

#[derive(Clone, Debug)]
pub(crate) struct ItemRow {
    pub(crate) description: String,
    /// Code, type, and the price before a discount.
    pub(crate) details: Vec<String>,
    /// With its unit.
    pub(crate) quantity: String,
    pub(crate) price: String,
    pub(crate) amount: String,
    /// What the tax table calls the group: the DGI's letter, or a place in the table.
    pub(crate) group: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Taxes {
    pub(crate) title: String,
    pub(crate) group: &'static str,
    pub(crate) base: &'static str,
    pub(crate) tax: &'static str,
    pub(crate) rate: &'static str,
    pub(crate) rows: Vec<TaxRow>,
}

#[derive(Clone, Debug)]
pub(crate) struct TaxRow {
    pub(crate) group: String,
    pub(crate) name: String,
    pub(crate) rate: String,
    pub(crate) base: String,
    pub(crate) tax: String,
}

impl Pair {
    pub(crate) fn new(label: impl Into<String>, value: impl ToString) -> Self {
        Self { label: label.into(), value: value.to_string() }
    }
}

impl Sum {
    pub(crate) fn new(label: impl Into<String>, amount: String) -> Self {
        Self { label: label.into(), amount, strong: false }
    }
}
