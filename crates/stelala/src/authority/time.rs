use anyhow::Context;
use clap::Args;
use def_protocol::{
    Base64Url, Nonce,
    token::{Realm, TimeGrant},
};
use fiscal::{RecordHash, Timestamp};
use serde_json::json;

use super::{arguments, clock, issue::IssuerArgs};

/// What time it is, for a device that asks.
#[derive(Args)]
pub(crate) struct TimeCommand {
    #[command(flatten)]
    issuer: IssuerArgs,
    /// The challenge of QRY|STATUS, not older than 60 seconds.
    #[arg(long, value_name = "HEX")]
    challenge: Nonce,
    /// The time in UTC, like 2026-03-14T08:00:00; else now.
    #[arg(long, value_name = "TIMESTAMP")]
    at: Option<Timestamp>,
    /// The device's head_hash: to set its clock back before its newest record.
    #[arg(long, value_name = "HEX", value_parser = arguments::record_hash)]
    newest: Option<RecordHash>,
    /// Print the object that CFG|TIME takes, not the signature alone.
    #[arg(long)]
    json: bool,
}

impl TimeCommand {
    /// The signature, or what `CFG|TIME` takes.
    pub(super) fn issue(&self) -> anyhow::Result<String> {
        let authority = self.issuer.authority()?;
        let timestamp = match self.at {
            Some(at) => at,
            None => clock::now()?,
        };
        let grant = TimeGrant {
            realm: Realm::Development,
            device: self.issuer.device,
            timestamp,
            challenge: self.challenge,
            newest: self.newest,
        };
        let signature = grant.sign(&authority.operator).context("this cannot be signed")?;
        let signature = Base64Url(signature.as_bytes()).to_string();
        if !self.json {
            return Ok(signature);
        }
        let mut setting = json!({ "timestamp": timestamp.to_string(), "signature": signature });
        if let Some(newest) = self.newest {
            setting["newest"] = json!(newest.to_string());
        }
        Ok(setting.to_string())
    }
}
