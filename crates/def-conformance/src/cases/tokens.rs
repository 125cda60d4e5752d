//! Section 9: tokens, and what is none.

use anyhow::{Result, ensure};
use def_protocol::token::{
    Acknowledgement, Body, FirmwareOrder, HandOver, NewState, Realm, Reset, Scope, StateChange, TaxManifest,
    sign,
};
use def_trials::{
    Authority,
    authority::{OPENING, at},
};
use fiscal::{DEFAULT_MANIFEST, Epoch};
use p256::ecdsa::SigningKey;

use crate::{
    bench::Bench,
    case::Case,
    device::{
        Device,
        orders::{newest_of, stranger, token},
        same,
    },
};

pub(super) const CASES: &[Case] = &[Case::new(
    "9 tokens",
    "a token of another key, device, realm, time, kind or form is not obeyed, the right one is",
    forged,
)];

/// A command with its token; a reset calls it otherwise.
pub(super) fn order(command: &str, text: &str) -> String {
    if command == "ADM|RESET" {
        format!(r#"ADM|RESET {{"dgi_authorization":"{text}"}}"#)
    } else {
        token(command, text)
    }
}

fn in_realm<'b, B: Body<'b>>(device: &Device, realm: Realm, key: &SigningKey, body: &B) -> Result<String> {
    let scope = Scope {
        realm,
        device: device.authority.device,
        not_before: at("2026-01-01T00:00:00"),
        not_after: at("2036-01-01T00:00:00"),
    };
    let mut buffer = vec![0; B::MAX_BYTES];
    Ok(sign(&scope, body, key, &mut buffer).map_err(|fault| anyhow::anyhow!("{fault}"))?.to_string())
}

/// Everything that makes an order none.
fn refuses_forged<'b, B: Body<'b>>(
    device: &mut Device,
    command: &str,
    body: &B,
    right: &SigningKey,
    wrong: &[SigningKey],
) -> Result<()> {
    let authority = Authority::default();
    let good = authority.token(right, body);
    let mut texts: Vec<String> = wrong.iter().map(|key| authority.token(key, body)).collect();
    texts.push(Authority::new("DEF-000002").token(right, body));
    texts.push(in_realm(device, Realm::Production, right, body)?);
    texts.push(authority.token_valid(right, body, at("2026-01-01T00:00:00"), at("2026-03-14T07:14:59")));
    texts.push(authority.token_valid(right, body, at("2026-03-15T00:00:00"), at("2036-01-01T00:00:00")));
    // A bit of the signature, and one of the body.
    for place in [good.len() - 20, good.len() - 100] {
        let mut bytes = good.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        texts.push(String::from_utf8(bytes)?);
    }
    for text in &texts {
        let reply = device.ask(&order(command, text))?;
        let code = reply.code();
        ensure!(
            code == Some("UNAUTHORIZED") || text == &texts[texts.len() - 1] && code == Some("SCHEMA_INVALID"),
            "{command}: {}",
            reply.json
        );
    }
    for other in ["CFG|HANDOVER", "CFG|ACK", "CFG|MANIFEST", "CFG|STATE", "ADM|RESET"] {
        if other != command {
            device.refused(&order(other, &good), "UNAUTHORIZED")?;
        }
    }
    let version = format!("{}k{}", &good[..1], &good[2..]);
    for misshapen in [
        version,
        format!("{good}AAAA"),
        good[..good.len() - 4].to_owned(),
        good[..40].to_owned(),
        format!("{good}="),
    ] {
        device.refused(&order(command, &misshapen), "SCHEMA_INVALID")?;
    }
    Ok(())
}

fn forged(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let seal = device.sell_one()?.1;
    let newest = newest_of(&seal)?;
    let Authority { root, dgi, operator, .. } = Authority::default();
    let foreign = stranger();
    let before = device.head()?;
    let acknowledgement = Acknowledgement { newest, time: at(OPENING), revoke: false };
    // A token of all groups is longer than other kinds may be.
    let groups = &DEFAULT_MANIFEST.groups[..2];
    let not_operator = [dgi.clone(), root.clone(), foreign.clone()];
    refuses_forged(
        &mut device,
        "CFG|HANDOVER",
        &HandOver::Leave { epoch: Epoch(0) },
        &operator,
        &not_operator,
    )?;
    refuses_forged(&mut device, "CFG|ACK", &acknowledgement, &operator, &not_operator)?;
    refuses_forged(&mut device, "CFG|MANIFEST", &TaxManifest::new(1, groups), &operator, &not_operator)?;
    let state = StateChange { state: NewState::Revoked, reason: "trial" };
    refuses_forged(&mut device, "CFG|STATE", &state, &dgi, &[root.clone(), foreign.clone()])?;
    let reset = Reset { epoch: Epoch(1), newest: Some(newest) };
    refuses_forged(&mut device, "ADM|RESET", &reset, &dgi, &[operator.clone(), root, foreign])?;
    let firmware = FirmwareOrder { build: u32::MAX, length: 4_096, digest: [1; 32], version: "2099.01.01" };
    refuses_forged(&mut device, "ADM|FIRMWARE", &firmware, &operator, &not_operator)?;
    same("the journal after all of that", device.head()?, before)?;
    let now = device.time()?;
    let right = [
        token("CFG|ACK", &device.authority.acknowledgement(newest, now)),
        token("CFG|MANIFEST", &device.authority.manifest(1)),
        token("CFG|STATE", &device.authority.token(&operator, &state)),
    ];
    for request in right {
        device.obeys(&request)?;
    }
    Ok(())
}
