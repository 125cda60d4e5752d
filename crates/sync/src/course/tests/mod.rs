//! One test for each rule, named after it.

mod confirm;
mod counters;
mod person;
mod reading;
mod request;
mod waiting;

use std::time::Duration;

use edef::{CallFault, Confirmed, Requested, Status};
use fiscal::{Epoch, InvoiceNumber, InvoiceType, Position, RecordHash, Timestamp};

use super::*;
use crate::*;

pub(super) const NOW: At = At(1_772_000_000_000);
/// The authority's clock is an hour and some behind.
pub(super) const THEIRS: Theirs = Theirs(1_771_996_000_000);

pub(super) fn after(seconds: u64) -> At {
    NOW.plus(Duration::from_secs(seconds))
}

pub(super) fn machine() -> Machine {
    Machine {
        id: MachineId::new([1; 20]),
        merchant: registry::MerchantId::new([1; 20]),
        url: "https://sim.example".parse().unwrap(),
        nif: "A1234567B".parse().unwrap(),
        nim: Some("CD01000001-1".parse().unwrap()),
        isf: "STELALA".parse().unwrap(),
        dialect: edef::Dialect::default(),
        token_expires: None,
        exclusive: true,
        generation: 0,
        state: MachineState::Ready,
        breaker: Breaker::default(),
        baseline: Some(Baseline { total: 10, unexplained: 0, era: Era(1), at: NOW }),
        era: Era(1),
        clock_offset_ms: 0,
        outlets: Vec::new(),
        is_test: true,
        version: 0,
    }
}

pub(super) fn pending(number: u8) -> Job {
    let chain = ledger::ChainId {
        outlet: "KIN-1".parse().unwrap(),
        epoch: Epoch(0),
        signer: "HSM-1".parse().unwrap(),
    };
    Job {
        id: JobId(RecordHash([number; 32])),
        place: ledger::Place { chain, position: Position::new(number.into()).unwrap() },
        fiscal: fiscal::FiscalNumber {
            prefix: "BONO".parse().unwrap(),
            epoch: Epoch(0),
            number: InvoiceNumber::new(number.into()).unwrap(),
        },
        kind: InvoiceType::Sale,
        sealed: Timestamp::EARLIEST,
        machine: Some(machine().id),
        original: None,
        state: JobState::Pending,
        since: NOW,
        due: NOW,
        attempts: 0,
        intent: None,
        requested: None,
        expires: None,
        confirming_since: None,
        last_confirm: None,
        doubt: None,
        difference: None,
        elements: None,
        recorded: false,
        error: None,
        version: 3,
    }
}

pub(super) fn uid_came() -> Requested {
    Requested::read(r#"{"uid":"uid-1","total":116,"vtotal":16}"#).unwrap()
}

/// A confirm of it is intended, and nothing more is known.
pub(super) fn confirming(number: u8) -> Job {
    let requested = intend_request(pending(number), &machine(), THEIRS, NOW).unwrap().job;
    let same = |_: &Requested| Agreement::Same;
    after_request(requested, Ok(&uid_came()), same, &machine(), NOW, 0).made.job
}

/// Its confirm was not answered.
pub(super) fn doubted(number: u8) -> Job {
    lost(confirming(number), &CallFault::Timeout)
}

pub(super) fn lost(job: Job, fault: &CallFault) -> Job {
    match after_confirm(job, Err(fault), Rules::default(), NOW) {
        AfterConfirm::Doubted { made, .. } => made.job,
        other => panic!("{other:?}"),
    }
}

pub(super) fn confirmed() -> Confirmed {
    let body = r#"{"dateTime":"20260225101530","qrCode":"F;CD01000001-1;X","codeDEFDGI":"ABCDABCDABCDABCDABCDABCD",
        "counters":"11/11 FV","nim":"CD01000001-1"}"#;
    Confirmed::read(body).unwrap()
}

pub(super) fn status(count: usize, uids: &[&str]) -> Status {
    let entries: Vec<String> = uids.iter().map(|uid| format!(r#"{{"uid":"{uid}"}}"#)).collect();
    let list = entries.join(",");
    Status::read(&format!(
        r#"{{"status":true,"pendingRequestsCount":{count},"pendingRequestsList":[{list}]}}"#
    ))
    .unwrap()
}

/// Reads a list so many seconds after the request, by the authority's clock too.
pub(super) fn read_after(job: Job, status: &Status, seconds: u64) -> Heard {
    let machine = machine();
    let theirs = THEIRS.plus(Duration::from_secs(seconds));
    let (nim, url) = (machine.nim.as_ref().unwrap(), &machine.url);
    read(job, &Reading { status, nim, url, theirs }, Rules::default(), after(seconds))
}

pub(super) fn noted(heard: Heard) -> Job {
    match heard {
        Heard::Noted(made) => made.job,
        other => panic!("{other:?}"),
    }
}

/// Doubted, and gone from the list for certain; known too late to say why.
pub(super) fn gone_too_late(number: u8) -> Job {
    let job = noted(read_after(doubted(number), &status(0, &[]), 200));
    noted(read_after(job, &status(0, &[]), 203))
}
