//! The byte form of a credit account, and of what notes left of it (D5).

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

#[path = "support/notes.rs"]
mod notes;

use fiscal::{
    AccountFault, CreditAccount, CreditFault, CreditNature, CreditTerms, GroupAmounts, GroupBalance,
    InvoiceType, OriginalIdentity, Rate, limits,
};
use notes::{Line, Paper, PaperLine, account, admit, identity, note, returned, sale};
use proptest::{collection::vec, prelude::*, sample::Index};

const PEN: Line = ("PEN", "10", "100.00", "standard_vat");
const RICE: Line = ("RICE", "2", "45500.00", "reduced_vat");
const ONE_PEN: Line = ("PEN", "1", "100.00", "standard_vat");

/// Bytes before the groups of an account of `A1234567Z` at `OUTLET-001`: where single fields stand.
const NIF: usize = 1;
const TYPE: usize = 1 + 10 + 11 + 4 + 8 + 10;
const CURRENCY: usize = TYPE + 1;
const EXCHANGE: usize = CURRENCY + 3;
const MODE: usize = EXCHANGE + 8;
const NOTES: usize = MODE + 2 + 64;
const VOID: usize = NOTES + 4;
const GROUPS: usize = VOID + 1;

fn after(original: &Paper, notes: &[Line]) -> CreditAccount {
    notes.iter().fold(account(original), |account, line| {
        let note = Paper { mode: original.mode, ..returned(&[*line]) };
        admit(&account, &note).unwrap()
    })
}

/// What the account looks like after a way through either byte form.
fn ways(account: &CreditAccount, original: &Paper) -> [Result<CreditAccount, AccountFault>; 2] {
    [
        CreditAccount::from_bytes(&account.to_bytes()),
        notes::account(original).with_balances(&account.balances_to_bytes()),
    ]
}

fn changed(bytes: &[u8], at: usize, byte: u8) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] = byte;
    bytes
}

#[test]
fn the_layout_is_the_documented_one() {
    let bytes = after(&sale(&[PEN]), &[ONE_PEN]).to_bytes();
    assert_eq!(bytes[..NIF], [1]);
    assert_eq!(&bytes[NIF..22], b"\x09A1234567Z\x0AOUTLET-001");
    assert_eq!(bytes[22..34], [0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 105]);
    assert_eq!(bytes[34..TYPE], [0x00, 0x44, 0x32, 0x14, 0xC7, 0x42, 0x54, 0xB6, 0x35, 0xCF]);
    assert_eq!(&bytes[TYPE..MODE + 2], b"\x01CDF\0\0\0\0\0\0\0\0\x01\x01");
    assert_eq!(bytes[NOTES..=GROUPS], [0, 0, 0, 1, 0, 1]);
    let group =
        [&b"\x0Cstandard_vat\0\0\0\x10\x02"[..], &90_000_i64.to_be_bytes(), &14_400_i64.to_be_bytes()];
    assert_eq!(bytes[GROUPS + 1..], group.concat());

    let balances = after(&sale(&[PEN]), &[ONE_PEN]).balances_to_bytes();
    let expected = [&[1, 0, 0, 0, 1, 0, 1][..], &90_000_i64.to_be_bytes(), &14_400_i64.to_be_bytes()];
    assert_eq!(balances[..], expected.concat());
}

#[test]
fn a_voided_account_and_one_in_dollars_come_back() {
    let sold = sale(&[PEN, RICE]);
    let voided = admit(&account(&sold), &note(CreditNature::Void, &[PEN, RICE])).unwrap();
    assert_eq!(ways(&voided, &sold), [Ok(voided.clone()), Ok(voided.clone())]);
    let again = CreditAccount::from_bytes(&voided.to_bytes()).unwrap();
    assert_eq!(admit(&again, &returned(&[ONE_PEN])), Err(CreditFault::AlreadyVoided));
    let no_void = changed(&voided.balances_to_bytes(), 5, 0);
    assert_eq!(voided.with_balances(&no_void), Err(AccountFault::OtherOriginal), "a void stays");

    let dollars = Paper { currency: "USD", ..sale(&[PEN]) }.of_kind(InvoiceType::Export).ttc();
    let opened = account(&dollars);
    assert_eq!(ways(&opened, &dollars), [Ok(opened.clone()), Ok(opened.clone())]);
}

