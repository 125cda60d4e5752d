//! How deep the stack becomes: each command with the most that it can be given.

use cost::payload::{LARGEST, ORIGINAL, Text, identity};
use def_engine::Memory;
use def_protocol::{
    Base64Url, FirmwarePiece,
    token::{Acknowledgement, FirmwareOrder, HandOver, NewState, Newest, Reset, StateChange, Voucher},
};
use fiscal::{AuthCode, CreditAccount, Epoch, InvoiceNumber, OriginalIdentity, RecordHash, Validated};
use sha2::{Digest, Sha256};

use super::{
    board::Machine,
    host,
    trial::{Cost, Texts, Trial},
};

/// What was found.
#[derive(Default)]
pub(super) struct Depths(heapless::Vec<(&'static str, usize), 32>);

impl Depths {
    /// What something cost; of one name, the deepest counts.
    pub(super) fn note(&mut self, name: &'static str, cost: Cost) {
        match self.0.iter_mut().find(|(noted, _)| *noted == name) {
            Some((_, deepest)) => *deepest = cost.stack.max(*deepest),
            None => self
                .0
                .push((name, cost.stack))
                .unwrap_or_else(|_| host::fail(format_args!("{name}: no room"))),
        }
    }

    pub(super) fn tell(&self) {
        for (name, bytes) in &self.0 {
            host::report(format_args!(r#"{{"kind":"stack","name":"{name}","bytes":{bytes}}}"#));
        }
    }
}

/// After the sales of the costs: a start with their journal, and all the rest.
pub(super) fn run(machine: &Machine, memory: &mut Memory, texts: &mut Texts, depths: &mut Depths) {
    let (mut trial, start, payload) = Trial::start(machine, memory, texts);
    depths.note("start with a journal", start);
    depths.note("idle", trial.rest());
    sales(&mut trial, payload, depths);
    questions(&mut trial, depths);
    reports(&mut trial, depths);
    firmware(&mut trial, payload, depths);
    orders(&mut trial, depths);
}

fn sales(trial: &mut Trial<'_>, payload: &mut Text, depths: &mut Depths) {
    trial.machine.pass();
    payload.sale(LARGEST, 1, trial.machine.now());
    note_sale(trial, payload, depths, ["PREPARE, largest", "COMMIT, largest"]);
    trial.machine.pass();
    payload.sale(ORIGINAL, 1, trial.machine.now());
    trial.sell(payload.as_str());
    let original = sold(trial);
    let account = Validated::read(payload.as_str().as_bytes()).ok();
    let elsewhere = OriginalIdentity { epoch: Epoch(0), number: far(), ..original };
    let account = account.and_then(|sale| CreditAccount::open(elsewhere, &sale).ok());
    let account = account.unwrap_or_else(|| host::fail(format_args!("no account")));
    let voucher = Voucher { id: [1; 16], account };
    let voucher = trial.authority.token_from(&trial.authority.operator, &voucher, trial.machine.now());
    trial.rest();
    // Of an original in the journal; another till's note comes too late, and is weighed against the one that waits.
    trial.machine.pass();
    payload.note(2, trial.machine.now(), &original, None);
    depths.note("PREPARE, note", trial.ask(format_args!("TXN|PREPARE {}", payload.as_str())));
    let nonce = trial.answer.nonce();
    payload.note(4, trial.machine.now(), &original, None);
    let second = trial.refused("CREDIT_EXCEEDS_ORIGINAL", format_args!("TXN|PREPARE {}", payload.as_str()));
    depths.note("PREPARE, second note", second);
    depths.note("COMMIT, note", trial.commit(&nonce));
    // Of one that is elsewhere.
    trial.machine.pass();
    payload.note(3, trial.machine.now(), &elsewhere, Some(&voucher));
    note_sale(trial, payload, depths, ["PREPARE, note with voucher", "COMMIT, note with voucher"]);
}

/// A number that another signer of the outlet gave.
fn far() -> InvoiceNumber {
    InvoiceNumber::new(900_000).unwrap_or(InvoiceNumber::FIRST)
}

fn note_sale(trial: &mut Trial<'_>, payload: &Text, depths: &mut Depths, names: [&'static str; 2]) {
    let [prepare, commit] = trial.sell(payload.as_str());
    depths.note(names[0], prepare);
    depths.note(names[1], commit);
    depths.note("idle", trial.rest());
}

/// The invoice that was sealed last.
fn sold(trial: &Trial<'_>) -> OriginalIdentity {
    let number = trial.answer.member("invoice_seq").parse().ok().and_then(InvoiceNumber::new);
    let auth_code: Option<AuthCode> = trial.answer.member("auth_code").parse().ok();
    match (number, auth_code) {
        (Some(number), Some(auth_code)) => identity(0, number, auth_code),
        _ => host::fail(format_args!("no seal: {}", trial.answer.as_str())),
    }
}

fn questions(trial: &mut Trial<'_>, depths: &mut Depths) {
    depths.note("QRY|STATUS", trial.ask(format_args!("QRY|STATUS")));
    depths.note("QRY|LOG", trial.ask(format_args!("QRY|LOG 1")));
    let challenge = RecordHash([0xC4; 32]);
    let proof = trial.ask(format_args!(r#"QRY|PROOF {{"challenge":"{challenge}"}}"#));
    depths.note("QRY|PROOF", proof);
    depths.note("a refusal", trial.refused("SCHEMA_INVALID", format_args!("TXN|PREPARE {{}}")));
    for (name, format) in [("ADM|DUMPLOG, json", "json"), ("ADM|DUMPLOG, digest", "digest")] {
        let mut after = 0;
        // Some chunks; the first of them puts the export on record.
        for _ in 0..4 {
            let asked = format_args!(r#"ADM|DUMPLOG {{"format":"{format}","after":{after}}}"#);
            depths.note(name, trial.ask(asked));
            after = trial.answer.member("chunk_index").parse().unwrap_or(0_u64);
        }
    }
}

fn reports(trial: &mut Trial<'_>, depths: &mut Depths) {
    for period in ["session", "day"] {
        depths.note("RPT|X", trial.ask(format_args!(r#"RPT|X {{"period":"{period}"}}"#)));
    }
    let asked = format_args!(r#"RPT|A {{"since":"2026-03-14","until":"2026-03-14"}}"#);
    depths.note("RPT|A", trial.ask(asked));
    depths.note("RPT|Z", trial.ask(format_args!(r#"RPT|Z {{"date":"2026-03-14"}}"#)));
    depths.note("idle", trial.rest());
}

/// A newer firmware of two pieces.
fn firmware(trial: &mut Trial<'_>, text: &mut Text, depths: &mut Depths) {
    const PIECE: [u8; FirmwarePiece::BYTES] = [0x42; FirmwarePiece::BYTES];
    let digest = Sha256::new().chain_update(PIECE).chain_update(PIECE).finalize().into();
    let order = FirmwareOrder { build: 2, length: 2 * PIECE.len() as u32, digest, version: "2" };
    let token = trial.authority.token(&trial.authority.operator, &order);
    depths.note("ADM|FIRMWARE, order", trial.order("ADM|FIRMWARE", &token));
    text.set(format_args!("{}", Base64Url(&PIECE)));
    for offset in [0, PIECE.len()] {
        let data = text.as_str();
        let piece = trial.ask(format_args!(r#"ADM|FIRMWARE {{"offset":{offset},"data":"{data}"}}"#));
        depths.note("ADM|FIRMWARE, piece", piece);
    }
}

fn orders(trial: &mut Trial<'_>, depths: &mut Depths) {
    let newest = newest(trial);
    let ack = Acknowledgement { newest, time: trial.machine.now(), revoke: false };
    let token = trial.authority.token(&trial.authority.operator, &ack);
    depths.note("CFG|ACK", trial.order("CFG|ACK", &token));
    let reset = Reset { epoch: Epoch(1), newest: Some(newest) };
    let token = trial.authority.token(&trial.authority.dgi, &reset);
    depths.note("ADM|RESET", trial.order("ADM|RESET", &token));
    trial.rest();
    let leave = HandOver::Leave { epoch: Epoch(1) };
    let token = trial.authority.token(&trial.authority.operator, &leave);
    depths.note("CFG|HANDOVER", trial.order("CFG|HANDOVER", &token));
    let state = StateChange { state: NewState::Revoked, reason: "the trial is over" };
    let token = trial.authority.token(&trial.authority.dgi, &state);
    depths.note("CFG|STATE", trial.order("CFG|STATE", &token));
}

/// The newest invoice, as the status and the journal name it.
fn newest(trial: &mut Trial<'_>) -> Newest {
    trial.ask(format_args!("QRY|STATUS"));
    let next: u64 = trial.answer.member("next_invoice_seq").parse().unwrap_or(1);
    trial.ask(format_args!("QRY|LOG {}", next - 1));
    let hash = RecordHash::from_hex(trial.answer.member("record_hash"));
    match (InvoiceNumber::new(next - 1), hash) {
        (Some(number), Some(hash)) => Newest { epoch: Epoch(0), number, hash },
        _ => host::fail(format_args!("no invoice: {}", trial.answer.as_str())),
    }
}
