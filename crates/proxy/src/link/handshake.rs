//! From `hello` to `welcome`: the device proves that it is there; one without a key is activated first.

use std::{fs, io::Write, path::Path, sync::Arc, time::Duration};

use fiscal::{OutletId, PublicKey};
use serde_json::Value;
use tokio::time::sleep;
use tunnel::{FromCloud, FromProxy, PROTOCOL, Place, Text, Word};

use super::{Ended, Link, connect::Socket};
use crate::{
    clock,
    desk::{Activated, Activation},
    device::{Asked, Here, Trouble},
};

/// How long the cloud may take for each of its steps. A certificate needs an HSM.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often a device is asked to prove itself, and after which pause again.
const PROOFS: u32 = 5;
const PROOF_PAUSE: Duration = Duration::from_millis(400);

/// A session that begins.
pub(super) struct Greeted {
    pub(super) outlet: OutletId,
    /// The device that proved itself.
    pub(super) here: Arc<Here>,
    pub(super) held: Option<Place>,
    /// A code that was used for it.
    pub(super) activation: Option<Arc<Activation>>,
}

impl Link {
    pub(super) async fn greet(&self, socket: &mut Socket) -> Result<Greeted, Ended> {
        let here = self.desk.here().ok_or(Ended::OtherDevice)?;
        socket.send(&hello(&here)).await?;
        let mut activation = None;
        if here.signer.public_key_id.is_none() {
            let wanted = self.desk.watch_activations().borrow().clone().ok_or(Ended::OtherDevice)?;
            let code = Text::cut(wanted.code.trim());
            socket.send(&FromProxy::Activate { code }).await?;
            activation = Some(wanted);
        }
        loop {
            let message = match socket.receive(PATIENCE).await {
                Ok(message) => message,
                Err(ended) => return Err(self.fail(activation.as_ref(), ended)),
            };
            match message {
                FromCloud::Challenge { challenge } => {
                    self.tell_activated(socket).await?;
                    self.prove(socket, challenge.as_str()).await?;
                }
                FromCloud::Activation { token, public_key_pem } => {
                    let done = self.initialise(socket, token.as_str(), public_key_pem.as_str()).await;
                    done.map_err(|ended| self.fail(activation.as_ref(), ended))?;
                }
                FromCloud::Certificate { chain_pem } => keep(&self.certificate, chain_pem.as_str())?,
                FromCloud::Refused { code, detail } => {
                    let refused = Ended::Refused { code: code.into_string(), detail: detail.into_string() };
                    return Err(self.fail(activation.as_ref(), refused));
                }
                FromCloud::Welcome { outlet, held, time, .. } => {
                    self.desk.metrics.cloud_time(&self.url.to_string(), time, clock::now());
                    let here = self.desk.here().ok_or(Ended::OtherDevice)?;
                    return Ok(Greeted { outlet, here, held, activation });
                }
                _ => return Err(Ended::Broken("the cloud speaks before the session began".to_owned())),
            }
        }
    }

    /// Who typed the code hears why it was not taken; a break is tried again.
    fn fail(&self, activation: Option<&Arc<Activation>>, ended: Ended) -> Ended {
        if let (Some(activation), Ended::Refused { code, detail }) = (activation, &ended) {
            let refused = Activated::Refused { code: code.clone(), detail: detail.clone() };
            self.desk.end_activation(activation, refused);
        }
        ended
    }

    async fn prove(&self, socket: &mut Socket, challenge: &str) -> Result<(), Ended> {
        let challenge = fiscal::RecordHash::from_hex(challenge)
            .ok_or_else(|| Ended::Broken("the cloud's challenge is none".to_owned()))?;
        let mut tries = 0;
        let presence = loop {
            tries += 1;
            match self.desk.ask(Asked::Proof(challenge.0)).await {
                Ok(presence) => break presence,
                // It proves itself once a second.
                Err(Trouble::Refused(refusal)) if refusal.code == "DEVICE_BUSY" && tries < PROOFS => {
                    sleep(PROOF_PAUSE).await;
                }
                Err(trouble) => {
                    return Err(Ended::Broken(format!("the device does not prove itself: {trouble}")));
                }
            }
        };
        socket.send(&FromProxy::Presence { presence: value(&presence)? }).await
    }

    async fn initialise(&self, socket: &mut Socket, token: &str, pem: &str) -> Result<(), Ended> {
        let refused = |code: &str, detail: String| Ended::Refused { code: code.to_owned(), detail };
        let public_key = PublicKey::from_pem(pem)
            .map_err(|_| refused("SCHEMA_INVALID", "the cloud's activation has no key".to_owned()))?;
        // One of an earlier device would say that this one is certified.
        drop(fs::remove_file(&self.certificate));
        let asked = Asked::Initialise { token: token.to_owned(), public_key };
        let initialised =
            self.desk.ask(asked).await.map_err(|trouble| refused(trouble.code(), trouble.to_string()))?;
        socket.send(&FromProxy::Activated { initialised: value(&initialised)? }).await
    }

    /// A device that was bound, and has no certificate yet: the connection broke just there.
    async fn tell_activated(&self, socket: &mut Socket) -> Result<(), Ended> {
        if self.certificate.exists() {
            return Ok(());
        }
        let kept = self.desk.reader.noted("initialised").map_err(|fault| Ended::Broken(fault.to_string()))?;
        let Some(kept) = kept else { return Ok(()) };
        socket.send(&FromProxy::Activated { initialised: value(&kept)? }).await
    }
}

fn hello(here: &Here) -> FromProxy {
    FromProxy::Hello {
        protocol: PROTOCOL,
        proxy_version: Word::cut(env!("CARGO_PKG_VERSION")),
        device: here.signer.device_id,
        public_key_id: here.signer.public_key_id,
    }
}

fn value(json: &str) -> Result<Value, Ended> {
    serde_json::from_str(json).map_err(|fault| Ended::Broken(fault.to_string()))
}

/// Keeps the certificate; a crash leaves the old one or the new one.
pub(super) fn keep(path: &Path, pem: &str) -> Result<(), Ended> {
    let write = || {
        let beside = path.with_extension("new");
        let mut file = fs::File::create(&beside)?;
        file.write_all(pem.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
    };
    write().map_err(|cause: std::io::Error| Ended::Broken(format!("{}: {cause}", path.display())))
}
