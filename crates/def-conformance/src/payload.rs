//! Canonical payloads of the trials' shop that no ordinary sale has: of a length, of many groups, of many articles.

use std::fmt::Write;

use fiscal::Timestamp;

/// A sale to be written; prices are without tax, every group has 16 %.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    till: String,
    time: Timestamp,
    cashier: String,
    items: Vec<Item>,
}

#[derive(Clone, Debug)]
struct Item {
    code: String,
    description: String,
    quantity: u64,
    centimes: u64,
    group: String,
}

impl Draft {
    /// Without items.
    pub(crate) fn new(till: &str, time: Timestamp) -> Self {
        Self { till: till.into(), time, cashier: "C-01".into(), items: Vec::new() }
    }

    /// What makes equal sales differ.
    pub(crate) fn cashier(mut self, cashier: &str) -> Self {
        self.cashier = cashier.into();
        self
    }

    /// One more line.
    pub(crate) fn item(mut self, code: &str, quantity: u64, centimes: u64, group: &str) -> Self {
        let description = format!("Article {code}");
        self.items.push(Item { code: code.into(), description, quantity, centimes, group: group.into() });
        self
    }

    /// A sale of exactly so many bytes, from 20,000 on.
    ///
    /// # Panics
    /// When no sale has so many.
    pub(crate) fn of_length(till: &str, time: Timestamp, bytes: usize) -> Self {
        let mut draft = (0..150).fold(Self::new(till, time), |draft, number| {
            draft.item(&format!("A{number:03}"), 1, 10_000, "standard_vat")
        });
        let mut missing = bytes.checked_sub(draft.write().len()).expect("a sale of 150 items is shorter");
        for item in &mut draft.items {
            let more = missing.min(128 - item.description.len());
            item.description.push_str(&"abcdefgh".repeat(16)[..more]);
            missing -= more;
        }
        assert_eq!(missing, 0, "descriptions are full");
        draft
    }

    /// The bytes.
    pub(crate) fn write(&self) -> String {
        let mut groups: Vec<(&str, u64)> = Vec::new();
        for item in &self.items {
            let amount = item.quantity * item.centimes;
            match groups.iter_mut().find(|(group, _)| *group == item.group) {
                Some((_, base)) => *base += amount,
                None => groups.push((&item.group, amount)),
            }
        }
        let vat = |base: u64| (base * 16 + 50) / 100;
        let (base, tax) = groups.iter().fold((0, 0), |sums, group| (sums.0 + group.1, sums.1 + vat(group.1)));
        let mut text = format!(
            r#"{{"merchant_nif":"A2301457K","outlet_id":"KIN-GOMBE-01","pos_terminal_id":"{}","cashier_id":"{}","invoice_type":"sale","timestamp":"{}","client":{{"registration":"","classification":"Individual"}},"items":["#,
            self.till, self.cashier, self.time
        );
        for (index, Item { code, description, quantity, centimes, group }) in self.items.iter().enumerate() {
            let (comma, price) = (if index == 0 { "" } else { "," }, money(*centimes));
            // A string takes whatever is written to it.
            let _ = write!(
                text,
                r#"{comma}{{"code":"{code}","description":"{description}","quantity":"{quantity}","unit_price":"{price}","tax_group":"{group}","taxable_unit":"unit"}}"#
            );
        }
        text.push_str(r#"],"tax_groups":["#);
        for (index, (group, base)) in groups.iter().enumerate() {
            let (comma, tax) = (if index == 0 { "" } else { "," }, money(vat(*base)));
            let _ = write!(
                text,
                r#"{comma}{{"code":"{group}","name":"TVA 16%","rate":"0.16","base_amount":"{}","tax_amount":"{tax}"}}"#,
                money(*base)
            );
        }
        let (base, tax, total) = (money(base), money(tax), money(base + tax));
        let _ = write!(
            text,
            r#"],"totals":{{"subtotal":"{base}","total_vat":"{tax}","total":"{total}","currency":"CDF"}},"payments":[{{"method":"cash","amount":"{total}","instrument_id":""}}]}}"#
        );
        text
    }
}

fn money(centimes: u64) -> String {
    format!("{}.{:02}", centimes / 100, centimes % 100)
}

#[cfg(test)]
mod tests {
    use def_trials::authority::{OPENING, at};
    use fiscal::Validated;

    use super::*;

    #[test]
    fn drafts_are_canonical_and_add_up() {
        let draft = Draft::new("T", at(OPENING))
            .item("A", 3, 33_333, "g1")
            .item("B", 1, 1, "g2")
            .item("C", 7, 12_345, "g1");
        Validated::read(draft.write().as_bytes()).unwrap();
    }

    #[test]
    fn a_sale_may_have_any_length() {
        for bytes in [21_000, 24_575, 24_576] {
            let payload = Draft::of_length("T", at(OPENING), bytes).write();
            assert_eq!(payload.len(), bytes);
            Validated::read(payload.as_bytes()).unwrap();
        }
    }
}
