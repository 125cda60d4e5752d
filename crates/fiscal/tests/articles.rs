//! What makes two lines the same article, and what its lines come to.

use fiscal::{
    Amount, Quantity, Validated,
    totals::{ArticleKey, ArticleSums, UnknownArticle},
};

const SALE: &str = r#"{"merchant_nif":"A1234567Z","outlet_id":"OUTLET-001","pos_terminal_id":"POS-01","cashier_id":"C-07","invoice_type":"sale","timestamp":"2026-02-04T10:15:30","client":{"registration":"","classification":"Individual"},"items":[{"code":"ITEM-001","description":"Service Plan","quantity":"1","unit_price":"100.00","tax_group":"standard_vat","taxable_unit":"unit"}],"tax_groups":[{"code":"standard_vat","name":"TVA 16%","rate":"0.16","base_amount":"100.00","tax_amount":"16.00"}],"totals":{"subtotal":"100.00","total_vat":"16.00","total":"116.00","currency":"CDF"},"payments":[{"method":"cash","amount":"116.00","instrument_id":""}]}"#;

const EXCHANGE: &str = r#"}],"annex":{"exchange":{"currency":"USD","rate":"2.0000","date":"2026-02-04","total":"232.00","total_vat":"32.00"}}}"#;

fn key_of(payload: &str) -> ArticleKey {
    let validated = Validated::read(payload.as_bytes()).unwrap();
    let invoice = validated.invoice();
    ArticleKey::of(&invoice.items.iter().next().unwrap(), invoice)
}

#[test]
fn articles_differ_in_code_description_group_unit_currency_and_price_mode() {
    let dollars = SALE.replace(r#""CDF""#, r#""USD""#);
    let dollars = format!("{}{EXCHANGE}", dollars.strip_suffix("}]}").unwrap());
    let others = [
        SALE.replace("ITEM-001", "ITEM-002"),
        SALE.replace("Service Plan", "Service plan"),
        SALE.replace("standard_vat", "public_contract"),
        SALE.replace(r#""taxable_unit":"unit""#, r#""taxable_unit":"month""#),
        dollars,
        SALE.replace("116.00", "100.00")
            .replace(
                r#""base_amount":"100.00","tax_amount":"16.00""#,
                r#""base_amount":"86.21","tax_amount":"13.79""#,
            )
            .replace(
                r#""subtotal":"100.00","total_vat":"16.00""#,
                r#""subtotal":"86.21","total_vat":"13.79""#,
            )
            .replace(r#""instrument_id":""}]}"#, r#""instrument_id":""}],"annex":{"price_mode":"ttc"}}"#),
        // Where one text ends and the next begins counts.
        SALE.replace(r#""Service Plan""#, r#""Service Planu""#).replace(r#""unit"}"#, r#""nit"}"#),
    ];
    let mut keys: Vec<_> = others.iter().map(|payload| key_of(payload)).chain([key_of(SALE)]).collect();
    let first = key_of(SALE);
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), others.len() + 1);
    assert_eq!(keys.last(), Some(&key_of(&others[0])), "in the order of codes");
    let same = [
        SALE.replace(r#""instrument_id":""}]}"#, r#""instrument_id":""}],"annex":{"price_mode":"ht"}}"#),
        SALE.replace("C-07", "C-08").replace("10:15:30", "10:15:31"),
    ];
    assert!(same.iter().all(|payload| key_of(payload) == first));
}

#[test]
fn a_key_is_read_as_it_is_written_and_stays_what_it_is() {
    let key = key_of(SALE);
    assert_eq!(key.to_string(), "ITEM-001:dc0fd2f9cfb82f9d");
    assert_eq!(key.to_string().parse(), Ok(key));
    for wrong in ["", "ITEM-001", "ITEM-001:", "ITEM-001:0011", ":0011223344556677", "I:001122334455667g"] {
        assert_eq!(wrong.parse::<ArticleKey>(), Err(UnknownArticle), "{wrong}");
    }
}

#[test]
fn sums_are_exact_and_none_where_they_have_no_written_form() {
    let payload = SALE
        .replace(r#""quantity":"1","unit_price":"100.00""#, r#""quantity":"0.125","unit_price":"800.00""#);
    let validated = Validated::read(payload.as_bytes()).unwrap();
    let item = validated.invoice().items.iter().next().unwrap();
    let mut sums = ArticleSums::default();
    assert_eq!((sums.quantity(), sums.amount()), (Quantity::from_thousandths(0), Some(Amount::ZERO)));
    for _ in 0..3 {
        sums.add(&item);
    }
    assert_eq!(sums.quantity(), Quantity::from_thousandths(375));
    assert_eq!(sums.amount(), Amount::from_centimes(30_000).ok());

    let largest = r#""base_amount":"8000000000000.00","tax_amount":"1280000000000.00""#;
    let payload = SALE
        .replace(
            r#""quantity":"1","unit_price":"100.00""#,
            r#""quantity":"4000000000","unit_price":"2000.00""#,
        )
        .replace(r#""base_amount":"100.00","tax_amount":"16.00""#, largest)
        .replace(r#""100.00""#, r#""8000000000000.00""#)
        .replace(r#""16.00""#, r#""1280000000000.00""#)
        .replace(r#""116.00""#, r#""9280000000000.00""#);
    let validated = Validated::read(payload.as_bytes()).unwrap();
    let item = validated.invoice().items.iter().next().unwrap();
    let mut sums = ArticleSums::default();
    sums.add(&item);
    assert!(sums.amount().is_some());
    sums.add(&item);
    assert_eq!((sums.amount(), sums.quantity()), (None, Quantity::from_thousandths(8_000_000_000_000)));
}
