use fiscal::{Credential, Qr};

use crate::{
    finding::{Finding, Rule},
    trust::{Serial, Trust},
};

/// What a QR code is.
#[derive(Clone, Debug)]
pub struct QrVerdict {
    /// What the text says, when it can be read. Without findings, it is true.
    pub qr: Option<Qr>,
    /// What is false; nothing when all is well.
    pub findings: Vec<Finding>,
}

impl QrVerdict {
    /// Whether the seal is valid.
    pub fn is_true(&self) -> bool {
        self.qr.is_some() && self.findings.is_empty()
    }
}

/// Whether someone who may seal sealed what this text says.
pub fn verify_qr(text: &str, trust: &Trust) -> QrVerdict {
    match Qr::read(text.trim_end_matches(['\r', '\n'])) {
        Err(fault) => QrVerdict { qr: None, findings: vec![Rule::from(fault).into()] },
        Ok(qr) => {
            let sealed = match qr.credential() {
                None => verify_seal(&qr, trust),
                Some(credential) => verify_delegated_seal(&qr, credential, trust),
            };
            QrVerdict { qr: Some(qr), findings: sealed.err().map(Finding::from).into_iter().collect() }
        }
    }
}

fn verify_seal(qr: &Qr, trust: &Trust) -> Result<(), Rule> {
    let serial = Serial { epoch: qr.header().epoch, number: Some(qr.facts().number) };
    let key = trust.sealing_key(qr.header(), serial)?;
    qr.verify(&key).map_err(Rule::from)
}

fn verify_delegated_seal(qr: &Qr, credential: &Credential, trust: &Trust) -> Result<(), Rule> {
    let issuer = trust.issuing_key(credential.issuer())?;
    qr.verify(&credential.terms().public_key)?;
    credential.verify(&issuer, qr.header()).map_err(Rule::from)
}
