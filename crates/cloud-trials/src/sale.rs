//! Sales of three outlets, as canonical payloads.

use def_protocol::reply::Seal;
use fiscal::Timestamp;

/// The merchant.
pub const NIF: &str = "A2301457K";
/// The outlets with their prefixes.
pub const OUTLETS: [(&str, &str); 3] =
    [("KIN-GOMBE-01", "KINGOMBE01"), ("KIN-LEMBA-02", "KINLEMBA02"), ("LUB-KENYA-03", "LUBKENYA03")];

/// One article, sold once.
#[derive(Clone, Debug)]
pub struct Sale {
    /// At which outlet.
    pub outlet: usize,
    /// At which till.
    pub till: u64,
    /// The till's own count, which makes each sale another.
    pub nth: u64,
    /// When.
    pub time: Timestamp,
    /// How many pieces.
    pub quantity: u64,
    /// For how many francs each, without tax.
    pub price: u64,
}

impl Sale {
    /// The canonical bytes, with VAT of 16 %. A credit note takes the whole of an original back.
    pub fn payload(&self, original: Option<&Seal>) -> String {
        let Self { outlet, till, nth, time, quantity, price } = self;
        let outlet = OUTLETS[*outlet].0;
        let (sign, kind) = if original.is_some() { ("-", "credit_note") } else { ("", "sale") };
        let net = quantity * price * 100;
        let vat = (net * 16 + 50) / 100;
        let money = |centimes: u64| format!("{sign}{}.{:02}", centimes / 100, centimes % 100);
        let (base, vat, total) = (money(net), money(vat), money(net + vat));
        let reference = original.map_or(String::new(), |seal| {
            format!(
                r#","reference":{{"nature":"RAN","outlet_id":"{outlet}","epoch":{},"invoice_seq":{},"auth_code":"{}"}}"#,
                seal.epoch.0, seal.invoice_seq, seal.auth_code
            )
        });
        format!(
            r#"{{"merchant_nif":"{NIF}","outlet_id":"{outlet}","pos_terminal_id":"CAISSE-{till}","cashier_id":"C-{nth}","invoice_type":"{kind}","timestamp":"{time}","client":{{"registration":"","classification":"Individual"}},"items":[{{"code":"ART-001","description":"Article 001","quantity":"{sign}{quantity}","unit_price":"{price}.00","tax_group":"standard_vat","taxable_unit":"pièce"}}],"tax_groups":[{{"code":"standard_vat","name":"TVA 16%","rate":"0.16","base_amount":"{base}","tax_amount":"{vat}"}}],"totals":{{"subtotal":"{base}","total_vat":"{vat}","total":"{total}","currency":"CDF"}},"payments":[{{"method":"cash","amount":"{total}","instrument_id":""}}]{reference}}}"#
        )
    }
}
