//! Figures that a closure states wrongly, one at a time.

use fiscal::EventKind;
use verify::Rule;

use super::{
    key,
    till::{PAYLOADS, Till},
};

pub struct Lie {
    pub rule: Rule,
    /// The member that the finding names.
    pub member: &'static str,
    pub from: &'static str,
    pub to: &'static str,
}

const fn lie(rule: Rule, member: &'static str, from: &'static str, to: &'static str) -> Lie {
    Lie { rule, member, from, to }
}

/// Each is told of [`days`].
pub const LIES: &[Lie] = &[
    lie(Rule::ClosureForm, "", r#"{"period""#, r#"{ "period""#),
    lie(Rule::ClosureForm, "", r#""closure":2,"#, ""),
    lie(Rule::ClosureForm, "", r#""closure":2,"#, r#""closure":2,"closure":2,"#),
    lie(Rule::ClosureForm, "", r#""closure":2,"#, r#""closure":2,"note":"","#),
    lie(Rule::ClosureForm, "", r#""closure":2,"#, r#""closure":"2","#),
    lie(Rule::ClosureForm, "", r#""sequence_start":3,"#, ""),
    lie(Rule::ClosureForm, "", r#""vat":"22169.02""#, r#""vat":"22169.0""#),
    lie(Rule::ClosureForm, "", r#""nature":"RRR""#, r#""nature":"rrr""#),
    lie(Rule::ClosureForm, "", r#""period":"2026-02-06""#, r#""period":"2026-02-30""#),
    lie(Rule::ClosureForm, "", r#""period":"2026-02-06""#, r#""period":"2026-02-0\u0036""#),
    lie(Rule::ClosureNumber, "closure", r#""closure":2"#, r#""closure":1"#),
    lie(Rule::ClosureNumber, "closure", r#""closure":2"#, r#""closure":3"#),
    lie(Rule::ClosurePeriod, "period", r#""period":"2026-02-06""#, r#""period":"2026-02-04""#),
    lie(Rule::ClosurePeriod, "period", r#""period":"2026-02-06""#, r#""period":"2026-02-08""#),
    lie(Rule::ClosureDays, "first_day", r#""first_day":"2026-02-05""#, r#""first_day":"2026-02-04""#),
    lie(Rule::ClosureDays, "last_day", r#""last_day":"2026-02-06""#, r#""last_day":"2026-02-05""#),
    lie(Rule::ClosurePositions, "position_start", r#""position_start":5"#, r#""position_start":6"#),
    lie(Rule::ClosurePositions, "position_start", r#""position_start":5"#, r#""position_start":1"#),
    lie(Rule::ClosurePositions, "position_end", r#""position_end":17"#, r#""position_end":16"#),
    lie(Rule::ClosureNumbers, "sequence_start", r#""sequence_start":3"#, r#""sequence_start":4"#),
    lie(Rule::ClosureNumbers, "sequence_end", r#""sequence_end":14"#, r#""sequence_end":13"#),
    lie(Rule::ClosureNumbers, "sequence_end", r#""sequence_end":14"#, r#""sequence_end":null"#),
    lie(Rule::ClosureGroups, "totals[0]", r#""rate":"0.16""#, r#""rate":"0.160""#),
    lie(
        Rule::ClosureGroups,
        "totals[0]",
        r#""tax_group":"standard_vat""#,
        r#""tax_group":"public_contract""#,
    ),
    lie(Rule::ClosureGroups, "totals[3]", r#""invoice_type":"export""#, r#""invoice_type":"sale""#),
    lie(Rule::ClosureGroups, "totals[4]", r#""nature":"RRR""#, r#""nature":"RAN""#),
    lie(Rule::ClosureBase, "totals[1].base", r#""base":"91000.00""#, r#""base":"90999.99""#),
    lie(Rule::ClosureVat, "totals[1].vat", r#""vat":"4550.00""#, r#""vat":"4549.99""#),
    lie(Rule::ClosureVat, "currencies[0].vat", r#""vat":"22549.09""#, r#""vat":"22549.10""#),
    lie(Rule::ClosureCount, "totals[0].count", r#""nature":null,"count":4"#, r#""nature":null,"count":3"#),
    lie(Rule::ClosureCount, "currencies[1].count", r#""count":3}],"closure""#, r#""count":4}],"closure""#),
    lie(Rule::ClosureCurrencies, "currencies[0]", r#"[{"currency":"CDF","#, r#"[{"currency":"EUR","#),
    lie(Rule::ClosureSales, "currencies[0].sales", r#""sales":"1758825.36""#, r#""sales":"1758825.35""#),
    lie(Rule::ClosureReturns, "currencies[1].returns", r#""returns":"-1056.34""#, r#""returns":"0.00""#),
    lie(Rule::ClosureVoids, "currencies[0].voids", r#""voids":"-116.00""#, r#""voids":"-116.01""#),
    lie(Rule::ClosureNet, "currencies[1].net", r#""net":"121409.00""#, r#""net":"12140.90""#),
    lie(Rule::ClosureSkipped, "counter_skipped", r#""counter_skipped":3"#, r#""counter_skipped":0"#),
];

/// Two days of a device, of which the first is closed. Every closure so far is true.
pub fn days() -> Till {
    let mut till = Till::provisioned(key(1));
    till.sell(&super::sale(1), "2026-02-04T10:00:00");
    till.sell(&super::sale(2), "2026-02-04T22:59:59");
    till.close("2026-02-05T05:00:00");
    for payload in &PAYLOADS[..6] {
        // Past midnight in Kinshasa.
        till.sell(payload, "2026-02-05T06:00:00");
    }
    till.skip(3);
    till.event(EventKind::Recovery, "{}", "2026-02-05T07:00:00");
    for payload in &PAYLOADS[6..] {
        till.sell(payload, "2026-02-05T23:00:00");
    }
    till
}

/// Those days, closed by what someone says.
pub fn closed_with(lie: &Lie) -> Till {
    let mut till = days();
    let body = till.body();
    assert!(body.contains(lie.from), "{} is not in {body}", lie.from);
    till.close_as(&body.replacen(lie.from, lie.to, 1), "2026-02-07T08:00:00");
    till
}
