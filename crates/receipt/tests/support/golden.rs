//! The texts of some receipts, to be compared with files of `tests/golden`.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

use std::{num::NonZeroU32, path::PathBuf};

use receipt::{Authority, AuthorityElements, Copy, Language, Origin, Print, Roll};

use crate::support::{authority, day, print};

/// Each file with what it has to hold.
pub(crate) fn files() -> Vec<(PathBuf, String)> {
    let day = day();
    let duplicate = Copy::Duplicate(NonZeroU32::MIN.saturating_add(1));
    let english = Print { language: Language::English, ..print() };
    let samples = [
        ("001-bread-and-eggs", Roll::Mm58, print()),
        ("010-solar-kit-usd", Roll::Mm80, Print { copy: duplicate, ..print() }),
        ("012-return-of-paint", Roll::Mm58, Print { copy: duplicate, ..english.clone() }),
        ("015-discounted-television", Roll::Mm80, print()),
        ("016-cash-in-two-currencies", Roll::Mm80, english),
        ("017-public-contract-cement", Roll::Mm58, print()),
    ];
    let file = |(name, roll, print): (&str, Roll, Print)| {
        let sold = day.iter().find(|sold| sold.name == name).unwrap();
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.txt"));
        (path, sold.receipt(&print).text(roll))
    };
    samples.into_iter().map(file).chain(with_authority()).collect()
}

/// Receipts with the authority's elements beside ours.
fn with_authority() -> Vec<(PathBuf, String)> {
    let english = Print { language: Language::English, ..print() };
    let typed =
        AuthorityElements { qr: None, date_time: None, counters: None, origin: Origin::Hand, ..authority() };
    let samples = [
        ("authority-given", Roll::Mm80, print(), Authority::Given(authority())),
        (
            "authority-test",
            Roll::Mm58,
            english,
            Authority::Given(AuthorityElements { is_test: true, ..authority() }),
        ),
        ("authority-typed", Roll::Mm58, print(), Authority::Given(typed)),
        ("authority-pending", Roll::Mm58, print(), Authority::Pending),
    ];
    let day = day();
    let file = |(name, roll, print, authority): (&str, Roll, Print, Authority)| {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.txt"));
        (path, day[0].receipt_with(&authority, &print).text(roll))
    };
    samples.into_iter().map(file).collect()
}
