//! Cells that fail in the same moment in which the power does: no device is lost to that, and no sale.

use def_engine::Memory;
use def_sim::{Operation, Outcome, State, Style, World};
use def_trials::{Authority, Host, Sale};
use fiscal::Timestamp;
use serde_json::{Value, json};

use crate::{
    shop::{Shop, commit, text},
    tamper::clock,
};

#[test]
fn a_cell_that_fails_when_the_power_does_costs_no_device() {
    let bricks = bricks(|data| {
        let programmed = |index: &usize| data[*index] != 0xFF;
        let one = |index: usize| (index as u32, vec![1 << data[index].trailing_ones()]);
        let first = (0..data.len()).find(programmed);
        let last = (0..data.len()).rev().find(programmed);
        [first, last].into_iter().flatten().map(one).collect()
    });
    assert!(bricks.is_empty(), "{}:\n{}", bricks.len(), bricks.join("\n"));
}

#[test]
fn cells_that_all_fail_when_the_power_does_cost_no_device() {
    let bricks = bricks(|data| vec![(0, vec![0xFF; data.len()])]);
    assert!(bricks.is_empty(), "{}:\n{}", bricks.len(), bricks.join("\n"));
}

/// Which cells fail, of those that are programmed: from where, and the bits.
type Failing = Vec<(u32, Vec<u8>)>;

/// Sales of which cells fail in an operation and the power in the same or the next; those that the device does not
/// get over. A short one, one that opens a sector, and one that goes on through several.
fn bricks(failing: impl Fn(&[u8]) -> Failing) -> Vec<String> {
    let mut bricks = Vec::new();
    for (before, lines) in [(0, 2), (1, 40), (0, 110)] {
        let mut shop = Shop::open();
        for _ in 0..before {
            sell_lines(&mut shop, 40);
        }
        let board = shop.world.state();
        let operations = operations_of_sale(&board, lines);
        assert!(operations.len() > 3);
        for (number, operation) in operations.iter().take(60) {
            let Operation::Program { address, data } = operation else { continue };
            for (at, mask) in failing(data) {
                for later in 0..2 {
                    let mut state = board.clone();
                    state.flash.fail_cells(address + at, &mask);
                    if let Err(why) = survives(state, lines, number + later) {
                        bricks
                            .push(format!("{lines} lines, {operation}, cell {at}, cut {later} later: {why}"));
                    }
                }
            }
        }
    }
    bricks
}

fn sell_lines(shop: &mut Shop, lines: usize) {
    shop.pass(1_000);
    let sale = large("CAISSE-1", shop.now(), lines);
    shop.seal(&sale.payload());
}

/// A sale of articles that were not sold before, which takes about 40 bytes for each.
fn large(till: &str, time: Timestamp, lines: usize) -> Sale {
    let line = |line: usize| (format!("ARTICLE-{}", line * 7_919), 1 + line as u32 % 5, 500 + line as u32);
    Sale { lines: (0..lines).map(line).collect(), ..Sale::of(till, time, 0, 0) }
}

/// Starts the board, and gives the payload of the sale that is cut.
fn begin(world: &World, host: &mut Host<'_>, lines: usize) -> String {
    host.rest();
    world.pass(std::time::Duration::from_secs(60));
    let now = clock(&world.state()).expect("the clock is set");
    let payload = large("CAISSE-9", now, lines).payload();
    let prepared = host.ask(&format!("TXN|PREPARE {payload}"));
    commit(&text(&prepared["nonce"]))
}

/// What a sale does, each with its number.
fn operations_of_sale(board: &State, lines: usize) -> Vec<(u64, Operation)> {
    let (world, mut memory) = (World::from(board.clone()), Box::new(Memory::new()));
    let mut host = Host::start(&world, Authority::default().factory(), &mut memory);
    let commit = begin(&world, &mut host, lines);
    world.record_forks(true);
    assert_eq!(host.ask(&commit)["status"], "OK");
    world.take_forks().into_iter().map(|fork| (fork.number, fork.operation)).collect()
}

/// Cuts a sale at an operation; then the device starts, sells, and starts again.
fn survives(state: State, lines: usize, operation: u64) -> Result<(), String> {
    let (world, mut memory) = (World::from(state), Box::new(Memory::new()));
    let mut host = Host::start(&world, Authority::default().factory(), &mut memory);
    let commit = begin(&world, &mut host, lines);
    world.cut_at(operation, Outcome::new(Style::NothingDone, operation));
    let answer = host.try_ask(&commit);
    drop(host);
    world.cut();
    for start in 1..=2 {
        world.reboot();
        let mut host = Host::start(&world, Authority::default().factory(), &mut memory);
        host.rest();
        let status = host.ask("QRY|STATUS");
        if status["corrupt"] != Value::Null {
            return Err(format!("corrupt at start {start}: {}", status["corrupt"]));
        }
        if let Some(seal) = answer.as_ref().filter(|answer| answer["status"] == "OK") {
            let log = host.ask(&format!("QRY|LOG {}", seal["invoice_seq"]));
            if log["log_entry"]["sealed"]["record_hash"] != seal["record_hash"] {
                return Err(format!("lost what was answered: {log}"));
            }
        }
        let now = clock(&world.state()).expect("the clock is set");
        let sold = host.sell(&Sale::of("CAISSE-8", now, 2, start).payload());
        if sold["status"] != json!("OK") {
            return Err(format!("does not sell at start {start}: {sold}"));
        }
        world.cut();
    }
    Ok(())
}
