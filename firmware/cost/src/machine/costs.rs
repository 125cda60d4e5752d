//! What the commands of a sale cost: each round sells another sale of the same lines.

use cost::{
    authority::PemMember,
    payload::{FIFTY_LINES, FIVE_LINES, ONE_LINE, Text},
};
use def_engine::Memory;
use def_protocol::{Base64Url, Nonce, token::TaxManifest};
use fiscal::{DEFAULT_MANIFEST, PrivateKey};

use super::{
    board::Machine,
    depths::Depths,
    host,
    steps::Bench,
    trial::{Cost, Texts, Trial},
};

/// What is sold, by its lines.
const SALES: [(u32, &str); 3] = [(1, ONE_LINE), (5, FIVE_LINES), (50, FIFTY_LINES)];

/// Makes the device ready to sell, and sells.
pub(super) fn run(
    machine: &Machine,
    memory: &mut Memory,
    texts: &mut Texts,
    rounds: u32,
    depths: &mut Depths,
) {
    let (mut trial, start, payload) = Trial::start(machine, memory, texts);
    depths.note("start of a new device", start);
    provision(&mut trial, depths);
    for (lines, what) in SALES {
        sell(&mut trial, payload, Kind { lines, bytes: what.len() }, what, rounds);
    }
}

/// The steps of a PREPARE, once each.
pub(super) fn steps(machine: &Machine, bench: &mut Bench) {
    for (lines, payload) in SALES {
        let kind = Kind { lines, bytes: payload.len() };
        for (name, cost) in bench.steps(machine, payload) {
            tell(name, kind, 1, &cost, 0);
        }
    }
}

/// A kind of sale.
#[derive(Clone, Copy, Debug)]
struct Kind {
    lines: u32,
    bytes: usize,
}

fn provision(trial: &mut Trial<'_>, depths: &mut Depths) {
    let (code, pem) = (trial.authority.activation(), PemMember(trial.authority.operator.public_key()));
    let init = trial.ask(format_args!(r#"CFG|INIT {{"activation_code":"{code}","public_key":"{pem}"}}"#));
    depths.note("CFG|INIT", init);
    depths.note("idle", trial.rest());
    trial.ask(format_args!("QRY|STATUS"));
    let challenge: Option<Nonce> = trial.answer.member("challenge").parse().ok();
    let now = trial.machine.now();
    let signature = trial.authority.time(now, challenge.unwrap_or(Nonce([0; Nonce::LENGTH])));
    let signature = Base64Url(signature.as_bytes());
    let set = trial.ask(format_args!(r#"CFG|TIME {{"timestamp":"{now}","signature":"{signature}"}}"#));
    depths.note("CFG|TIME", set);
    let manifest = TaxManifest::new(1, DEFAULT_MANIFEST.groups);
    let token = trial.authority.token(&trial.authority.operator, &manifest);
    depths.note("CFG|MANIFEST", trial.order("CFG|MANIFEST", &token));
    trial.rest();
}

/// As many sales as there are rounds, one after the other.
fn sell(trial: &mut Trial<'_>, payload: &mut Text, kind: Kind, what: &str, rounds: u32) {
    let [mut prepare, mut commit, mut again, mut log, mut status, mut idle] = [Cost::default(); 6];
    let mut verification = 0;
    for _ in 0..rounds {
        trial.machine.pass();
        payload.sale(what, 1, trial.machine.now());
        prepare = prepare.and(trial.ask(format_args!("TXN|PREPARE {}", payload.as_str())));
        let nonce = trial.answer.nonce();
        commit = commit.and(trial.commit(&nonce));
        verification += trial.machine.verification();
        let number: heapless::String<20> = trial.answer.member("invoice_seq").parse().unwrap_or_default();
        again = again.and(trial.commit(&nonce));
        log = log.and(trial.ask(format_args!("QRY|LOG {number}")));
        status = status.and(trial.ask(format_args!("QRY|STATUS")));
        idle = idle.and(trial.rest());
    }
    let tell = |name, cost, verification| tell(name, kind, rounds, &cost, verification);
    tell("PREPARE", prepare, 0);
    tell("COMMIT", commit, verification);
    tell("COMMIT again", again, 0);
    tell("LOG", log, 0);
    tell("STATUS", status, 0);
    tell("idle", idle, 0);
}

/// The sums over all rounds; `verification` is what the element's signatures took within it.
fn tell(name: &str, Kind { lines, bytes }: Kind, rounds: u32, cost: &Cost, verification: u64) {
    let Cost { instructions, calls, answered, .. } = cost;
    host::report(format_args!(
        concat!(
            r#"{{"kind":"cost","name":"{}","lines":{},"bytes":{},"rounds":{},"instructions":{},"verification":{},"#,
            r#""signatures":{},"increments":{},"counter_reads":{},"other_element_calls":{},"element_instructions":{},"#,
            r#""programs":{},"programmed_bytes":{},"reads":{},"read_bytes":{},"erases":{},"answered_bytes":{}}}"#
        ),
        name,
        lines,
        bytes,
        rounds,
        instructions,
        verification,
        calls.signatures,
        calls.increments,
        calls.counter_reads,
        calls.others,
        calls.element,
        calls.programs,
        calls.programmed,
        calls.reads,
        calls.read,
        calls.erases,
        answered,
    ));
}
