//! How much credit notes take back of their original (D5): per tax group, all together, to the centime.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

#[path = "support/notes.rs"]
mod notes;

use std::collections::BTreeMap;

use fiscal::{CreditAccount, CreditFault, CreditNature, PriceMode, Validated};
use notes::{Line, Paper, PaperLine, account, admit, left, note, returned, sale};
use proptest::{collection::vec, prelude::*, sample::Index};
use rust_decimal::prelude::ToPrimitive;

const EXCEEDS: Result<CreditAccount, CreditFault> = Err(CreditFault::ExceedsOriginal { group: 0 });

/// The account after notes of one line each, all admitted.
fn after(sale: &Paper, notes: &[Line]) -> CreditAccount {
    notes.iter().fold(account(sale), |account, line| {
        let note = Paper { mode: sale.mode, ..returned(&[*line]) };
        admit(&account, &note).unwrap_or_else(|fault| panic!("{line:?}: {fault}"))
    })
}

#[test]
fn notes_together_take_back_at_most_the_base_when_prices_are_without_tax() {
    let sold = sale(&[("A", "3", "33.33", "standard_vat")]);
    assert_eq!(left(&account(&sold)), ["standard_vat 99.99 16.00"]);
    let two = after(&sold, &[("A", "1", "33.33", "standard_vat"), ("A", "1", "33.33", "standard_vat")]);
    assert_eq!(left(&two), ["standard_vat 33.33 5.34"]);
    for (price, balance) in [("33.32", "0.01 0.01"), ("33.33", "0.00 0.01")] {
        let third = admit(&two, &returned(&[("A", "1", price, "standard_vat")])).unwrap();
        assert_eq!(left(&third), [format!("standard_vat {balance}")], "{price}");
    }
    assert_eq!(admit(&two, &returned(&[("A", "1", "33.34", "standard_vat")])), EXCEEDS);
}

#[test]
fn notes_together_take_back_at_most_the_total_when_prices_include_the_tax() {
    let sold = sale(&[("A", "3", "33.33", "standard_vat")]).ttc();
    assert_eq!(left(&account(&sold)), ["standard_vat 86.20 13.79"]);
    let two = after(&sold, &[("A", "1", "33.33", "standard_vat"), ("A", "1", "33.33", "standard_vat")]);
    assert_eq!(left(&two), ["standard_vat 28.74 4.59"]);
    for (price, balance) in [("33.32", "0.02 -0.01"), ("33.33", "0.01 -0.01")] {
        let third = admit(&two, &returned(&[("A", "1", price, "standard_vat")]).ttc()).unwrap();
        assert_eq!(left(&third), [format!("standard_vat {balance}")], "{price}");
    }
    assert_eq!(admit(&two, &returned(&[("A", "1", "33.34", "standard_vat")]).ttc()), EXCEEDS);
}

#[test]
fn each_group_has_a_limit_of_its_own() {
    let (rice, salt) = (("RICE", "1", "100.00", "reduced_vat"), ("SALT", "1", "100.00", "exempt"));
    let one = after(&sale(&[rice, salt]), &[rice]);
    assert_eq!(left(&one), ["reduced_vat 0.00 0.00", "exempt 100.00 0.00"]);
    let exceeds = |group| Err(CreditFault::ExceedsOriginal { group });
    assert_eq!(admit(&one, &returned(&[("RICE", "1", "0.01", "reduced_vat")])), exceeds(0));
    assert_eq!(admit(&one, &returned(&[salt, ("RICE", "1", "0.01", "reduced_vat")])), exceeds(1));
    assert_eq!(admit(&one, &returned(&[("SALT", "1", "100.01", "exempt")])), exceeds(0));
    let both = admit(&one, &returned(&[salt])).unwrap();
    assert_eq!(left(&both), ["reduced_vat 0.00 0.00", "exempt 0.00 0.00"]);
}

#[test]
fn a_group_that_was_not_sold_cannot_be_credited() {
    let account = account(&sale(&[("SALT", "1", "100.00", "exempt")]));
    let oil = ("OIL", "1", "0.01", "reduced_vat");
    assert_eq!(admit(&account, &returned(&[oil])), EXCEEDS);
    let second = admit(&account, &returned(&[("SALT", "1", "1.00", "exempt"), oil]));
    assert_eq!(second, Err(CreditFault::ExceedsOriginal { group: 1 }));
}

#[test]
fn returns_and_corrections_share_the_limit() {
    let line: Line = ("A", "1", "60.00", "exempt");
    let sold = sale(&[("A", "1", "100.00", "exempt")]);
    for first in [CreditNature::Return, CreditNature::Correction] {
        let one = admit(&account(&sold), &note(first, &[line])).unwrap();
        for second in [CreditNature::Return, CreditNature::Correction] {
            assert_eq!(admit(&one, &note(second, &[line])), EXCEEDS);
            assert!(admit(&one, &note(second, &[("A", "1", "40.00", "exempt")])).is_ok());
        }
    }
}

#[test]
fn tax_that_each_note_rounds_up_may_exceed_by_centimes() {
    // One tenth at 5 % is half a centime of tax: rounded up ten times, and once on the original.
    let tenth: Line = ("A", "1", "0.10", "reduced_vat");
    let sold = sale(&[("A", "10", "0.10", "reduced_vat")]);
    let nine = after(&sold, &[tenth; 9]);
    assert_eq!(left(&nine), ["reduced_vat 0.10 -0.04"]);
    let ten = admit(&nine, &returned(&[tenth])).unwrap();
    assert_eq!(left(&ten), ["reduced_vat 0.00 -0.05"]);
    assert_eq!(admit(&ten, &returned(&[("A", "1", "0.01", "reduced_vat")])), EXCEEDS);
}

