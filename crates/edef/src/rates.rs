use fiscal::{CivilDate, DgiLetter, GroupCode, Manifest, Rate};

use crate::{Figure, TaxGroups};

/// A rate on which the authority and our manifest differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateDifference {
    /// The authority's group.
    pub letter: DgiLetter,
    /// Our group and its rate; none where the manifest has no group of that letter.
    pub ours: Option<(GroupCode, Rate)>,
    /// The authority's rate in percent; none where it has none.
    pub theirs: Option<Figure>,
}

/// Every rate on which the authority and a manifest differ on a day, in the order of the letters.
pub fn compare_rates(groups: &TaxGroups, manifest: &Manifest<'_>, day: CivilDate) -> Vec<RateDifference> {
    let mut differences = Vec::new();
    for (letter, theirs) in groups.0.iter() {
        let held = held_on(manifest, letter, day);
        if held.is_empty() && theirs.is_some() {
            differences.push(RateDifference { letter, ours: None, theirs: *theirs });
        }
        for (code, rate) in held {
            if *theirs != percent(rate) {
                differences.push(RateDifference { letter, ours: Some((code, rate)), theirs: *theirs });
            }
        }
    }
    differences
}

/// The groups of a letter that hold on a day, once each.
fn held_on(manifest: &Manifest<'_>, letter: DgiLetter, day: CivilDate) -> Vec<(GroupCode, Rate)> {
    let mut held: Vec<(GroupCode, Rate)> = Vec::new();
    for entry in manifest.groups {
        if held.iter().any(|(code, _)| *code == entry.code) {
            continue;
        }
        let on_day = manifest.group_on(entry.code, day).filter(|on_day| on_day.letter == letter);
        held.extend(on_day.map(|on_day| (on_day.code, on_day.rate)));
    }
    held
}

/// `0.16` is 16.
fn percent(rate: Rate) -> Option<Figure> {
    let fraction: Figure = rate.to_string().parse().ok()?;
    Some(Figure::from_millionths(fraction.millionths() * 100))
}

#[cfg(test)]
mod tests {
    use fiscal::DEFAULT_MANIFEST;

    use super::*;

    const LIVE: &str = r#"{"a":0,"b":16,"c":5,"d":0,"e":0,"f":16,"g":5,"h":0,"i":0,"j":0,"k":0,"l":0,"m":0,"n":0,"o":1,"p":1}"#;

    fn differences(body: &str) -> Vec<(char, Option<String>, Option<String>)> {
        let groups = TaxGroups::read(body).unwrap();
        let differences = compare_rates(&groups, &DEFAULT_MANIFEST, "2026-02-04".parse().unwrap());
        let told = |difference: RateDifference| {
            let ours = difference.ours.map(|(code, rate)| format!("{code} {rate}"));
            (difference.letter.as_char(), ours, difference.theirs.map(|theirs| theirs.to_string()))
        };
        differences.into_iter().map(told).collect()
    }

    #[test]
    fn the_rates_of_a_live_account_are_those_of_the_manifest() {
        assert_eq!(differences(LIVE), []);
    }

    #[test]
    fn each_rate_that_differs_is_named() {
        let body = LIVE.replace("\"c\":5", "\"c\":8").replace(",\"p\":1", "");
        assert_eq!(
            differences(&body),
            [
                ('C', Some("reduced_vat 0.05".to_owned()), Some("8.00".to_owned())),
                ('P', Some("reserved_p 0.01".to_owned()), None),
            ]
        );
    }

    #[test]
    fn before_the_manifest_begins_every_rate_of_the_authority_is_new() {
        let groups = TaxGroups::read(LIVE).unwrap();
        let differences = compare_rates(&groups, &DEFAULT_MANIFEST, "1999-01-01".parse().unwrap());
        assert_eq!(differences.len(), 16);
        assert!(differences.iter().all(|difference| difference.ours.is_none()));
    }
}
