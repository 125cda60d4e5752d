//! The parent system's worked example: 1800 × 2 in B with 18 % included, and 450 × 3 in A.

use fiscal::{DEFAULT_MANIFEST, Manifest, ManifestGroup, Rate};
use serde_json::json;

use super::{Sealed, item, sale};
use crate::{Comparison, Requested, Tolerance, compare};

static PARENT: Manifest<'static> = Manifest {
    groups: &[
        DEFAULT_MANIFEST.groups[0],
        ManifestGroup { rate: Rate::percent(18), ..DEFAULT_MANIFEST.groups[1] },
    ],
};

/// As its specification answers it, in whole francs.
const ANSWER: &str = r#"{"uid":"6d4b9f0c-2f1c-4f7e-9f0a-1c2d3e4f5a6b","ta":0,"tb":18,"tc":0,"td":18,"taa":1350,"tab":3600,"tac":0,
    "tad":0,"tae":0,"taf":0,"hab":3051,"had":0,"vab":549,"vad":0,"aib":0,"ts":0,"total":4950,"vtotal":549,
    "errorCode":null,"errorDesc":null}"#;

fn example() -> Sealed {
    let mut draft = sale(json!([item("2", "1800.00", "standard_vat"), item("3", "450.00", "exempt")]));
    draft["annex"] = json!({"price_mode": "ttc"});
    Sealed::with(&draft, &PARENT)
}

#[test]
fn our_arithmetic_comes_to_the_same_to_the_nearest_franc() {
    let expected = example().expected().unwrap();
    let b = expected.groups["B".bytes().next().and_then(fiscal::DgiLetter::new).unwrap()].unwrap();
    assert_eq!((b.net.to_string(), b.vat.to_string()), ("3050.85".to_owned(), "549.15".to_owned()));
    assert_eq!(expected.total.to_string(), "4950.00");
}

#[test]
fn an_authority_that_rounds_to_whole_francs_is_seen_whatever_the_tolerance() {
    let answer = Requested::read(ANSWER).unwrap();
    for tolerance in [Tolerance::default(), Tolerance::WIDEST] {
        let Comparison::Beyond(differences) = compare(&example().expected().unwrap(), &answer, tolerance)
        else {
            panic!("whole francs were taken for the same")
        };
        let told: Vec<String> = differences.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "B net: 3050.85, authority 3051.00",
                "B vat: 549.15, authority 549.00",
                "vat: 549.15, authority 549.00"
            ]
        );
    }
}

#[test]
fn an_authority_that_computes_as_we_do_agrees() {
    let example = example();
    assert_eq!(
        compare(&example.expected().unwrap(), &example.answer(), Tolerance::default()),
        Comparison::Same
    );
}
