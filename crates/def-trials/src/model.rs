//! What a device has to be like, as a plain list; and dice for trials that go where chance leads.

use serde_json::{Value, json};

use crate::Sale;

/// Random numbers that are the same for the same seed (SplitMix64).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice that fall as the seed says.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub const fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below another, which is not 0.
    pub const fn below(&mut self, limit: u64) -> u64 {
        self.roll() % limit
    }

    /// Whether one of so many chances came up.
    pub const fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }

    /// One of a list that is not empty.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len() as u64) as usize]
    }
}

/// An invoice as the model keeps it.
#[derive(Clone, Debug)]
pub struct Kept {
    /// What was sold.
    pub sale: Sale,
    /// The device's answer to its COMMIT.
    pub seal: Value,
    /// Its business day.
    pub day: String,
}

/// The journal of one epoch, as a list.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// In which epoch.
    pub epoch: u32,
    /// All invoices, the first has the number 1.
    pub invoices: Vec<Kept>,
    /// How many of them are closed.
    pub closed: usize,
    /// How many closures there were.
    pub closures: u64,
}

impl Model {
    /// The number that the next invoice gets.
    pub fn next(&self) -> u64 {
        self.invoices.len() as u64 + 1
    }

    /// What `RPT|X` has to say since the last closure.
    pub fn session(&self) -> Value {
        summary(&self.invoices[self.closed..])
    }

    /// What `RPT|X` has to say of a business day.
    pub fn day(&self, day: &str) -> Value {
        let of_day: Vec<Kept> = self.invoices.iter().filter(|kept| kept.day == day).cloned().collect();
        summary(&of_day)
    }

    /// The members of the status that follow from the list.
    pub fn status(&self) -> Value {
        json!({
            "next_invoice_seq": self.next(),
            "unclosed": self.invoices.len() - self.closed,
            "closures": self.closures,
            "epoch": self.epoch,
        })
    }
}

/// What is compared of an X report or a closure.
pub fn summary_of(report: &Value) -> Value {
    json!([report["sequence_start"], report["sequence_end"], report["currencies"]])
}

fn summary(invoices: &[Kept]) -> Value {
    let number = |kept: Option<&Kept>| kept.map_or(Value::Null, |kept| kept.seal["invoice_seq"].clone());
    let (mut sums, mut vat) = ([0_i64; 3], 0);
    for kept in invoices {
        let (total, tax) = kept.sale.amounts();
        let kind = match &kept.sale.takes_back {
            None => 0,
            Some(original) if original.nature != "RAN" => 1,
            Some(_) => 2,
        };
        sums[kind] += total;
        vat += tax;
    }
    let [sales, returns, voids] = sums.map(text);
    let currencies = if invoices.is_empty() {
        json!([])
    } else {
        json!([{
            "currency": "CDF", "sales": sales, "returns": returns, "voids": voids,
            "net": text(sums.iter().sum()), "vat": text(vat), "count": invoices.len(),
        }])
    };
    json!([number(invoices.first()), number(invoices.last()), currencies])
}

fn text(centimes: i64) -> String {
    let sign = if centimes < 0 { "-" } else { "" };
    let magnitude = centimes.unsigned_abs();
    format!("{sign}{}.{:02}", magnitude / 100, magnitude % 100)
}
