//! `device time`: sets a device's clock.

use std::path::PathBuf;

use clap::Args;
use def_client::Answer;
use def_protocol::{
    Request, TimeSetting,
    reply::{ClockState, TimeSet},
    token::{Realm, TimeGrant},
};
use fiscal::{RecordHash, Signature, Timestamp};
use serde_json::json;

use super::{
    connection::{Connection, ConnectionArgs},
    failure::{Failure, Trouble},
    figures,
    page::Page,
    progress::Progress,
    speech::{Speech, pick, print, print_json, print_line, say},
    status::{self, Status},
};
use crate::authority::{self, Authority};

/// What time it is, and who says so.
#[derive(Args)]
pub(crate) struct TimeCommand {
    #[command(flatten)]
    pub(super) connection: ConnectionArgs,
    /// The operator's signature over the challenge and the time.
    #[arg(long, value_name = "BASE64URL", requires = "timestamp", value_parser = signature, allow_hyphen_values = true)]
    signature: Option<Signature>,
    /// The time that was signed, in UTC, like 2026-03-14T08:00:00.
    #[arg(long, value_name = "TIMESTAMP", requires = "signature")]
    timestamp: Option<Timestamp>,
    /// The record that was signed with it, where the clock goes back before the newest: the status' head_hash.
    #[arg(long, value_name = "HEX", requires = "signature", value_parser = record_hash)]
    newest: Option<RecordHash>,
    /// Sign here, by the keys of `stelala authority new`: for devices of the development realm.
    #[arg(long, value_name = "DIR", conflicts_with = "signature")]
    authority: Option<PathBuf>,
    /// With --authority: this time instead of the machine's.
    #[arg(long, value_name = "TIMESTAMP", requires = "authority")]
    at: Option<Timestamp>,
    /// With --authority: also when the clock goes back before the newest record.
    #[arg(long, requires = "authority")]
    back: bool,
}

impl TimeCommand {
    /// Sets the clock once, or says what has to be signed for it.
    pub(super) fn run(&self) -> Result<(), Failure> {
        let speech = self.connection.speech;
        let mut device = self.connection.connect()?;
        let setting = match (self.signature, self.timestamp, &self.authority) {
            (Some(signature), Some(timestamp), _) => {
                TimeSetting { timestamp, signature, newest: self.newest }
            }
            (.., Some(folder)) => self.signed_here(&status::read(&mut device)?, &Authority::open(folder)?)?,
            _ => return Ok(show_challenge(speech, &status::read(&mut device)?)?),
        };
        set(&mut device, setting, speech)?;
        let status = status::read(&mut device)?;
        Ok(show_clock(speech, &status)?)
    }

    fn signed_here(&self, status: &Status, authority: &Authority) -> anyhow::Result<TimeSetting> {
        let timestamp = match self.at {
            Some(at) => at,
            None => authority::now()?,
        };
        let newest = self.back.then_some(status.head_hash);
        let grant = TimeGrant {
            realm: Realm::Development,
            device: status.device_id,
            timestamp,
            challenge: status.challenge,
            newest,
        };
        Ok(TimeSetting { timestamp, signature: grant.sign(&authority.operator)?, newest })
    }
}

/// Asks once: a challenge is used by the first.
fn set(device: &mut Connection, setting: TimeSetting, speech: Speech) -> Result<(), Failure> {
    let request = Request::SetTime(setting);
    match device.ask(request, &mut Progress::of_answer()) {
        Ok(Answer::Done(json)) => {
            let read = serde_json::from_str::<TimeSet>(&json);
            let foreign = def_client::HostFault::Foreign { command: request.command() };
            read.map(|_| ()).map_err(|_| device.failure(foreign))
        }
        Ok(Answer::Refused(refusal)) => Err(refusal.into()),
        Err(def_client::Lost::NoLine(cause)) => Err(device.failure(def_client::HostFault::NoLine { cause })),
        Err(_) => told_by_status(&status::read(device)?, setting, speech),
    }
}

