//! What holds of every invoice.

use fiscal::{DEFAULT_MANIFEST, PaymentMethod};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

use super::{Sealed, credit, paid, sale};
use crate::{Comparison, Figure, Requested, Tolerance, compare, json::object};

/// Items as quantity in thousandths, price in ten-thousandths and group.
fn items() -> impl Strategy<Value = Vec<(i64, i64, usize)>> {
    vec((1..50_000_i64, 0..99_999_999_i64, 0..DEFAULT_MANIFEST.groups.len()), 1..6)
}

fn lines(items: &[(i64, i64, usize)], sign: i64) -> Value {
    let decimal = |value: i64, places: usize| {
        let sign = if value < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", value.abs(), width = places + 1);
        let (whole, part) = digits.split_at(digits.len() - places);
        format!("{sign}{whole}.{part}")
    };
    items
        .iter()
        .map(|(quantity, price, group)| {
            let group = DEFAULT_MANIFEST.groups[*group].code;
            super::item(&decimal(quantity * sign, 3), &decimal(*price, 4), group.as_str())
        })
        .collect()
}

/// A draft of a sale or a credit note, in francs or in dollars, in either price mode, paid in parts.
fn drafts() -> impl Strategy<Value = Value> {
    let payments = vec(select(PaymentMethod::ALL.to_vec()), 1..4);
    let rate = prop::option::of(1..40_000_000_i64);
    (items(), any::<bool>(), any::<bool>(), rate, payments, 0..100_i64).prop_map(
        |(items, is_credit, ttc, rate, methods, part)| {
            let sign = if is_credit { -1 } else { 1 };
            let lines = lines(&items, sign);
            let mut draft = if is_credit { credit("credit_note", "RAM", lines) } else { sale(lines) };
            draft["annex"] = json!({"price_mode": if ttc { "ttc" } else { "ht" }});
            if let Some(rate) = rate {
                let rate = format!("{}.{:04}", rate / 10_000, rate % 10_000);
                draft["totals"] = json!({"currency": "USD"});
                draft["annex"]["exchange"] = json!({"currency": "USD", "rate": rate, "date": "2026-02-03"});
            }
            draft["payments"] = in_parts(&draft, &methods, part);
            draft
        },
    )
}

/// All payments but the last are so many hundredths of the total, which the last one completes.
fn in_parts(draft: &Value, methods: &[PaymentMethod], part: i64) -> Value {
    let total = Sealed::new(draft);
    let total =
        fiscal::Validated::read(total.canonical.as_bytes()).unwrap().invoice().totals.total.centimes();
    let each = total / 100 * part / i64::try_from(methods.len()).unwrap();
    let each = fiscal::Amount::from_centimes(each).unwrap();
    let mut payments: Vec<Value> =
        methods.iter().map(|method| json!({"method": method.name(), "amount": each.to_string()})).collect();
    *payments.last_mut().unwrap() = json!({"method": methods.last().unwrap().name()});
    payments.into()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn payments_sum_to_the_total_and_nothing_is_negative(draft in drafts()) {
        let sealed = Sealed::new(&draft);
        let text = sealed.text();
        prop_assert_eq!(paid(&text), sealed.expected().unwrap().total.into());
        prop_assert!(!text.contains(":-"), "{}", text);
    }

    #[test]
    fn an_authority_that_reads_what_is_written_comes_to_what_is_expected(draft in drafts()) {
        let sealed = Sealed::new(&draft);
        let compared = compare(&sealed.expected().unwrap(), &sealed.answer(), Tolerance::default());
        prop_assert_eq!(compared, Comparison::Same);
    }

    #[test]
    fn a_credit_note_is_told_as_the_sale_with_its_signs_turned(items in items(), ttc in any::<bool>()) {
        let mode = json!({"price_mode": if ttc { "ttc" } else { "ht" }});
        let (mut sold, mut taken) = (sale(lines(&items, 1)), credit("credit_note", "RAM", lines(&items, -1)));
        sold["annex"] = mode.clone();
        taken["annex"] = mode;
        let (sold, taken) = (Sealed::new(&sold), Sealed::new(&taken));
        prop_assert_eq!(sold.expected().unwrap(), taken.expected().unwrap());
        let (sold, taken) = (sold.request().unwrap(), taken.request().unwrap());
        prop_assert_eq!(sold.items, taken.items);
        prop_assert_eq!(sold.payments, taken.payments);
    }

    #[test]
    fn what_is_written_is_read_back(draft in drafts()) {
        let sealed = Sealed::new(&draft);
        let (request, text) = (sealed.request().unwrap(), sealed.text());
        let read = object(&text).unwrap();
        prop_assert_eq!(read.text(&["type"]).unwrap(), request.invoice_type.dgi_code());
        let items = read.any_list(&["items"]).unwrap();
        prop_assert_eq!(items.len(), request.items.len());
        for (written, item) in items.into_iter().zip(&request.items) {
            let written = object(written).unwrap();
            prop_assert_eq!(written.figure(&["price"]).unwrap(), Some(item.price));
            prop_assert_eq!(written.parsed::<fiscal::Quantity>(&["quantity"]), Some(item.quantity));
            prop_assert_eq!(written.text(&["name"]), Some(item.name.clone()));
        }
        for (written, payment) in read.any_list(&["payment"]).unwrap().into_iter().zip(&request.payments) {
            prop_assert_eq!(object(written).unwrap().figure(&["amount"]).unwrap(), Some(payment.amount.into()));
        }
    }

    #[test]
    fn a_figure_is_read_as_it_is_written(millionths in -1_000_000_000_000_000_000_i128..1_000_000_000_000_000_000) {
        let figure = Figure::from_millionths(millionths);
        prop_assert_eq!(figure.to_string().parse(), Ok(figure));
    }

    #[test]
    fn no_answer_makes_the_reader_panic(body in "[\\[\\]{}:,\"a-z0-9.eE+\\- ]{0,60}") {
        let _ = (Requested::read(&body), crate::Status::read(&body), crate::Confirmed::read(&body));
        let _ = (crate::TaxGroups::read(&body), crate::CurrencyRates::read(&body), crate::NamedCodes::read(&body));
        let _ = (body.parse::<Figure>(), crate::AuthorityTime::new(&body).map(|time| time.unix_milliseconds()));
    }
}
