//! The reader, the writer and the arithmetic, on invoices that nobody thought of.

mod support;

use fiscal::{Amount, ExchangeRate, GroupAmounts, Invoice, PriceMode, Quantity, Rate, UnitPrice, Validated};
use proptest::prelude::*;
use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use support::made;

fn round2(value: Decimal) -> Decimal {
    value.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

fn centimes(value: Decimal) -> i64 {
    (value * Decimal::ONE_HUNDRED).to_i64().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn what_is_written_reads_as_what_was_meant(made in made()) {
        made.with_invoice(|invoice| {
            let mut payload = String::new();
            invoice.write(&mut payload).unwrap();
            let read = Invoice::read(payload.as_bytes()).unwrap();
            prop_assert_eq!(&read, invoice);
            let mut again = String::new();
            read.write(&mut again).unwrap();
            prop_assert_eq!(again, payload);
            Ok(())
        })?;
    }

    #[test]
    fn sums_by_an_independent_library_are_accepted(made in made()) {
        let payload = made.payload();
        prop_assume!(payload.len() <= fiscal::limits::PAYLOAD_BYTES);
        if let Err(fault) = Validated::read(payload.as_bytes()) {
            prop_assert!(false, "{fault}\n{payload}");
        }
    }

    #[test]
    fn a_centime_anywhere_in_the_sums_is_found(made in made(), place in any::<prop::sample::Index>(), up in any::<bool>()) {
        let payload = made.payload();
        prop_assume!(payload.len() <= fiscal::limits::PAYLOAD_BYTES);
        let from = payload.find("\"tax_groups\":[").unwrap();
        let to = payload.find(",\"reference\"").or(payload.find(",\"annex\"")).unwrap_or(payload.len());
        let exchange = payload.find("\"exchange\":{").into_iter().flat_map(|exchange| {
            ["\"total\":\"", "\"total_vat\":\""].map(|name| exchange + payload[exchange..].find(name).unwrap() + name.len())
        });
        let amounts: Vec<_> = payload[from..to]
            .match_indices("amount\":\"")
            .chain(payload[from..to].match_indices("total_vat\":\"")).chain(payload[from..to].match_indices("total\":\""))
            .map(|(at, name)| from + at + name.len())
            .chain(exchange)
            .collect();
        let at = *place.get(&amounts);
        let end = at + payload[at..].find('"').unwrap();
        let old: Amount = payload[at..end].parse().unwrap();
        let new = Amount::from_centimes(old.centimes() + if up { 1 } else { -1 }).unwrap();
        let changed = format!("{}{new}{}", &payload[..at], &payload[end..]);
        prop_assert!(Invoice::read(changed.as_bytes()).is_ok());
        prop_assert!(Validated::read(changed.as_bytes()).is_err(), "{}", changed);
    }

    #[test]
    fn a_changed_byte_never_reads_as_the_same_invoice(made in made(), place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let payload = made.payload();
        let mut changed = payload.clone().into_bytes();
        let at = place.index(changed.len());
        prop_assume!(changed[at] != byte);
        changed[at] = byte;
        if let Ok(read) = Invoice::read(&changed) {
            let mut again = String::new();
            read.write(&mut again).unwrap();
            prop_assert_eq!(again.as_bytes(), &changed[..]);
        }
    }

    #[test]
    fn a_line_is_what_the_library_computes(quantity in -9_999_999_999_i64..=9_999_999_999, decimals in 0_u32..=3,
                                           price in 0_i64..=99_999_999_999, price_decimals in 2_u32..=4) {
        let quantity = Decimal::new(quantity, decimals);
        let price = Decimal::new(price, price_decimals);
        let product = round2(quantity * price);
        let ours = quantity.to_string().parse::<Quantity>().unwrap()
            .times(price.to_string().parse::<UnitPrice>().unwrap());
        let fits = product.abs() <= Decimal::new(Amount::MAX.centimes(), 2);
        prop_assert_eq!(ours.ok().map(Amount::centimes), fits.then(|| centimes(product)));
    }

    #[test]
    fn tax_and_base_are_what_the_library_computes(lines in -999_999_999_999_999_i64..=999_999_999_999_999,
                                                  rate in 0_u32..=99_999) {
        let amount = Amount::from_centimes(lines).unwrap();
        let (lines, fraction) = (Decimal::new(lines, 2), Decimal::new(i64::from(rate), 4));
        let rate: Rate = fraction.to_string().parse().unwrap();
        let limit = Decimal::new(Amount::MAX.centimes(), 2);

        let tax = round2(lines * fraction);
        let ours = GroupAmounts::of_lines(amount, rate, PriceMode::Exclusive);
        prop_assert_eq!(ours.ok().map(|sum| sum.tax.centimes()), (tax.abs() <= limit).then(|| centimes(tax)));

        let base = round2(lines / (Decimal::ONE + fraction));
        let ours = GroupAmounts::of_lines(amount, rate, PriceMode::Inclusive).unwrap();
        prop_assert_eq!(ours.base.centimes(), centimes(base));
        prop_assert_eq!(ours.base.plus(ours.tax), Ok(amount));
    }

    #[test]
    fn a_converted_price_is_what_the_library_computes(price in 0_i64..=9_999_999_999_999, decimals in 2_u32..=4,
                                                      rate in 1_i64..=999_999_999_999) {
        let (price, rate) = (Decimal::new(price, decimals), Decimal::new(rate, 4));
        let product = round2(price * rate);
        let ours = format!("{rate:.4}").parse::<ExchangeRate>().unwrap()
            .convert(price.to_string().parse::<UnitPrice>().unwrap());
        let fits = product < Decimal::new(10_i64.pow(13), 0);
        prop_assert_eq!(ours.ok().map(|price| price.to_string()), fits.then(|| format!("{product:.2}")));
    }
}
