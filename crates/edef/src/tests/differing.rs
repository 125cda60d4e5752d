//! What is the same, what is near, and what is not.

use fiscal::Amount;
use serde_json::{Value, json};

use super::{Sealed, item, sale};
use crate::{Comparison, Requested, Tolerance, compare};

/// 100.00 in B, 116.00 with its tax, and 10.00 in A.
fn answer() -> Value {
    json!({"uid": "1", "taa": 10, "haa": 10, "vaa": 0, "tab": 116, "hab": 100, "vab": 16, "total": 126, "vtotal": 16})
}

fn compared(answer: &Value) -> Comparison {
    let sealed =
        Sealed::new(&sale(json!([item("1", "100.00", "standard_vat"), item("1", "10.00", "exempt")])));
    compare(&sealed.expected().unwrap(), &Requested::read(&answer.to_string()).unwrap(), Tolerance::default())
}

fn told(comparison: &Comparison) -> Vec<String> {
    comparison.differences().iter().map(ToString::to_string).collect()
}

#[test]
fn the_same_amounts_are_the_same_however_they_are_written() {
    assert_eq!(compared(&answer()), Comparison::Same);
    for (member, value) in [
        ("vab", json!("16.00")),
        ("total", json!("126.000")),
        ("vap", json!(0)),
        ("ts", json!("0")),
        ("hab", Value::Null),
        ("haa", json!(0)),
    ] {
        let mut answer = answer();
        answer[member] = value;
        assert_eq!(compared(&answer), Comparison::Same, "{member}");
    }
}

#[test]
fn a_centime_is_within_the_tolerance_and_stays_visible() {
    let mut answer = answer();
    answer["vab"] = json!("16.01");
    let comparison = compared(&answer);
    assert!(matches!(comparison, Comparison::Within(_)));
    assert_eq!(told(&comparison), ["B vat: 16.00, authority 16.01"]);
    answer["vab"] = json!("16.0000004");
    assert_eq!(compared(&answer), Comparison::Same);
    answer["vab"] = json!("16.004");
    assert_eq!(told(&compared(&answer)), ["B vat: 16.00, authority 16.004"]);
}

#[test]
fn the_whole_may_differ_by_a_centime_for_each_group_that_does() {
    let mut answer = answer();
    for (member, value) in [("vab", "16.01"), ("tab", "116.01"), ("taa", "10.01"), ("total", "126.02")] {
        answer[member] = json!(value);
    }
    assert!(matches!(compared(&answer), Comparison::Within(_)));
    answer["total"] = json!("126.03");
    assert!(matches!(compared(&answer), Comparison::Beyond(_)));
    (answer["total"], answer["taa"]) = (json!("126.01"), json!("10.02"));
    assert!(matches!(compared(&answer), Comparison::Beyond(_)), "a group has its own tolerance");
}

#[test]
fn each_amount_that_differs_by_more_is_named() {
    for (member, value, text) in [
        ("vab", "16.011", "B vat: 16.00, authority 16.011"),
        ("hab", "99.98", "B net: 100.00, authority 99.98"),
        ("tab", "117", "B total: 116.00, authority 117.00"),
        ("haa", "9", "A net: 10.00, authority 9.00"),
        ("vaa", "1", "A vat: 0.00, authority 1.00"),
        ("tac", "5", "C total: 0.00, authority 5.00"),
        ("vap", "0.02", "P vat: 0.00, authority 0.02"),
        ("total", "126.02", "total: 126.00, authority 126.02"),
        ("vtotal", "-16", "vat: 16.00, authority -16.00"),
        ("ts", "3", "specific: 0.00, authority 3.00"),
    ] {
        let mut answer = answer();
        answer[member] = json!(value);
        let comparison = compared(&answer);
        assert!(matches!(comparison, Comparison::Beyond(_)), "{member}");
        assert_eq!(told(&comparison), [text], "{member}");
    }
}

#[test]
fn one_large_difference_brings_the_small_ones_with_it() {
    let mut answer = answer();
    answer["vab"] = json!("16.01");
    answer["total"] = json!("130");
    let comparison = compared(&answer);
    assert!(matches!(comparison, Comparison::Beyond(_)));
    assert_eq!(comparison.differences().len(), 2);
}

#[test]
fn a_group_that_the_authority_leaves_out_is_a_difference() {
    let mut answer = answer();
    for member in ["taa", "haa", "vaa"] {
        answer[member] = Value::Null;
    }
    let comparison = compared(&answer);
    assert!(matches!(comparison, Comparison::Beyond(_)));
    assert_eq!(told(&comparison), ["A total: 10.00, authority -"]);
}

#[test]
fn a_tolerance_is_at_most_five_centimes() {
    let of = |centimes| Tolerance::new(Amount::from_centimes(centimes).unwrap());
    assert_eq!(of(1), Some(Tolerance::default()));
    assert_eq!(of(5), Some(Tolerance::WIDEST));
    assert_eq!((of(6), of(-1)), (None, None));
}
