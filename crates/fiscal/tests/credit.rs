//! Which credit notes an original admits (D5): whose they are, on which terms, and what a void is.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

#[path = "support/notes.rs"]
mod notes;

use fiscal::{
    CreditAccount, CreditFault, CreditNature, Fault, InvoiceType, Original, PriceMode, Reason, Validated,
};
use notes::{Line, Paper, account, admit, admit_payload, identity, left, note, returned, sale};

const PEN: Line = ("PEN", "10", "100.00", "standard_vat");
const RICE: Line = ("RICE", "2", "45500.00", "reduced_vat");
const SALT: Line = ("SALT", "3", "250.00", "exempt");
const ONE_PEN: Line = ("PEN", "1", "100.00", "standard_vat");

fn void(lines: &[Line]) -> Paper {
    note(CreditNature::Void, lines)
}

fn code(result: Result<CreditAccount, CreditFault>) -> &'static str {
    result.expect_err("a note that is not admitted").code()
}

fn payload_fault(result: Result<CreditAccount, CreditFault>) -> (String, Reason) {
    match result {
        Err(CreditFault::Payload(Fault { path, reason })) => (path.to_string(), reason),
        other => panic!("{other:?}"),
    }
}

fn edited(note: &Paper, from: &str, to: &str) -> String {
    let payload = note.payload();
    assert!(payload.contains(from), "{from} is not in {payload}");
    payload.replacen(from, to, 1)
}

