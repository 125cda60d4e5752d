//! What a refusal of the ledger is to a client of HTTP.

use std::time::Duration;

use fiscal::{CreditFault, LinkFault};
use ledger::{Refusal, StoreFault};

use super::{Kind, Language, Problem};

/// After this time a temporary fault may be over.
const LATER: Duration = Duration::from_secs(5);

impl Problem {
    /// The problem that a refusal is. What is the operator's to know is in the log and not in it.
    pub(crate) fn of(refusal: &Refusal, language: Language) -> Self {
        match refusal {
            Refusal::Payload(fault) | Refusal::Credit(CreditFault::Payload(fault)) => {
                return Self::of_payload(fault, language);
            }
            _ => {}
        }
        let kind = kind(refusal);
        let mut problem = Self::new(kind, detail(refusal));
        if matches!(refusal, Refusal::Store(_) | Refusal::Signer(_)) {
            problem = problem.with_cause(refusal.to_string());
        }
        match refusal {
            Refusal::Busy { retry_after } => problem.with_retry_after(*retry_after),
            _ if refusal.is_temporary() => problem.with_retry_after(LATER),
            _ => problem,
        }
    }
}

/// The codes are the ledger's own, so that one table gives their status.
fn kind(refusal: &Refusal) -> Kind {
    Kind::of_code(refusal.code()).unwrap_or(Kind::Internal)
}

/// Sentences of a database or a token may name files, hosts and statements.
fn detail(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Store(StoreFault::Unavailable(_)) => {
            "the database cannot be reached now: send it again later".into()
        }
        Refusal::Store(StoreFault::Exists(_)) => refusal.to_string(),
        Refusal::Store(_) => "the database cannot be used: the operator has to look".into(),
        Refusal::Signer(fault) if fault.is_temporary() => {
            "the signer cannot be reached now: nothing was sealed, send it again later".into()
        }
        Refusal::Signer(_) => {
            "the signer cannot be used: nothing was sealed, the operator has to look".into()
        }
        Refusal::Link(LinkFault::ClockRollback { behind_seconds }) => {
            format!(
                "the ledger's clock is {behind_seconds} s behind its newest record: the operator has to set it"
            )
        }
        _ => refusal.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use fiscal::{Epoch, Fault, InvoiceNumber, Reason, Timestamp};
    use signing::SignerFault;

    use super::*;

    const SECRET: &str = "SELECT password FROM secrets at /var/lib";

    /// Every refusal with its status, and whether it says when to come again.
    fn table() -> Vec<(Refusal, u16, bool)> {
        let store = |fault| Refusal::Store(fault);
        vec![
            (Refusal::Payload(Fault::whole(Reason::Truncated)), 422, false),
            (Refusal::WrongOutlet, 403, false),
            (Refusal::Replay { epoch: Epoch(0), number: InvoiceNumber::FIRST }, 409, false),
            (Refusal::KeyReused, 409, false),
            (Refusal::StampedAhead { seconds: 700 }, 422, false),
            (Refusal::Credit(CreditFault::OriginalNotFound), 422, false),
            (Refusal::Credit(CreditFault::OriginalElsewhere), 409, false),
            (Refusal::Credit(CreditFault::AlreadyVoided), 409, false),
            (Refusal::Credit(CreditFault::ExceedsOriginal { group: 0 }), 409, false),
            (Refusal::Credit(CreditFault::Payload(Fault::whole(Reason::NoteRate))), 422, false),
            (Refusal::VoucherOut { until: Timestamp::LATEST }, 409, false),
            (Refusal::Link(LinkFault::WrongOutlet), 403, false),
            (Refusal::Link(LinkFault::ClockRollback { behind_seconds: 3_600 }), 503, true),
            (Refusal::Link(LinkFault::Exhausted), 507, false),
            (Refusal::ClosureRequired, 409, false),
            (Refusal::NotFound("nothing"), 404, false),
            (Refusal::Busy { retry_after: Duration::from_secs(2) }, 429, true),
            (Refusal::Signer(SignerFault::Temporary(SECRET.into())), 503, true),
            (Refusal::Signer(SignerFault::Permanent(SECRET.into())), 503, false),
            (store(StoreFault::Unavailable(SECRET.into())), 503, true),
            (store(StoreFault::Exists("an outlet")), 409, false),
            (store(StoreFault::Corrupt(SECRET.into())), 503, false),
            (store(StoreFault::Version { found: 2, known: 1 }), 503, false),
            (store(StoreFault::Unsafe(SECRET.into())), 503, false),
            (Refusal::OutcomeUnknown, 503, true),
            (Refusal::Stopping, 503, true),
            (Refusal::Held, 503, true),
            (Refusal::Failed, 503, true),
            (Refusal::NotNext { held: 3 }, 409, false),
        ]
    }

    #[test]
    fn every_refusal_has_its_status_and_says_when_to_come_again_if_that_helps() {
        for (refusal, status, later) in table() {
            let known = Kind::of_code(refusal.code());
            assert!(known.is_some(), "{} has no kind", refusal.code());
            let response = Problem::of(&refusal, Language::English).into_response();
            assert_eq!(response.status().as_u16(), status, "{}", refusal.code());
            assert_eq!(response.headers().contains_key("retry-after"), later, "{}", refusal.code());
            assert_eq!(refusal.is_temporary(), later, "{}", refusal.code());
        }
    }

    #[test]
    fn what_a_database_or_a_token_says_stays_inside() {
        for (refusal, ..) in table() {
            let json = Problem::of(&refusal, Language::English).to_json();
            assert!(!json.contains("SELECT") && !json.contains("/var/lib"), "{json}");
            assert!(json.contains(&format!("\"code\":\"{}\"", refusal.code())), "{json}");
        }
    }

    #[test]
    fn a_fault_of_the_payload_names_its_member_in_the_clients_language() {
        let fault = Fault::at(fiscal::Member::Totals, Reason::ObjectExpected);
        let json = Problem::of(&Refusal::Payload(fault), Language::French).to_json();
        let expected = concat!(
            r#"{"type":"urn:stelala:problem:schema-invalid","title":"La facture enfreint une règle","status":422,"#,
            r#""detail":"un objet est attendu","code":"SCHEMA_INVALID","member":"totals","#,
            r#""errors":[{"member":"totals","reason":"object_expected","detail":"un objet est attendu"}]}"#
        );
        assert_eq!(json, expected);
    }

    #[test]
    fn every_kind_has_a_code_of_its_own_and_a_status_that_is_an_error() {
        let codes: std::collections::BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.code()).collect();
        assert_eq!(codes.len(), Kind::ALL.len());
        assert!(Kind::ALL.iter().all(|kind| kind.status().as_u16() >= 400));
    }
}
