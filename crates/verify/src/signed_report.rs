//! X and A reports of a ledger: the very answer that a client was given, as an ES256 compact JWS. Z reports are sealed
//! records.

use fiscal::{CivilDate, DeviceId, Epoch, Nif, OutletId, PublicKey, Timestamp};
use serde::{Deserialize, Serialize};

use crate::jws::{self, Jws, JwsFault};

const TYPE: &str = "stelala-report+jwt";

/// A report that the attester's key signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedReport {
    /// Of what it is.
    pub scope: ReportScope,
    /// The answer, byte for byte: JSON as `docs/protocol.md` gives it for `RPT|X` and `RPT|A`.
    pub json: String,
}

/// Of what a report is: its answer does not say it, because who asks knows it. It stands in the JWS' header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportScope {
    /// Which report.
    pub kind: ReportKind,
    /// When it was made.
    pub issued: Timestamp,
    /// The outlet.
    pub outlet: OutletId,
    /// The merchant.
    pub nif: Nif,
    /// Whose records it sums: the ledger's own signer, or the device that holds the outlet's line. Of A, which sums
    /// those of all, the ledger's own.
    pub signer: DeviceId,
}

/// Which report, and what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportKind {
    /// X: what was sold since the last closure or today, in an epoch.
    Snapshot(Epoch),
    /// A: articles over business days.
    Articles {
        /// The first day.
        since: CivilDate,
        /// The last day.
        until: CivilDate,
        /// Behind which article the page begins, the report's first page without one.
        after: Option<String>,
    },
}

impl SignedReport {
    /// Reads a report that the attester's key signed.
    pub fn read(jws: &str, attester: &PublicKey) -> Result<Self, ReportFault> {
        let (jws, scope) = Jws::read_scoped::<Scope>(jws, TYPE)?;
        if !jws.is_signed_by(attester) {
            return Err(ReportFault::SignatureFalse);
        }
        Ok(Self { scope: scope.read().ok_or(ReportFault::Form)?, json: jws.text()? })
    }
}

