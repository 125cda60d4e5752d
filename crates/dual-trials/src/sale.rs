//! Sales of two outlets, as canonical payloads.

use def_protocol::reply::Seal;
use fiscal::Timestamp;

/// The merchant.
pub const NIF: &str = "A2301457K";

/// An outlet of the merchant.
#[derive(Clone, Copy, Debug)]
pub struct Outlet {
    /// Its id.
    pub id: &'static str,
    /// What its fiscal numbers begin with.
    pub prefix: &'static str,
    /// Its zone.
    pub zone: &'static str,
    /// The fiscal memory that is bound to it. No other simulated device of the machine has its number: one whose power
    /// was cut leaves the name of a terminal behind, which may become another's.
    pub device: &'static str,
}

/// Both.
pub const OUTLETS: [Outlet; 2] = [
    Outlet { id: "KIN-GOMBE-01", prefix: "KINGOMBE01", zone: "kinshasa", device: "DEF-880001" },
    Outlet { id: "LUB-KAMALONDO-01", prefix: "LUBKAMALON", zone: "lubumbashi", device: "DEF-880002" },
];

/// One article, sold once.
#[derive(Clone, Debug)]
pub struct Sale {
    /// At which outlet.
    pub outlet: usize,
    /// At which terminal.
    pub till: String,
    /// The terminal's own count, which makes each sale another.
    pub nth: u64,
    /// When.
    pub time: Timestamp,
    /// How many pieces.
    pub quantity: u64,
    /// For how many francs each, without tax.
    pub price: u64,
}

impl Sale {
    /// The canonical bytes, with VAT of 16 %.
    pub fn payload(&self) -> String {
        self.write(None, 0)
    }

    /// The canonical bytes of a note that takes all of an original back; a voucher where it is kept elsewhere.
    pub fn credit(&self, original: &Seal, voucher: Option<&str>) -> String {
        let voucher = voucher.map_or(String::new(), |voucher| format!(r#","voucher":"{voucher}""#));
        let reference = format!(
            r#","reference":{{"nature":"RAN","outlet_id":"{}","epoch":{},"invoice_seq":{},"auth_code":"{}"{voucher}}}"#,
            OUTLETS[self.outlet].id, original.epoch.0, original.invoice_seq, original.auth_code
        );
        self.write(Some(&reference), 0)
    }

    /// Bytes whose total is false: nobody may seal them.
    pub fn false_payload(&self) -> String {
        self.write(None, 100)
    }

    fn write(&self, reference: Option<&str>, false_by: u64) -> String {
        let Self { outlet, till, nth, time, quantity, price } = self;
        let outlet = OUTLETS[*outlet].id;
        let (sign, kind) = if reference.is_some() { ("-", "credit_note") } else { ("", "sale") };
        let reference = reference.unwrap_or_default();
        let net = quantity * price * 100;
        let vat = (net * 16 + 50) / 100;
        let money = |centimes: u64| format!("{sign}{}.{:02}", centimes / 100, centimes % 100);
        let (base, vat, total) = (money(net), money(vat), money(net + vat + false_by));
        format!(
            r#"{{"merchant_nif":"{NIF}","outlet_id":"{outlet}","pos_terminal_id":"{till}","cashier_id":"C-{nth}","invoice_type":"{kind}","timestamp":"{time}","client":{{"registration":"","classification":"Individual"}},"items":[{{"code":"ART-001","description":"Article 001","quantity":"{sign}{quantity}","unit_price":"{price}.00","tax_group":"standard_vat","taxable_unit":"pièce"}}],"tax_groups":[{{"code":"standard_vat","name":"TVA 16%","rate":"0.16","base_amount":"{base}","tax_amount":"{vat}"}}],"totals":{{"subtotal":"{base}","total_vat":"{vat}","total":"{total}","currency":"CDF"}},"payments":[{{"method":"cash","amount":"{total}","instrument_id":""}}]{reference}}}"#
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sale_is_one_that_may_be_sealed_and_a_false_one_is_none() {
        let sale = Sale {
            outlet: 1,
            till: "CAISSE-3".to_owned(),
            nth: 4,
            time: Timestamp::from_unix(1_772_000_000).unwrap(),
            quantity: 3,
            price: 1_250,
        };
        assert!(fiscal::Validated::read(sale.payload().as_bytes()).is_ok());
        assert!(fiscal::Validated::read(sale.false_payload().as_bytes()).is_err());
    }
}