#[test]
fn the_largest_account_fills_its_bytes() {
    let group = |at: usize| GroupBalance {
        code: format!("{at:0>32}").parse().unwrap(),
        rate: "9.9999".parse::<Rate>().unwrap(),
        left: GroupAmounts { base: fiscal::Amount::MAX, tax: -fiscal::Amount::MAX },
    };
    let identity = OriginalIdentity {
        nif: "A23456789012345".parse().unwrap(),
        outlet: "o".repeat(20).parse().unwrap(),
        ..identity()
    };
    let terms = CreditTerms { identity, notes: u32::MAX, ..*account(&sale(&[PEN])).terms() };
    let largest = CreditAccount::resume(terms, (0..limits::GROUPS).map(group));
    let bytes = largest.to_bytes();
    assert_eq!(bytes.len(), CreditAccount::MAX_LENGTH);
    assert_eq!(CreditAccount::from_bytes(&bytes), Ok(largest.clone()));
    assert_eq!(largest.balances_to_bytes().len(), CreditAccount::BALANCES_MAX_LENGTH);

    let count = bytes.len() - limits::GROUPS * 54 - 1;
    let extra = [&changed(&bytes, count, 17)[..], &largest.to_bytes()[count + 1..count + 55]].concat();
    assert_eq!(CreditAccount::from_bytes(&extra), Err(AccountFault::Field("group")), "the first once more");
    let mut other = extra.clone();
    other[bytes.len() + 1] = b'x';
    assert_eq!(CreditAccount::from_bytes(&other), Err(AccountFault::Field("number of groups")));
}

#[test]
fn bytes_that_are_cut_or_followed_by_others_or_of_another_version_are_refused() {
    let sold = sale(&[PEN, RICE]);
    let account = after(&sold, &[ONE_PEN]);
    let (whole, balances) = (account.to_bytes(), account.balances_to_bytes());
    let opened = || notes::account(&sold);
    for length in 0..whole.len() {
        assert_eq!(CreditAccount::from_bytes(&whole[..length]), Err(AccountFault::Truncated), "{length}");
    }
    for length in 0..balances.len() {
        assert_eq!(opened().with_balances(&balances[..length]), Err(AccountFault::Truncated), "{length}");
    }
    let longer = [&whole[..], &[0]].concat();
    assert_eq!(CreditAccount::from_bytes(&longer), Err(AccountFault::TrailingBytes));
    let longer = [&balances[..], &[0]].concat();
    assert_eq!(opened().with_balances(&longer), Err(AccountFault::TrailingBytes));
    assert_eq!(CreditAccount::from_bytes(&changed(&whole, 0, 2)), Err(AccountFault::Version(2)));
    assert_eq!(opened().with_balances(&changed(&balances, 0, 0)), Err(AccountFault::Version(0)));
}

#[test]
fn a_field_that_cannot_be_is_named() {
    let bytes = after(&sale(&[PEN]), &[ONE_PEN]).to_bytes();
    for (at, byte, field) in [
        (NIF + 1, b'a', "NIF"),
        (NIF + 11, b' ', "outlet"),
        (26, 0xFF, "number"),
        (TYPE, 0, "invoice type"),
        (TYPE, 3, "invoice type"),
        (TYPE, 7, "invoice type"),
        (CURRENCY, b'c', "currency"),
        (CURRENCY, b'U', "exchange rate"),
        (EXCHANGE + 7, 1, "exchange rate"),
        (EXCHANGE, 0x80, "exchange rate"),
        (MODE, 0, "price mode"),
        (MODE, 3, "price mode"),
        (MODE + 1, 6, "class of client"),
        (VOID, 2, "void"),
        (NOTES + 3, 2, ""),
        (GROUPS + 2, b' ', "group"),
        (GROUPS + 1 + 13 + 4, 1, "rate"),
        (GROUPS + 1 + 13 + 5, 0x7F, "balance"),
    ] {
        let read = CreditAccount::from_bytes(&changed(&bytes, at, byte));
        match field {
            "" => assert!(read.is_ok()),
            field => assert_eq!(read, Err(AccountFault::Field(field)), "{at}"),
        }
    }
    let two_notes_and_void = changed(&changed(&bytes, NOTES + 3, 2), VOID, 1);
    assert_eq!(CreditAccount::from_bytes(&two_notes_and_void), Err(AccountFault::Field("void")));
}

