//! What appending a row costs when the ledger holds few and when it holds many: `store_cost sqlite:PATH|postgres|URL
//! [--rows N] [--outlets N] [--keys random|ordered|none] [--acts yes|no]`.
//!
//! Rows are appended in batches of 64 in one call, spread over the outlets. The rows are of one sealed sale with other
//! places, times and hashes, because the store does not read them: signing is not measured. The path must not exist.
//! Processor time is this thread's, as Linux counts it: on a busy machine it says more than the clock does.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::float_arithmetic,
    reason = "a program that measures"
)]

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use fiscal::{
    Chain, Epoch, Head, HeadState, InvoiceNumber, Moment, OutletId, PayloadHash, Position, Proven, Timestamp,
    UtcOffset, Validated,
};
use ledger::{
    Act, Append, Appended, By, ChainId, Database, HeadRow, KeyRow, LedgerStore, Outlet, Place,
    PostgresDatabase, PostgresOptions, Row, SqliteDatabase, Turn,
};
use p256::ecdsa::SigningKey;

const BATCH: u64 = 64;
const PAYLOAD: &str = include_str!("../../../examples/day/006-family-shopping.json");
const OPENS: u64 = 1_773_471_600;

#[derive(Clone, Copy, PartialEq)]
enum Keys {
    Random,
    Ordered,
    None,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        arguments.iter().position(|argument| argument == name).map(|at| arguments[at + 1].as_str())
    };
    let rows: u64 = option("--rows").map_or(1_000_000, |rows| rows.parse().unwrap());
    let outlets: u64 = option("--outlets").map_or(1, |outlets| outlets.parse().unwrap());
    let keys = match option("--keys") {
        None | Some("random") => Keys::Random,
        Some("ordered") => Keys::Ordered,
        Some("none") => Keys::None,
        Some(other) => panic!("{other}"),
    };
    let acts = option("--acts") == Some("yes");
    let database = open(arguments.first().expect("a database is named"));
    let mut run = Run::new(database.connect().unwrap(), outlets, keys, acts);
    let steps = [1_000_u64, 10_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000]
        .into_iter()
        .filter(|step| *step <= rows);
    println!("rows held | µs for each row over the next batches: mean, p50, p99, processor time");
    for step in steps {
        while run.stored < step {
            run.append();
        }
        let mut batches: Vec<Duration> = Vec::new();
        let mut processor = Duration::ZERO;
        for _ in 0..run.measured() {
            let (took, worked) = run.append();
            batches.push(took);
            processor += worked;
        }
        let total: Duration = batches.iter().sum();
        batches.sort();
        let each = |time: Duration| time.as_secs_f64() * 1e6 / BATCH as f64;
        println!(
            "{:>9} | {:6.1}, {:6.1}, {:6.1}, {:6.1}",
            step,
            each(total) / batches.len() as f64,
            each(batches[batches.len() / 2]),
            each(batches[batches.len() * 99 / 100]),
            each(processor) / batches.len() as f64,
        );
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a program that measures real time, and is told where PostgreSQL is"
)]
fn open(name: &str) -> Box<dyn Database> {
    if let Some(path) = name.strip_prefix("sqlite:") {
        let clock = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        return Box::new(SqliteDatabase::open(path, Arc::new(clock)).unwrap());
    }
    let url =
        if name == "postgres" { std::env::var("STELALA_TEST_POSTGRES").unwrap() } else { name.to_owned() };
    let options = PostgresOptions { url, allow_single_server: true, insecure_network: false };
    Box::new(PostgresDatabase::open(&options).unwrap())
}

struct Run {
    store: Box<dyn LedgerStore>,
    heads: Vec<HeadRow>,
    keys: Keys,
    acts: bool,
    template: Row,
    stored: u64,
}

impl Run {
    fn new(mut store: Box<dyn LedgerStore>, outlets: u64, keys: Keys, acts: bool) -> Self {
        let heads = (0..outlets).map(|nth| new_outlet(store.as_mut(), nth)).collect();
        Self { store, heads, keys, acts, template: sealed(), stored: 0 }
    }

    /// Over many checkpoints of the log, but no more rows than there are already, at first.
    fn measured(&self) -> u64 {
        if self.stored < 10_000 { 32 } else { 1_024 }
    }

