use crate::finding::Rule;

/// Why the ledger flagged a record, and so which faults of it are none (L6). A cause that this version does not know
/// excuses nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Causes(u32);

const NAMES: [&str; 17] = [
    "signature_false",
    "body_differs",
    "certificate_missing",
    "certificate_not_yet",
    "certificate_expired",
    "key_ended",
    "payload_invalid",
    "facts_differ",
    "nif_differs",
    "time_back",
    "counter_back",
    "number_not_next",
    "not_holder",
    "after_close",
    "epoch_over",
    "hand_over_unknown",
    "credit_exceeds",
];

impl Causes {
    pub(crate) fn read(names: &[String]) -> Self {
        let bit = |name: &String| NAMES.iter().position(|known| known == name).map_or(0, |at| 1 << at);
        Self(names.iter().map(bit).fold(0, std::ops::BitOr::bitor))
    }

    pub(crate) const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    fn has(self, names: &[&str]) -> bool {
        let is_named = |at: usize| self.0 & 1 << at != 0;
        NAMES.iter().enumerate().any(|(at, name)| is_named(at) && names.contains(name))
    }

    /// Whether what it seals may be missing.
    pub(crate) fn excuse_no_body(self) -> bool {
        self.has(&["body_differs"])
    }

    /// Whether its number may be out of the line.
    pub(crate) fn excuse_number(self) -> bool {
        self.has(&["number_not_next", "not_holder", "after_close", "epoch_over"])
    }

    /// Whether the record may break a rule. What was changed since, or cannot stand in a chain, nothing excuses.
    pub(crate) fn excuse(self, rule: Rule) -> bool {
        match rule {
            Rule::SignatureFalse | Rule::SignatureForm | Rule::SignatureHighS => {
                self.has(&["signature_false"])
            }
            Rule::Payload(_) => self.has(&["payload_invalid"]),
            // The header is held against a payload that keeps the rules only.
            Rule::FactOutlet
            | Rule::FactNif
            | Rule::FactType
            | Rule::FactTotal
            | Rule::FactVat
            | Rule::FactCurrency
            | Rule::FactItems => self.has(&["facts_differ", "payload_invalid"]),
            Rule::NifChanged | Rule::NifMismatch => self.has(&["nif_differs"]),
            Rule::BeforeFirst => self.has(&["certificate_missing", "certificate_not_yet"]),
            Rule::AfterLast => self.has(&["certificate_expired", "key_ended"]),
            Rule::AfterRevocation => self.has(&["key_ended", "epoch_over"]),
            Rule::TimeBack => self.has(&["time_back"]),
            Rule::CounterBack => self.has(&["counter_back"]),
            Rule::NumberGap | Rule::NumberTwice | Rule::NumberMissing => self.excuse_number(),
            Rule::SealedAfterClose | Rule::SealedStandingBy => {
                self.has(&["after_close", "not_holder", "epoch_over"])
            }
            Rule::NoHandOver => self.has(&["not_holder", "after_close", "epoch_over", "hand_over_unknown"]),
            Rule::HandOverForm
            | Rule::HandOverMismatch
            | Rule::HandOverSigner
            | Rule::HandOverNumber
            | Rule::CloseUnknown
            | Rule::CloseTwice => self.has(&["hand_over_unknown"]),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str]) -> Causes {
        Causes::read(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_cause_excuses_what_it_says_and_nothing_else() {
        let excused = |name: &str| -> Vec<Rule> {
            Rule::OWN.iter().copied().filter(|rule| of(&[name]).excuse(*rule)).collect()
        };
        assert_eq!(excused("time_back"), [Rule::TimeBack]);
        assert_eq!(excused("body_differs"), []);
        assert_eq!(excused("something_later"), []);
        assert!(excused("signature_false").contains(&Rule::SignatureFalse));
        for name in NAMES {
            for never in [Rule::PayloadHash, Rule::ChainBroken, Rule::PositionGap, Rule::AnchorDiffers] {
                assert!(!of(&[name]).excuse(never), "{name} {never:?}");
            }
            assert_eq!(of(&[name]).excuse(Rule::SignatureFalse), name == "signature_false");
            assert_eq!(of(&[name]).excuse_no_body(), name == "body_differs");
        }
    }

    #[test]
    fn two_causes_excuse_what_each_does() {
        let both = of(&["time_back"]).and(of(&["counter_back", "other"]));
        assert!(both.excuse(Rule::TimeBack) && both.excuse(Rule::CounterBack));
        assert!(!both.excuse(Rule::NumberGap));
    }
}
