//! A closure's figures against those of its records.

use fiscal::Record;

use super::{
    body::{Closure, GroupKey, StatedCurrency, StatedGroup},
    days::Days,
    differences::Differences,
    sums::{Centimes, CurrencySum, GroupSum, Sums},
    tally::{Span, Tally},
};
use crate::finding::{Finding, Rule};

pub(super) struct Comparison {
    pub(super) findings: Vec<Finding>,
    pub(super) unchecked: bool,
    pub(super) zone_unknown: bool,
}

/// Compares what can be compared.
pub(super) fn compare(stated: &Closure, tally: &Tally, record: &Record) -> Comparison {
    let mut differences = Differences::default();
    if tally.doubtful() {
        // What is missing or changed was found already: that sums over it differ is no second lie.
        return Comparison { findings: Vec::new(), unchecked: true, zone_unknown: false };
    }
    if let Some(next) = tally.next_closure() {
        differences.check(Rule::ClosureNumber, "closure", stated.number, next);
    }
    let (Some(start), Some(end)) = (tally.span.start, tally.span.end) else {
        // The closure before was the record before; in a part of a journal, nobody knows.
        if tally.whole {
            differences.0.push(Rule::ClosureEmpty.into());
        }
        return Comparison { findings: differences.0, unchecked: !tally.whole, zone_unknown: false };
    };
    differences.check(Rule::ClosurePositions, "position_end", stated.positions.1, end.0);
    differences.check(Rule::ClosureHashes, "last_hash", stated.last_hash, end.1);
    let begins_before = !tally.whole && stated.positions.0 < start.0;
    if begins_before {
        return Comparison { findings: differences.0, unchecked: true, zone_unknown: false };
    }
    differences.check(Rule::ClosurePositions, "position_start", stated.positions.0, start.0);
    differences.check(Rule::ClosureHashes, "previous_hash", stated.previous_hash, start.1);
    compare_numbers(&mut differences, stated, &tally.span);
    compare_days(&mut differences, stated, tally, record);
    compare_sums(&mut differences, stated, &tally.span.sums);
    if let Some(skipped) = tally.span.skipped {
        differences.check(Rule::ClosureSkipped, "counter_skipped", stated.skipped, skipped);
    }
    let unchecked =
        tally.span.skipped.is_none() || tally.next_closure().is_none() || tally.span.sums.payload_absent;
    Comparison { findings: differences.0, unchecked, zone_unknown: tally.zone.is_none() }
}

fn compare_numbers(differences: &mut Differences, stated: &Closure, span: &Span) {
    let (first, last) = span.numbers.map(|(first, last)| (first.value(), last.value())).unzip();
    differences.check_option(Rule::ClosureNumbers, "sequence_start", stated.numbers.0, first);
    differences.check_option(Rule::ClosureNumbers, "sequence_end", stated.numbers.1, last);
}

fn compare_days(differences: &mut Differences, stated: &Closure, tally: &Tally, record: &Record) {
    let days = match tally.zone {
        Some(zone) => Days::of(&tally.span, record, zone),
        None => Days::guess(&tally.span, record, stated),
    };
    let Some(days) = days else { return };
    differences.check(Rule::ClosureDays, "first_day", stated.days.0, days.first);
    differences.check(Rule::ClosureDays, "last_day", stated.days.1, days.last);
    if !days.hold(stated.period) {
        let possible = format!("{} – {}", days.first, days.sealed);
        differences.note(Rule::ClosurePeriod, "period", stated.period, possible);
    }
}

fn compare_sums(differences: &mut Differences, stated: &Closure, sums: &Sums) {
    if sums.too_many {
        let counted = format!("> {}", Closure::MOST_ENTRIES);
        differences.note(Rule::ClosureGroups, "totals", stated.groups.len(), counted);
        return;
    }
    if !sums.payload_absent {
        compare_groups(differences, &stated.groups, &sums.groups);
    }
    compare_currencies(differences, &stated.currencies, &sums.currencies);
}

fn compare_groups(differences: &mut Differences, stated: &[StatedGroup], counted: &[GroupSum]) {
    for (at, (stated, counted)) in stated.iter().zip(counted).enumerate() {
        let (said, is) = (in_words(&stated.key), in_words(&counted.key));
        if said != is {
            // From here on, entries are of other groups.
            return differences.note(Rule::ClosureGroups, format!("totals[{at}]"), said, is);
        }
        let member = |name| format!("totals[{at}].{name}");
        differences.check(Rule::ClosureBase, member("base"), Centimes::from(stated.base), counted.base);
        differences.check(Rule::ClosureVat, member("vat"), Centimes::from(stated.vat), counted.vat);
        differences.check(Rule::ClosureCount, member("count"), stated.count, counted.count);
    }
    differences.check(Rule::ClosureGroups, "totals", stated.len(), counted.len());
}

/// What an entry is of, with the rate as it is written.
fn in_words(key: &GroupKey) -> String {
    let GroupKey { code, rate, currency, invoice_type, nature } = key;
    let nature = nature.map_or("null", super::nature::Nature::name);
    format!("{code} {rate} {currency} {} {nature}", invoice_type.name())
}

fn compare_currencies(differences: &mut Differences, stated: &[StatedCurrency], counted: &[CurrencySum]) {
    for (at, (stated, counted)) in stated.iter().zip(counted).enumerate() {
        if stated.currency != counted.currency {
            let member = format!("currencies[{at}]");
            return differences.note(Rule::ClosureCurrencies, member, stated.currency, counted.currency);
        }
        let mut check = |rule, name, stated, counted| {
            differences.check(rule, format!("currencies[{at}].{name}"), Centimes::from(stated), counted);
        };
        check(Rule::ClosureSales, "sales", stated.sales, counted.sales);
        if !counted.nature_unknown {
            check(Rule::ClosureReturns, "returns", stated.returns, counted.returns);
            check(Rule::ClosureVoids, "voids", stated.voids, counted.voids);
        }
        check(Rule::ClosureNet, "net", stated.net, counted.net());
        check(Rule::ClosureVat, "vat", stated.vat, counted.vat);
        differences.check(Rule::ClosureCount, format!("currencies[{at}].count"), stated.count, counted.count);
    }
    differences.check(Rule::ClosureCurrencies, "currencies", stated.len(), counted.len());
}