#[test]
fn balances_of_another_original_or_more_than_there_was_are_refused() {
    let sold = sale(&[PEN, RICE]);
    let other = |bytes: &[u8]| account(&sold).with_balances(bytes) == Err(AccountFault::OtherOriginal);
    assert!(other(&account(&sale(&[PEN])).balances_to_bytes()), "one group and not two");
    assert!(other(&account(&sale(&[RICE, PEN])).balances_to_bytes()), "the groups in another order");
    let after_one = after(&sold, &[ONE_PEN]);
    let bytes = after_one.balances_to_bytes();
    let last = bytes.len() - 1;
    assert!(other(&changed(&bytes, 4, 0)), "no notes and yet less is left");
    assert!(other(&changed(&bytes, last, bytes[last] + 1)), "more tax left than there was");
    assert!(other(&changed(&bytes, 5, 1)), "void and yet something is left");
    let opened_bytes = account(&sold).balances_to_bytes();
    assert_eq!(
        after_one.clone().with_balances(&opened_bytes),
        Err(AccountFault::OtherOriginal),
        "fewer notes"
    );
    assert_eq!(after_one.clone().with_balances(&bytes), Ok(after_one));
}

/// A line of the original and how much of it comes back, in thousandths.
fn line() -> impl Strategy<Value = PaperLine> {
    let group = prop::sample::select(&["standard_vat", "reduced_vat", "exempt"][..]);
    ("[A-Z]{1,8}", 1_i64..50_000, 0_i64..1_000_000, group)
        .prop_map(|(code, quantity, price, group)| PaperLine { code, quantity, price, group })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn an_account_after_any_notes_comes_back_and_admits_the_same(
        lines in vec(line(), 1..6),
        notes in vec((any::<Index>(), 1_i64..50_000), 0..6),
        inclusive in any::<bool>(),
    ) {
        let sold = Paper { lines, ..sale(&[]) };
        let sold = if inclusive { sold.ttc() } else { sold };
        let mut account = account(&sold);
        for (line, quantity) in notes {
            let line = PaperLine { quantity, ..line.get(&sold.lines).clone() };
            let note = Paper { mode: sold.mode, lines: vec![line], ..returned(&[]) };
            let again = ways(&account, &sold);
            let next = admit(&account, &note);
            for again in again {
                prop_assert_eq!(again.as_ref(), Ok(&account));
                prop_assert_eq!(&admit(&again.unwrap(), &note), &next);
            }
            account = next.unwrap_or(account);
        }
        prop_assert_eq!(ways(&account, &sold), [Ok(account.clone()), Ok(account)]);
    }

    #[test]
    fn changed_balances_never_leave_more_than_the_original(at in any::<Index>(), byte in any::<u8>()) {
        let sold = sale(&[PEN, RICE]);
        let bytes = after(&sold, &[ONE_PEN]).balances_to_bytes();
        if let Ok(read) = account(&sold).with_balances(&changed(&bytes, at.index(bytes.len()), byte)) {
            for (left, sold) in read.balances().zip(account(&sold).balances()) {
                prop_assert!(left.left.base <= sold.left.base && left.left.tax <= sold.left.tax);
            }
        }
    }

    #[test]
    fn any_bytes_are_an_account_or_refused(mut bytes in vec(any::<u8>(), 1..400)) {
        bytes[0] = 1;
        if let Ok(account) = CreditAccount::from_bytes(&bytes) {
            prop_assert_eq!(&account.to_bytes()[..], &bytes[..]);
        }
    }
}