#[test]
fn base_and_tax_that_each_note_takes_out_of_prices_may_exceed_by_centimes() {
    for (price, sold, taken) in [("0.03", "0.26 0.04", "-0.04 0.04"), ("0.04", "0.34 0.06", "0.04 -0.04")] {
        let tenth: Line = ("A", "1", price, "standard_vat");
        let whole = sale(&[("A", "10", price, "standard_vat")]).ttc();
        assert_eq!(left(&account(&whole)), [format!("standard_vat {sold}")]);
        let ten = after(&whole, &[tenth; 10]);
        assert_eq!(left(&ten), [format!("standard_vat {taken}")]);
        assert_eq!(admit(&ten, &returned(&[("A", "1", "0.01", "standard_vat")]).ttc()), EXCEEDS);
    }
}

#[test]
fn the_largest_sale_can_be_returned_and_voided_in_full() {
    let largest: Line = ("A", "1", "9999999999999.99", "exempt");
    for mode in PriceMode::ALL {
        let sold = account(&Paper { mode: Some(*mode), ..sale(&[largest]) });
        for nature in [CreditNature::Return, CreditNature::Void] {
            let whole = Paper { mode: Some(*mode), ..note(nature, &[largest]) };
            assert!(admit(&sold, &whole).is_ok(), "{nature:?} {mode:?}");
        }
    }
}

/// Base and tax in centimes, by group.
type Sums = BTreeMap<&'static str, (i64, i64)>;

fn sums(paper: &Paper) -> Sums {
    let groups = paper.groups().into_iter();
    let centimes = |amount: rust_decimal::Decimal| (amount * rust_decimal::Decimal::ONE_HUNDRED).to_i64();
    groups.map(|(code, _, base, tax)| (code, (centimes(base).unwrap(), centimes(tax).unwrap()))).collect()
}

fn plus(sums: &Sums, more: &Sums) -> Sums {
    let mut sums = sums.clone();
    for (code, (base, tax)) in more {
        let sum = sums.entry(code).or_default();
        *sum = (sum.0 + base, sum.1 + tax);
    }
    sums
}

/// What the price mode fixes.
fn fixed(mode: PriceMode, (base, tax): (i64, i64)) -> i64 {
    if mode == PriceMode::Exclusive { base } else { base + tax }
}

fn any_sale() -> impl Strategy<Value = Paper> {
    let group = prop::sample::select(&["standard_vat", "reduced_vat", "exempt"][..]);
    let line = (1_i64..=4_000, 0_i64..=300, group).prop_map(|(quantity, price, group)| PaperLine {
        code: "A".to_owned(),
        quantity,
        price,
        group,
    });
    let mode = prop::option::of(prop::sample::select(PriceMode::ALL));
    (vec(line, 1..6), mode).prop_map(|(lines, mode)| Paper { mode, lines, ..sale(&[]) })
}

/// A note of some lines of a sale, a part of each in thousandths of what was sold.
fn part_of(sale: &Paper, picks: &[(Index, i64)]) -> Paper {
    let lines = picks.iter().map(|(index, part)| {
        let line = index.get(&sale.lines);
        PaperLine { quantity: (line.quantity * part + 999) / 1_000, ..line.clone() }
    });
    Paper { mode: sale.mode, lines: lines.collect(), ..returned(&[]) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn partial_notes_never_take_back_more_than_was_sold(
        sale in any_sale(),
        notes in vec(vec((any::<Index>(), 1_i64..=1_000), 1..4), 1..24),
    ) {
        let (sold, mode) = (sums(&sale), sale.mode.unwrap_or_default());
        let (mut account, mut taken, mut count) = (account(&sale), Sums::new(), 0);
        for picks in &notes {
            let note = part_of(&sale, picks);
            let wanted = plus(&taken, &sums(&note));
            let within = wanted.iter().all(|(code, sum)| fixed(mode, *sum) <= fixed(mode, sold[code]));
            let admitted = admit(&account, &note);
            prop_assert_eq!(admitted.is_ok(), within, "{:?}", admitted);
            let Ok(after) = admitted else { continue };
            (account, taken, count) = (after, wanted, count + 1);
            for (code, (base, tax)) in &taken {
                let of_sale = sold[code];
                prop_assert!(fixed(mode, (*base, *tax)) <= fixed(mode, of_sale));
                prop_assert!(*base <= of_sale.0 + count && *tax <= of_sale.1 + count);
            }
        }
        for balance in account.balances() {
            let (code, of_sale) = sold.get_key_value(balance.code.as_str()).unwrap();
            let of_notes = taken.get(code).copied().unwrap_or_default();
            let left = (balance.left.base.centimes(), balance.left.tax.centimes());
            prop_assert_eq!(left, (of_sale.0 - of_notes.0, of_sale.1 - of_notes.1));
        }
    }

    #[test]
    fn a_sale_can_be_returned_corrected_or_voided_in_one_note(sale in any_sale()) {
        for nature in [CreditNature::Return, CreditNature::Correction, CreditNature::Void] {
            let whole = Paper { mode: sale.mode, lines: sale.lines.clone(), ..note(nature, &[]) };
            prop_assert!(Validated::read(whole.payload().as_bytes()).is_ok());
            let after = admit(&account(&sale), &whole).unwrap();
            prop_assert!(left(&after).iter().all(|balance| balance.ends_with(" 0.00 0.00")));
        }
    }
}