    /// One batch, timed without its making: how long it took, and how much of that the processor worked.
    #[expect(clippy::disallowed_methods, reason = "a program that measures real time")]
    fn append(&mut self) -> (Duration, Duration) {
        let outlets = self.heads.len() as u64;
        let in_batch = outlets.min(BATCH);
        let first = self.stored / BATCH * in_batch;
        let mut parts: Vec<Append> = (0..in_batch)
            .map(|nth| {
                let head = self.heads[usize::try_from((first + nth) % outlets).unwrap()].clone();
                Append {
                    head,
                    rows: Vec::new(),
                    keys: Vec::new(),
                    acts: Vec::new(),
                    unfit: Vec::new(),
                    done: false,
                }
            })
            .collect();
        for nth in 0..BATCH {
            self.stored += 1;
            let part = &mut parts[usize::try_from(nth % in_batch).unwrap()];
            add_row(part, &self.template, self.stored, self.keys);
            if self.acts {
                add_act(part, self.stored);
            }
        }
        let (begin, before) = (Instant::now(), processor_time());
        let answers = self.store.append(&parts).unwrap();
        let (took, worked) = (begin.elapsed(), processor_time() - before);
        assert!(answers.iter().all(|answer| *answer == Appended::Durable), "{answers:?}");
        for (nth, part) in (0..).zip(parts) {
            self.heads[usize::try_from((first + nth) % outlets).unwrap()] = part.head;
        }
        (took, worked)
    }
}

/// Of this thread; zero where the system does not say it.
fn processor_time() -> Duration {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = said.split(' ').next().and_then(|word| word.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_default())
}

fn add_row(part: &mut Append, template: &Row, nth: u64, keys: Keys) {
    let head = &mut part.head;
    let next = head.state.position.map_or(Position::FIRST, |position| position.next().unwrap());
    let hash = PayloadHash::of(&nth.to_be_bytes());
    head.state.position = Some(next);
    head.state.number = InvoiceNumber::new(next.value());
    head.state.time = Timestamp::from_unix(OPENS + nth / 1_000).unwrap();
    let row = Row {
        place: Place { chain: head.chain, position: next },
        number: head.state.number,
        time: head.state.time,
        stamped: head.state.time,
        hash,
        ..template.clone()
    };
    let text: Option<String> = match keys {
        Keys::Random => Some(hash.to_string()[..36].to_owned()),
        Keys::Ordered => Some(format!("{nth:016x}-{}", &hash.to_string()[..19])),
        Keys::None => None,
    };
    if let Some(text) = text {
        part.keys.push(KeyRow { key: text.parse().unwrap(), place: row.place, time: row.time });
    }
    part.rows.push(row);
}

/// As an API key of a merchant asks for each sale.
fn add_act(part: &mut Append, nth: u64) {
    let by = By {
        actor: "key:01JABCDEFGHJKMNPQRSTVWXYZ0".parse().unwrap(),
        tenant: Some("M-0000000001".parse().unwrap()),
        request: format!("{nth:032x}").parse().unwrap(),
    };
    let (outlet, time) = (Some(part.head.chain.outlet), part.head.state.time);
    part.acts.push(Act {
        time,
        by,
        action: "invoice.seal",
        outlet,
        subject: format!("P00000000-1-{nth:08}"),
    });
}

fn new_outlet(store: &mut dyn LedgerStore, nth: u64) -> HeadRow {
    let id: OutletId = format!("KIN-{nth:08}").parse().unwrap();
    let outlet = Outlet {
        id,
        nif: "A2301457K".parse().unwrap(),
        prefix: format!("P{nth:08}").parse().unwrap(),
        zone: UtcOffset::KINSHASA,
    };
    let head = HeadRow {
        chain: ChainId { outlet: id, epoch: Epoch(1), signer: "CLOUD-1".parse().unwrap() },
        state: HeadState::START,
        key: None,
        // As long as the totals of a day with several groups and currencies.
        totals: vec![7; 400],
        generation: 0,
        holder: None,
    };
    store.create_outlet(&outlet, &head).unwrap();
    match store.take_turn(id, 1, Duration::from_secs(86_400)).unwrap() {
        Turn::Taken(head) => head,
        other => panic!("{other:?}"),
    }
}

fn sealed() -> Row {
    let key = Proven::prove(SigningKey::from_slice(&[7; 32]).unwrap(), [1; 32]).unwrap();
    let sale = Validated::read(PAYLOAD.as_bytes()).unwrap();
    let chain = Chain {
        device: "CLOUD-1".parse().unwrap(),
        key: key.public_key().id(),
        outlet: sale.invoice().outlet_id,
        nif: sale.invoice().merchant_nif,
        epoch: Epoch(1),
    };
    let moment = Moment { now: Timestamp::from_unix(OPENS).unwrap(), tolerance_seconds: 0, counter: 0 };
    let linked = Head::open(chain, HeadState::START).link(&sale.sale(), moment).unwrap();
    Row::new(&linked.sign(&key).unwrap(), sale.invoice().timestamp, None, PAYLOAD.to_owned())
}
