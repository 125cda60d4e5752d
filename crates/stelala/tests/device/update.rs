//! `device update` at a device that has two places for its firmware, behind a pseudo-terminal.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use def_engine::Memory;
use def_sim::{ManualClock, Terminal, World};
use def_trials::{
    Authority, Host,
    authority::{OPENING, at},
};

use crate::bench::Bench;

/// A device in memory that is bound, has a clock, and restarts when it wants to.
struct Desk {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<u8>,
}

impl Desk {
    fn start(link: &Path) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut terminal = Terminal::open(link).unwrap();
        let told = stop.clone();
        let thread = thread::spawn(move || serve(&mut terminal, &told));
        Self { stop, thread }
    }

    /// Which place's firmware runs at the end.
    fn end(self) -> u8 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

fn serve(terminal: &mut Terminal, stop: &AtomicBool) -> u8 {
    let (world, authority) = (World::new(64, 7), Authority::default());
    world.change(|state| state.clock = ManualClock::at(at(OPENING)));
    let mut memory = Box::new(Memory::new());
    let mut host = Host::start(&world, authority.factory(), &mut memory);
    assert_eq!(host.ask(&authority.initialisation())["status"], "OK");
    let mut buffer = [0; 32 * 1024];
    while !stop.load(Ordering::Relaxed) {
        let length = terminal.receive(&mut buffer, Duration::from_millis(10)).unwrap();
        let answer = host.exchange(&buffer[..length]);
        terminal.send(&answer);
        if host.wants_restart() {
            host.restart();
            world.reboot();
            host = Host::start(&world, authority.factory(), Box::leak(Box::new(Memory::new())));
        }
    }
    world.state().slots.running
}

fn image(bench: &Bench, name: &str, byte: u8) -> Vec<u8> {
    let image: Vec<u8> = (0..10_000_u32).map(|at| (at % 241) as u8 ^ byte).collect();
    fs::write(bench.folder.join(name), &image).unwrap();
    image
}

#[test]
fn a_firmware_is_delivered_and_the_device_runs_it() {
    let bench = Bench::new("update");
    let order = Authority::default().firmware(8, "2026.12.01", &image(&bench, "new.bin", 0));
    fs::write(bench.folder.join("order"), order).unwrap();
    let desk = Desk::start(&bench.folder.join("port"));
    let said = bench.ask("update", &["--order", "@order", "new.bin", "--lang", "en"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("2026.12.01, on trial"), "{said:?}");
    assert_eq!(bench.status()["status"], "OK");
    assert_eq!(desk.end(), 1);
}

#[test]
fn an_image_that_is_not_the_orders_is_refused_and_the_old_firmware_runs_on() {
    let bench = Bench::new("update-other");
    let right = image(&bench, "new.bin", 0);
    let order = Authority::default().firmware(8, "2026.12.01", &right);
    fs::write(bench.folder.join("order"), order).unwrap();
    image(&bench, "other.bin", 1);
    fs::write(bench.folder.join("short.bin"), &right[..9_000]).unwrap();
    let desk = Desk::start(&bench.folder.join("port"));
    let said = bench.ask("update", &["--order", "@order", "other.bin"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("FIRMWARE_REFUSED"), "{said:?}");
    let said = bench.ask("update", &["--order", "@order", "short.bin", "--lang", "en"]);
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.err.contains("10000 bytes"), "{said:?}");
    let said = bench.ask("update", &["--order", "no order", "new.bin"]);
    assert_eq!(said.code, 2, "{said:?}");
    assert_eq!(desk.end(), 0);
}

#[test]
fn a_simulator_stays_what_it_is() {
    let (bench, simulator) = Bench::ready("update-simulator");
    image(&bench, "new.bin", 0);
    let ordered = bench.run(&[
        "authority",
        "firmware",
        "--keys",
        "def/authority",
        "--device",
        "DEF-000001",
        "--image",
        "new.bin",
        "--build",
        "9",
        "--version",
        "9",
        "--from",
        "2026-03-01T00:00:00",
        "--until",
        "2026-06-01T00:00:00",
    ]);
    assert_eq!(ordered.code, 0, "{ordered:?}");
    let said = bench.ask("update", &["--order", ordered.out.trim(), "new.bin"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("FIRMWARE_REFUSED"), "{said:?}");
    simulator.kill();
}
