//! Sales of the shop, as canonical payloads.

use std::fmt::Write;

use fiscal::Timestamp;

/// A sale, or a note that takes one back.
#[derive(Clone, Debug)]
pub struct Sale {
    /// At which till.
    pub till: String,
    /// When, by the till's clock.
    pub time: Timestamp,
    /// Articles: code, quantity, price in francs.
    pub lines: Vec<(String, u32, u32)>,
    /// What it takes back, if it does.
    pub takes_back: Option<Original>,
}

/// A sealed invoice that a note names.
#[derive(Clone, Debug)]
pub struct Original {
    /// RAN, RAM or COR.
    pub nature: &'static str,
    /// In which epoch.
    pub epoch: u32,
    /// Its number.
    pub number: u64,
    /// Its authentication code.
    pub auth_code: String,
}

impl Sale {
    /// So many lines at a till; `seed` makes sales differ.
    pub fn of(till: &str, time: Timestamp, lines: usize, seed: u32) -> Self {
        let lines = (0..lines)
            .map(|line| {
                let number = seed.wrapping_mul(31).wrapping_add(line as u32);
                (format!("ART-{:03}", number % 40), 1 + number % 5, 500 + number % 97 * 50)
            })
            .collect();
        Self { till: till.into(), time, lines, takes_back: None }
    }

    /// A note that takes back some lines of a sale.
    pub fn back(&self, time: Timestamp, original: Original, lines: usize) -> Self {
        Self {
            till: self.till.clone(),
            time,
            lines: self.lines.iter().take(lines).cloned().collect(),
            takes_back: Some(original),
        }
    }

    /// Total and tax in centimes, below zero for a note.
    pub fn amounts(&self) -> (i64, i64) {
        let subtotal: i64 = self.lines.iter().map(|line| i64::from(line.1) * i64::from(line.2) * 100).sum();
        let vat = (subtotal * 16 + 50) / 100;
        let sign = if self.takes_back.is_some() { -1 } else { 1 };
        (sign * (subtotal + vat), sign * vat)
    }

    /// The canonical bytes: prices without tax, VAT of 16 %.
    pub fn payload(&self) -> String {
        let sign = if self.takes_back.is_some() { "-" } else { "" };
        let subtotal: u64 = self.lines.iter().map(|line| u64::from(line.1) * u64::from(line.2) * 100).sum();
        // Half away from zero.
        let vat = (subtotal * 16 + 50) / 100;
        let money = |centimes: u64| {
            let sign = if centimes == 0 { "" } else { sign };
            format!("{sign}{}.{:02}", centimes / 100, centimes % 100)
        };
        let invoice_type = if sign.is_empty() { "sale" } else { "credit_note" };
        let mut text = format!(
            r#"{{"merchant_nif":"A2301457K","outlet_id":"KIN-GOMBE-01","pos_terminal_id":"{}","cashier_id":"C-01","invoice_type":"{invoice_type}","timestamp":"{}","client":{{"registration":"","classification":"Individual"}},"items":["#,
            self.till, self.time
        );
        for (index, (code, quantity, price)) in self.lines.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let _ = write!(
                text,
                r#"{comma}{{"code":"{code}","description":"Article {code}","quantity":"{sign}{quantity}","unit_price":"{price}.00","tax_group":"standard_vat","taxable_unit":"pièce"}}"#
            );
        }
        let _ = write!(
            text,
            r#"],"tax_groups":[{{"code":"standard_vat","name":"TVA 16%","rate":"0.16","base_amount":"{base}","tax_amount":"{vat}"}}],"totals":{{"subtotal":"{base}","total_vat":"{vat}","total":"{total}","currency":"CDF"}},"payments":[{{"method":"cash","amount":"{total}","instrument_id":""}}]"#,
            base = money(subtotal),
            vat = money(vat),
            total = money(subtotal + vat)
        );
        if let Some(Original { nature, epoch, number, auth_code }) = &self.takes_back {
            let _ = write!(
                text,
                r#","reference":{{"nature":"{nature}","outlet_id":"KIN-GOMBE-01","epoch":{epoch},"invoice_seq":{number},"auth_code":"{auth_code}"}}"#
            );
        }
        text.push('}');
        text
    }
}
