use core::{fmt, str::FromStr};

use sha2::{Digest, Sha256};

use crate::{
    decimal::{Amount, Quantity},
    ids::ItemCode,
    invoice::{Invoice, Item},
};

/// What makes two lines the same article in an A report: code, description, group, unit, currency and price mode. In the
/// order of codes.
///
/// Its text, `CODE:16 hexadecimal digits`, is where a report goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ArticleKey {
    code: ItemCode,
    /// All but the code, hashed.
    rest: [u8; 8],
}

/// What the lines of an article come to. Exact over more lines than anyone seals: whether a sum has a written form is
/// asked at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ArticleSums {
    /// In thousandths.
    quantity: i128,
    /// In centimes.
    amount: i128,
}

/// A text that is no [`ArticleKey`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownArticle;

impl ArticleKey {
    /// Of a line of an invoice.
    pub fn of(item: &Item<'_>, invoice: &Invoice<'_>) -> Self {
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

impl ArticleSums {
    /// Adds a line.
    pub fn add(&mut self, item: &Item<'_>) {
        // A line that is sealed has an amount.
        let amount = item.quantity.times(item.unit_price).map_or(0, Amount::centimes);
        self.quantity += i128::from(item.quantity.thousandths());
        self.amount += i128::from(amount);
    }

    /// How much was sold; none when it is longer than a quantity may be.
    pub fn quantity(&self) -> Option<Quantity> {
        i64::try_from(self.quantity).ok().and_then(Quantity::from_thousandths)
    }

    /// What it came to; none when it is longer than an amount may be.
    pub fn amount(&self) -> Option<Amount> {
        i64::try_from(self.amount).ok().and_then(|centimes| Amount::from_centimes(centimes).ok())
    }
}

impl fmt::Display for ArticleKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.code)?;
        self.rest.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for ArticleKey {
    type Err = UnknownArticle;

    fn from_str(text: &str) -> Result<Self, UnknownArticle> {
        let (code, rest) = text.split_once(':').ok_or(UnknownArticle)?;
        let number = u64::from_str_radix(rest, 16).map_err(|_| UnknownArticle)?;
        let key = Self { code: code.parse().map_err(|_| UnknownArticle)?, rest: number.to_be_bytes() };
        if rest.len() == 16 { Ok(key) } else { Err(UnknownArticle) }
    }
}