impl ReportScope {
    /// Signs an answer: `sign` gives the signature of a SHA-256 hash under the attester's key, r‖s. It is verified before
    /// anyone gets it.
    pub fn sign<E>(
        &self,
        json: &str,
        attester: &PublicKey,
        sign: impl FnOnce(&[u8; 32]) -> Result<[u8; 64], E>,
    ) -> Result<String, ReportIssueFault<E>> {
        let signed = jws::unsigned_text(TYPE, attester.id(), Scope::write(self), json);
        let hash = jws::hash(&signed);
        let signature = sign(&hash).map_err(ReportIssueFault::Sign)?;
        attester.verify_prehash(&hash, &signature).map_err(|_| ReportIssueFault::SignatureFalse)?;
        Ok(jws::with_signature(&signed, &signature))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scope {
    report: Letter,
    issued: String,
    outlet_id: String,
    merchant_nif: String,
    signer: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    epoch: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
enum Letter {
    X,
    A,
}

impl Scope {
    fn read(self) -> Option<ReportScope> {
        let kind = match (self.report, self.epoch, self.since, self.until, self.after) {
            (Letter::X, Some(epoch), None, None, None) => ReportKind::Snapshot(Epoch(epoch)),
            (Letter::A, None, Some(since), Some(until), after) => {
                ReportKind::Articles { since: since.parse().ok()?, until: until.parse().ok()?, after }
            }
            _ => return None,
        };
        Some(ReportScope {
            kind,
            issued: self.issued.parse().ok()?,
            outlet: self.outlet_id.parse().ok()?,
            nif: self.merchant_nif.parse().ok()?,
            signer: self.signer.parse().ok()?,
        })
    }

    fn write(scope: &ReportScope) -> Self {
        let (report, epoch, since, until, after) = match &scope.kind {
            ReportKind::Snapshot(epoch) => (Letter::X, Some(epoch.0), None, None, None),
            ReportKind::Articles { since, until, after } => {
                (Letter::A, None, Some(since.to_string()), Some(until.to_string()), after.clone())
            }
        };
        Self {
            report,
            issued: scope.issued.to_string(),
            outlet_id: scope.outlet.to_string(),
            merchant_nif: scope.nif.to_string(),
            signer: scope.signer.to_string(),
            epoch,
            since,
            until,
            after,
        }
    }
}

impl From<JwsFault> for ReportFault {
    fn from(fault: JwsFault) -> Self {
        match fault {
            JwsFault::Form => Self::Form,
            JwsFault::Kind => Self::Kind,
        }
    }
}

/// Why a report cannot be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportFault {
    /// Not a compact JWS, or not of a report.
    #[error("this is not a signed report: ask for it again")]
    Form,
    /// A JWS of another kind.
    #[error("this is signed, but not a report: choose the right file")]
    Kind,
    /// The attester did not sign it.
    #[error("the attester's key did not sign this report: do not use it")]
    SignatureFalse,
}

/// Why a report was not signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportIssueFault<E> {
    /// The attester's key failed.
    #[error("the attester did not sign: {0}")]
    Sign(E),
    /// What it gave is no signature under its key.
    #[error("the attester's signature is not valid under its public key: do not use this key")]
    SignatureFalse,
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use fiscal::{PrivateKey, RecordHash};
    use p256::ecdsa::SigningKey;

    use super::*;

    fn key(number: u8) -> SigningKey {
        SigningKey::from_slice(&[number; 32]).unwrap()
    }

    fn scope(kind: ReportKind) -> ReportScope {
        ReportScope {
            kind,
            issued: "2026-03-14T18:00:00".parse().unwrap(),
            outlet: "KIN-GOMBE-01".parse().unwrap(),
            nif: "A2301457K".parse().unwrap(),
            signer: "CLOUD-1".parse().unwrap(),
        }
    }

    fn articles(after: Option<&str>) -> ReportKind {
        let day = "2026-03-14".parse().unwrap();
        ReportKind::Articles { since: day, until: day, after: after.map(str::to_owned) }
    }

    fn signed(scope: &ReportScope, json: &str, by: u8) -> Result<String, ReportIssueFault<Infallible>> {
        let sign = |hash: &[u8; 32]| Ok(PrivateKey::sign(&key(by), &RecordHash(*hash)).unwrap());
        scope.sign(json, &key(8).public_key(), sign)
    }

    const JSON: &str = r#"{"status":"OK","articles":[{"description":"Œufs \"frais\""}],"last":true}"#;

    #[test]
    fn a_report_is_read_as_it_was_signed_with_what_it_is_of() {
        for kind in [ReportKind::Snapshot(Epoch(2)), articles(None), articles(Some("A:0011223344556677"))] {
            let scope = scope(kind);
            let jws = signed(&scope, JSON, 8).unwrap();
            let read = SignedReport::read(&jws, &key(8).public_key()).unwrap();
            assert_eq!(read, SignedReport { scope, json: JSON.to_owned() });
        }
    }

    #[test]
    fn a_report_that_someone_else_signed_or_changed_is_refused() {
        let attester = key(8).public_key();
        let one = signed(&scope(articles(None)), JSON, 8).unwrap();
        let other = signed(&scope(ReportKind::Snapshot(Epoch(0))), JSON, 8).unwrap();
        assert_eq!(SignedReport::read(&one, &key(9).public_key()), Err(ReportFault::SignatureFalse));
        let [a, b]: [Vec<&str>; 2] = [&one, &other].map(|jws| jws.split('.').collect());
        let mixed = [b[0], a[1], a[2]].join(".");
        assert_eq!(SignedReport::read(&mixed, &attester), Err(ReportFault::SignatureFalse), "another scope");
        let body = jws::unsigned_text(TYPE, attester.id(), (), "{}");
        let body = body.split_once('.').unwrap().1;
        let mixed = [a[0], body, a[2]].join(".");
        assert_eq!(SignedReport::read(&mixed, &attester), Err(ReportFault::SignatureFalse), "another answer");
        assert_eq!(signed(&scope(articles(None)), JSON, 9), Err(ReportIssueFault::SignatureFalse));
    }

    #[test]
    fn what_is_no_report_is_refused_as_such() {
        let attester = key(8).public_key();
        let sign = |signed: String| {
            let signature = PrivateKey::sign(&key(8), &RecordHash(jws::hash(&signed))).unwrap();
            jws::with_signature(&signed, &signature)
        };
        let read = |jws: String| SignedReport::read(&jws, &attester).unwrap_err();
        let (id, x) = (attester.id(), Scope::write(&scope(ReportKind::Snapshot(Epoch(0)))));
        assert_eq!(read(sign(jws::unsigned_text("stelala-export+jwt", id, &x, "{}"))), ReportFault::Kind);
        assert_eq!(read(sign(jws::unsigned(TYPE, id, &()))), ReportFault::Form, "no scope");
        let both = Scope { since: Some("2026-03-14".to_owned()), ..x };
        assert_eq!(read(sign(jws::unsigned_text(TYPE, id, &both, "{}"))), ReportFault::Form);
        assert_eq!(read("a.b".to_owned()), ReportFault::Form);
    }
}
