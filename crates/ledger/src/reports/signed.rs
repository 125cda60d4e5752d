use def_protocol::json;
use serde::Serialize;
use signing::{Attester, SignerFault};
use verify::{ReportIssueFault, ReportScope};

use crate::Refusal;

/// An answer with the members of a device's answer to the same question, and who stands for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report<T> {
    /// What it says.
    pub answer: T,
    /// The same in JSON.
    pub json: String,
    /// An ES256 compact JWS over exactly `json`, which [`verify::SignedReport`] reads; none where the ledger has no
    /// attester.
    pub jws: Option<String>,
}

impl<T: Serialize> Report<T> {
    pub(super) fn new(
        answer: T,
        scope: &ReportScope,
        attester: Option<&dyn Attester>,
    ) -> Result<Self, Refusal> {
        let mut json = String::new();
        json::write(&answer, &mut json).map_err(|fault| SignerFault::Permanent(fault.to_string()))?;
        let sign = |attester: &dyn Attester| {
            let signed = scope.sign(&json, &attester.public_key(), |hash| attester.sign(hash));
            signed.map_err(|fault| match fault {
                ReportIssueFault::Sign(fault) => fault,
                ReportIssueFault::SignatureFalse => SignerFault::Permanent(fault.to_string()),
            })
        };
        let jws = attester.map(sign).transpose()?;
        Ok(Self { answer, json, jws })
    }
}