/// The answer was lost: the clock says whether it was set.
fn told_by_status(status: &Status, setting: TimeSetting, speech: Speech) -> Result<(), Failure> {
    // It goes on while the answer is waited for.
    const WAITED: u64 = 60;
    let is_set = status.clock == ClockState::Ok
        && status
            .time
            .is_some_and(|time| time >= setting.timestamp && time.seconds_after(setting.timestamp) <= WAITED);
    if is_set {
        return Ok(());
    }
    let advice = pick(
        speech.lang,
        "la réponse s'est perdue et l'horloge n'est pas mise : recommencez avec un nouveau défi",
        "the answer was lost and the clock is not set: begin again with a new challenge",
    );
    Err(Trouble::new("time_not_set", advice).into())
}

fn show_clock(speech: Speech, status: &Status) -> std::io::Result<()> {
    let time = status.time.map(|time| figures::local(time, status::zone(status))).unwrap_or_default();
    if speech.json {
        let timestamp = status.time.map(|time| time.to_string());
        return print_json(&json!({
            "status": "OK", "device_id": status.device_id.as_str(), "timestamp": timestamp, "clock": status.clock,
        }));
    }
    let id = status.device_id;
    print_line(&say!(speech.lang, "{id} est à l'heure : {time}", "the clock of {id} is set: {time}"))
}

/// What the operator's service has to sign.
fn show_challenge(speech: Speech, status: &Status) -> std::io::Result<()> {
    let lang = speech.lang;
    if speech.json {
        return print_json(&json!({
            "status": "OK", "device_id": status.device_id.as_str(), "challenge": status.challenge.to_string(),
            "head_hash": status.head_hash.to_string(), "clock": status.clock, "expires_in": 60,
        }));
    }
    let mut page = Page::new(say!(
        lang,
        "{} demande l'heure à l'opérateur",
        "{} asks the operator for the time",
        status.device_id
    ));
    page.fact(pick(lang, "Appareil", "Device"), status.device_id);
    page.fact(pick(lang, "Défi", "Challenge"), status.challenge);
    page.fact(pick(lang, "Dernier enregistrement", "Newest record"), status.head_hash);
    page.list(
        pick(lang, "À faire, en moins d'une minute", "To do, within a minute"),
        vec![
            pick(
                lang,
                "faites signer l'appareil, le défi et l'heure par le service de l'opérateur",
                "have the operator's service sign the device, the challenge and the time",
            )
            .to_owned(),
            pick(
                lang,
                "donnez ce qu'il répond : stelala device time --port … --timestamp HEURE --signature SIGNATURE",
                "give what it answers: stelala device time --port … --timestamp TIME --signature SIGNATURE",
            )
            .to_owned(),
            pick(
                lang,
                "pour reculer avant le dernier enregistrement, qu'il signe aussi celui-ci, puis ajoutez --newest",
                "to go back before the newest record, have it sign that one too, and add --newest",
            )
            .to_owned(),
        ],
    );
    print(&page.to_string())
}

fn record_hash(text: &str) -> Result<RecordHash, &'static str> {
    RecordHash::from_hex(text).ok_or("a record's hash has 64 hexadecimal digits")
}

fn signature(text: &str) -> Result<Signature, String> {
    /// The members of `CFG|TIME`, whose reader knows the one form of a signature.
    const PROBE: &str = "2026-01-01T00:00:00";
    let content = format!("CFG|TIME {}", json!({ "timestamp": PROBE, "signature": text }));
    match def_protocol::Addressed::read(content.as_bytes()) {
        Ok(def_protocol::Addressed { request: Request::SetTime(setting), .. }) => Ok(setting.signature),
        Ok(_) => Err("this is no signature".to_owned()),
        Err(fault) => Err(fault.detail.to_owned()),
    }
}