#[test]
fn a_note_finds_its_original_by_every_part_of_its_identity() {
    let original = account(&sale(&[PEN]));
    let note = returned(&[ONE_PEN]);
    assert!(admit(&original, &note).is_ok());
    for (from, to) in [
        (r#""invoice_seq":105"#, r#""invoice_seq":106"#),
        (r#""epoch":3"#, r#""epoch":2"#),
        (r#""RAM","outlet_id":"OUTLET-001""#, r#""RAM","outlet_id":"OUTLET-002""#),
        (r#""A1234567Z","outlet_id":"OUTLET-001""#, r#""A1234567Z","outlet_id":"OUTLET-002""#),
        ("A1234567Z", "B1234567Z"),
        ("0123456789ABCDEF", "0123456789ABCDEG"),
    ] {
        let stranger = admit_payload(&original, &edited(&note, from, to));
        assert_eq!(stranger, Err(CreditFault::OriginalNotFound), "{to}");
    }
    let both = note.payload().replace("OUTLET-001", "OUTLET-002");
    assert_eq!(admit_payload(&original, &both), Err(CreditFault::OriginalNotFound));
    assert_eq!(CreditFault::OriginalNotFound.code(), "ORIGINAL_NOT_FOUND");
}

#[test]
fn an_original_is_here_or_elsewhere_or_nowhere() {
    let (account, note) = (account(&sale(&[PEN])), returned(&[ONE_PEN]).payload());
    let with_voucher = note.replacen(
        "\"auth_code\":\"0123456789ABCDEF\"",
        "\"auth_code\":\"0123456789ABCDEF\",\"voucher\":\"v1\"",
        1,
    );
    let admit = |original: Original, note: &str| original.admit(&Validated::read(note.as_bytes()).unwrap());
    let after = account.admit(&Validated::read(note.as_bytes()).unwrap()).unwrap();
    assert_eq!(admit(Original::Here(account.clone()), &note).unwrap(), after);
    assert_eq!(admit(Original::Elsewhere(Some(account.clone())), &with_voucher).unwrap(), after);
    assert_eq!(code(admit(Original::Elsewhere(Some(account)), &note)), "ORIGINAL_ELSEWHERE");
    assert_eq!(code(admit(Original::Elsewhere(None), &with_voucher)), "ORIGINAL_ELSEWHERE");
    assert_eq!(code(admit(Original::Nowhere, &note)), "ORIGINAL_NOT_FOUND");
}

#[test]
fn a_note_has_the_exchange_rate_of_its_original() {
    let in_dollars = |paper: Paper| Paper { currency: "USD", ..paper };
    let original = account(&in_dollars(sale(&[PEN])));
    let note = in_dollars(returned(&[ONE_PEN]));
    assert!(admit(&original, &note).is_ok());
    let dearer = edited(&note, "\"rate\":\"1.0000\"", "\"rate\":\"2.0000\"").replace(
        "\"total\":\"-116.00\",\"total_vat\":\"-16.00\"}}",
        "\"total\":\"-232.00\",\"total_vat\":\"-32.00\"}}",
    );
    let fault = payload_fault(admit_payload(&original, &dearer));
    assert_eq!(fault, ("annex.exchange.rate".to_owned(), Reason::NoteExchangeRate));
}

#[test]
fn a_note_is_for_the_client_of_its_original() {
    let anonymous = "\"registration\":\"\",\"classification\":\"Individual\"";
    let company = "\"registration\":\"A0912345B\",\"classification\":\"Company\"";
    let of = |paper: &Paper, client: &str| edited(paper, anonymous, client);
    let open =
        |payload: String| CreditAccount::open(identity(), &Validated::read(payload.as_bytes()).unwrap());
    let sold_to_company = open(of(&sale(&[PEN]), company)).unwrap();
    let note = returned(&[ONE_PEN]);
    assert!(admit_payload(&sold_to_company, &of(&note, company)).is_ok());
    let stolen = payload_fault(admit_payload(&sold_to_company, &note.payload()));
    assert_eq!(stolen, ("client".to_owned(), Reason::NoteClient));
    let other = of(&note, &company.replace("A0912345B", "A0912345C"));
    assert_eq!(payload_fault(admit_payload(&sold_to_company, &other)).1, Reason::NoteClient);

    // Who bought without a name may give one when goods come back, but a void changes nothing.
    let sold_to_anyone = account(&sale(&[PEN]));
    assert!(admit_payload(&sold_to_anyone, &of(&note, company)).is_ok());
    let void_for_company = of(&void(&[PEN]), company);
    assert_eq!(payload_fault(admit_payload(&sold_to_anyone, &void_for_company)).1, Reason::VoidNotEqual);
}

#[test]
fn a_void_repeats_descriptions_and_units_too() {
    let original = account(&sale(&[PEN]));
    for (from, to) in [
        ("\"description\":\"x\"", "\"description\":\"y\""),
        ("\"taxable_unit\":\"u\"", "\"taxable_unit\":\"t\""),
    ] {
        let changed = edited(&void(&[PEN]), from, to);
        assert_eq!(payload_fault(admit_payload(&original, &changed)).1, Reason::VoidNotEqual, "{to}");
    }
}

#[test]
fn an_account_is_of_its_own_merchant_and_outlet() {
    let payload = sale(&[PEN]).payload();
    for (from, to) in [("A1234567Z", "B1234567Z"), ("OUTLET-001", "OUTLET-002")] {
        let stranger = payload.replacen(from, to, 1);
        let opened = CreditAccount::open(identity(), &Validated::read(stranger.as_bytes()).unwrap());
        assert_eq!(opened, Err(CreditFault::OriginalNotFound), "{to}");
    }
}

#[test]
fn a_voucher_admits_up_to_the_balance_that_it_states() {
    let original = account(&sale(&[PEN, SALT]));
    let after = admit(&original, &returned(&[("PEN", "7", "100.00", "standard_vat")])).unwrap();
    let voucher = CreditAccount::resume(*after.terms(), after.balances());
    assert_eq!(voucher, after);
    assert_eq!(left(&voucher), ["standard_vat 300.00 48.00", "exempt 750.00 0.00"]);
    let three = returned(&[("PEN", "3", "100.00", "standard_vat")]);
    assert_eq!(left(&admit(&voucher, &three).unwrap())[0], "standard_vat 0.00 0.00");
    let more = returned(&[("PEN", "3", "100.01", "standard_vat")]);
    assert_eq!(admit(&voucher, &more), Err(CreditFault::ExceedsOriginal { group: 0 }));
    assert_eq!(code(admit(&voucher, &returned(&[RICE]))), "CREDIT_EXCEEDS_ORIGINAL");
    assert_eq!(code(admit(&voucher, &void(&[PEN, SALT]))), "CREDIT_EXCEEDS_ORIGINAL");
}

#[test]
fn a_voucher_remembers_how_often_the_original_was_rounded_and_what_its_lines_are() {
    let cent: Line = ("CENT", "1", "0.04", "standard_vat");
    let ten = (0..10).fold(account(&sale(&[("CENT", "25", "0.04", "standard_vat")])), |account, _| {
        admit(&account, &returned(&[cent])).unwrap()
    });
    assert_eq!(left(&ten), ["standard_vat 0.60 0.06"]);
    let rest = returned(&[("CENT", "15", "0.04", "standard_vat")]);
    let voucher = CreditAccount::resume(*ten.terms(), ten.balances());
    assert_eq!(admit(&voucher, &rest), admit(&ten, &rest));
    assert!(admit(&voucher, &rest).is_ok());

    let untouched = account(&sale(&[PEN]));
    let voucher = CreditAccount::resume(*untouched.terms(), untouched.balances());
    let other_article = payload_fault(admit(&voucher, &void(&[("CAP", "10", "100.00", "standard_vat")])));
    assert_eq!(other_article, ("items".to_owned(), Reason::VoidNotEqual));
    assert!(admit(&voucher, &void(&[PEN])).is_ok());
}

#[test]
fn a_credit_note_is_no_original() {
    for kind in InvoiceType::ALL {
        let paper = if kind.is_credit() { returned(&[SALT]) } else { sale(&[SALT]) }.of_kind(*kind);
        let payload = paper.payload();
        let opened = CreditAccount::open(identity(), &Validated::read(payload.as_bytes()).unwrap());
        match opened {
            Ok(_) => assert!(!kind.is_credit(), "{kind:?}"),
            Err(fault) => assert!(kind.is_credit() && fault == CreditFault::OriginalNotFound, "{kind:?}"),
        }
    }
}

#[test]
fn an_export_is_credited_as_an_export_and_a_domestic_sale_as_such() {
    for original in InvoiceType::ALL.iter().filter(|kind| !kind.is_credit()) {
        let account = account(&sale(&[SALT]).of_kind(*original));
        for kind in [InvoiceType::CreditNote, InvoiceType::ExportCredit] {
            let admitted = admit(&account, &returned(&[SALT]).of_kind(kind));
            if kind.is_export() == original.is_export() {
                assert!(admitted.is_ok(), "{kind:?} of {original:?}");
            } else {
                let fault = ("invoice_type".to_owned(), Reason::NoteInvoiceType);
                assert_eq!(payload_fault(admitted), fault, "{kind:?} of {original:?}");
            }
        }
    }
}

#[test]
fn a_note_has_the_currency_the_price_mode_and_the_rates_of_its_original() {
    let original = account(&sale(&[PEN, SALT]));
    let dollars = Paper { currency: "USD", ..returned(&[ONE_PEN]) };
    let refused = payload_fault(admit(&original, &dollars));
    assert_eq!(refused, ("totals.currency".to_owned(), Reason::NoteCurrency));

    let refused = payload_fault(admit(&original, &returned(&[ONE_PEN]).ttc()));
    assert_eq!(refused, ("annex.price_mode".to_owned(), Reason::NotePriceMode));
    let refused = payload_fault(admit(&account(&sale(&[PEN]).ttc()), &returned(&[ONE_PEN])));
    assert_eq!(refused, ("annex.price_mode".to_owned(), Reason::NotePriceMode));

    let other_rate = Paper { standard_rate: "0.18", ..returned(&[SALT, ONE_PEN]) };
    let refused = payload_fault(admit(&original, &other_rate));
    assert_eq!(refused, ("tax_groups[1].rate".to_owned(), Reason::NoteRate));
    let lower_rate = Paper { standard_rate: "0.15", ..returned(&[ONE_PEN]) };
    let refused = payload_fault(admit(&original, &lower_rate));
    assert_eq!(refused, ("tax_groups[0].rate".to_owned(), Reason::NoteRate));
}

#[test]
fn a_note_may_write_the_same_terms_in_another_way() {
    let original = account(&sale(&[PEN]));
    let explicit = Paper { mode: Some(PriceMode::Exclusive), ..returned(&[ONE_PEN]) };
    let more_decimals = Paper { standard_rate: "0.1600", ..returned(&[ONE_PEN]) };
    for note in [explicit, more_decimals] {
        assert_eq!(left(&admit(&original, &note).unwrap()), ["standard_vat 900.00 144.00"]);
    }
    let dollars = account(&Paper { currency: "USD", ..sale(&[PEN]) });
    assert!(admit(&dollars, &Paper { currency: "USD", ..returned(&[PEN]) }).is_ok());
}

#[test]
fn a_rebate_has_no_account() {
    let rebate = returned(&[ONE_PEN]).payload();
    let from = rebate.find("{\"nature\"").unwrap();
    let rebate = format!("{}{{\"nature\":\"RRR\"}}}}", &rebate[..from]);
    let sale_account = account(&sale(&[PEN]));
    assert!(Validated::read(rebate.as_bytes()).is_ok());
    let refused = admit_payload(&sale_account, &rebate);
    assert_eq!(payload_fault(refused.clone()), ("reference".to_owned(), Reason::RebateWithOriginal));
    assert_eq!(code(refused), "SCHEMA_INVALID");
}

#[test]
fn a_void_repeats_its_original() {
    let lines = [PEN, RICE, SALT];
    for paper in [sale(&lines), sale(&lines).ttc()] {
        let original = account(&paper);
        let whole = Paper { mode: paper.mode, ..void(&lines) };
        let voided = admit(&original, &whole).unwrap();
        assert_eq!(left(&voided), ["standard_vat 0.00 0.00", "reduced_vat 0.00 0.00", "exempt 0.00 0.00"]);
    }
    let original = account(&sale(&lines));
    let with_decimals =
        edited(&void(&lines), r#""-10.000","unit_price":"100.00""#, r#""-10","unit_price":"100.0000""#);
    assert!(admit_payload(&original, &with_decimals).is_ok());
}

#[test]
fn a_void_that_differs_from_its_original_is_refused() {
    let original = account(&sale(&[PEN, RICE, SALT]));
    let different = [
        ("fewer pens", void(&[("PEN", "9", "100.00", "standard_vat"), RICE, SALT])),
        ("no salt", void(&[PEN, RICE])),
        ("one line", void(&[PEN])),
        ("pencils at the same price", void(&[("PENCIL", "10", "100.00", "standard_vat"), RICE, SALT])),
        ("half as many at twice the price", void(&[("PEN", "5", "200.00", "standard_vat"), RICE, SALT])),
        ("another order", void(&[RICE, PEN, SALT])),
        (
            "one line as two",
            void(&[
                ("PEN", "4", "100.00", "standard_vat"),
                ("PEN", "6", "100.00", "standard_vat"),
                RICE,
                SALT,
            ]),
        ),
        ("a free line more", void(&[PEN, RICE, SALT, ("BAG", "1", "0.00", "exempt")])),
    ];
    for (difference, void) in different {
        let refused = payload_fault(admit(&original, &void));
        assert_eq!(refused, ("items".to_owned(), Reason::VoidNotEqual), "{difference}");
    }
    let dearer = void(&[("PEN", "10", "100.01", "standard_vat"), RICE, SALT]);
    assert_eq!(admit(&original, &dearer), Err(CreditFault::ExceedsOriginal { group: 0 }));
}

#[test]
fn a_void_repeats_quantities_and_prices_even_where_sums_agree() {
    let (pen, cap, bag) =
        (ONE_PEN, ("CAP", "1", "50.00", "standard_vat"), ("BAG", "1", "0.00", "standard_vat"));
    let original = account(&sale(&[pen, cap, bag]));
    let dear_cap = ("CAP", "1", "100.00", "standard_vat");
    let cheap_pen = ("PEN", "1", "50.00", "standard_vat");
    for lines in [[pen, cap, ("BAG", "2", "0.00", "standard_vat")], [cheap_pen, dear_cap, bag]] {
        let refused = payload_fault(admit(&original, &void(&lines)));
        assert_eq!(refused, ("items".to_owned(), Reason::VoidNotEqual), "{lines:?}");
    }
    assert!(admit(&original, &void(&[pen, cap, bag])).is_ok());
}

#[test]
fn a_void_needs_an_untouched_original() {
    let original = account(&sale(&[PEN, SALT]));
    for touch in [ONE_PEN, PEN, SALT] {
        let touched = admit(&original, &returned(&[touch])).unwrap();
        assert_eq!(code(admit(&touched, &void(&[PEN, SALT]))), "CREDIT_EXCEEDS_ORIGINAL", "{touch:?}");
    }
    let touched = admit(&original, &returned(&[SALT])).unwrap();
    assert_eq!(code(admit(&touched, &void(&[PEN]))), "CREDIT_EXCEEDS_ORIGINAL");
    let bag = ("BAG", "1", "0.00", "exempt");
    let touched = admit(&account(&sale(&[PEN, bag])), &returned(&[bag])).unwrap();
    assert!(admit(&touched, &void(&[PEN, bag])).is_err(), "a free article is one too");
}

#[test]
fn a_void_of_a_touched_original_names_a_group_that_it_has() {
    let touched = admit(&account(&sale(&[PEN, SALT])), &returned(&[SALT])).unwrap();
    let refused = admit(&touched, &void(&[PEN]));
    assert!(!matches!(refused, Err(CreditFault::ExceedsOriginal { group: 1.. })), "{refused:?}");
}

#[test]
fn a_void_after_the_return_of_a_free_article_exceeds_its_original() {
    let bag = ("BAG", "1", "0.00", "exempt");
    let touched = admit(&account(&sale(&[PEN, bag])), &returned(&[bag])).unwrap();
    assert_eq!(code(admit(&touched, &void(&[PEN, bag]))), "CREDIT_EXCEEDS_ORIGINAL");
}

#[test]
fn after_a_void_there_is_nothing_for_any_note() {
    let voided = admit(&account(&sale(&[PEN, SALT])), &void(&[PEN, SALT])).unwrap();
    for nature in [CreditNature::Void, CreditNature::Return, CreditNature::Correction] {
        for lines in [&[PEN, SALT][..], &[ONE_PEN], &[RICE], &[("BAG", "1", "0.00", "exempt")]] {
            let refused = admit(&voided, &note(nature, lines));
            assert_eq!(refused, Err(CreditFault::AlreadyVoided), "{nature:?} {lines:?}");
        }
    }
    assert_eq!(CreditFault::AlreadyVoided.code(), "ALREADY_VOIDED");
}

#[test]
fn a_refused_note_leaves_the_account_as_it_was() {
    let account = admit(&account(&sale(&[PEN, RICE, SALT])), &returned(&[ONE_PEN])).unwrap();
    let before = account.clone();
    for refused in [
        returned(&[SALT, RICE, ("PEN", "10", "100.00", "standard_vat")]),
        returned(&[SALT, ("OIL", "1", "1.00", "guarantee")]),
        Paper { standard_rate: "0.18", ..returned(&[SALT, ONE_PEN]) },
        void(&[PEN, RICE, SALT]),
        void(&[RICE, SALT]),
    ] {
        assert!(admit(&account, &refused).is_err(), "{refused:?}");
        assert_eq!(account, before);
    }
    let rest = returned(&[("PEN", "9", "100.00", "standard_vat"), RICE, SALT]);
    assert!(admit(&account, &rest).is_ok());
}
