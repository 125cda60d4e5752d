//! Every invoice of the example day and of the vectors.

use std::{fs, path::Path};

use fiscal::{Invoice, UtcOffset};

use super::{Sealed, paid};
use crate::{Comparison, MappingFault, Tolerance, compare};

fn files(folder: &str) -> impl Iterator<Item = String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let is_payload = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.ends_with(".json") && !name.starts_with("invalid")
    };
    paths
        .into_iter()
        .filter(move |path| is_payload(path))
        .map(|path| String::from_utf8(fs::read(path).unwrap()).unwrap())
}

#[test]
fn an_authority_that_computes_from_the_request_alone_comes_to_our_amounts() {
    let (mut mapped, mut foreign, mut notes) = (0, 0, 0);
    for payload in files("../../examples/day").chain(files("../../vectors/canonical")) {
        let Ok(invoice) = Invoice::read(payload.as_bytes()) else { continue };
        let day = invoice.timestamp.date_at(UtcOffset::KINSHASA);
        let sealed = Sealed::canonical(payload.clone(), day);
        if fiscal::Validated::read(payload.as_bytes()).is_err() {
            continue;
        }
        let expected = match sealed.expected() {
            Ok(expected) => expected,
            // Some vectors have groups and rates that no manifest has.
            Err(MappingFault::GroupUnknown { .. } | MappingFault::TwoRates { .. }) => continue,
            Err(fault) => panic!("{fault} {payload}"),
        };
        let rates_are_usual = invoice.tax_groups.iter().all(|group| {
            fiscal::DEFAULT_MANIFEST
                .group_on(group.code, day)
                .is_some_and(|entry| entry.rate.same_value(group.rate))
        });
        if !rates_are_usual {
            continue;
        }
        assert_eq!(compare(&expected, &sealed.answer(), Tolerance::default()), Comparison::Same, "{payload}");
        assert_eq!(paid(&sealed.text()), expected.total.into(), "{payload}");
        mapped += 1;
        foreign += usize::from(invoice.annex.exchange.is_some());
        notes += usize::from(invoice.invoice_type.is_credit());
    }
    assert!(mapped >= 40 && foreign >= 3 && notes >= 6, "{mapped} {foreign} {notes}");
}
