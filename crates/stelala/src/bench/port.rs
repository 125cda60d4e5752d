//! A device behind a pseudo-terminal, and a host that opens it as any program would.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::Context;
use def_engine::Memory;
use def_sim::{ManualClock, Terminal, World};
use def_trials::{
    Authority, Host,
    authority::{OPENING, at},
};
use rustix::termios::{self, OptionalActions};

use super::device::{SEALED, Till, commit};

/// The port, and the thread that is the device.
pub(super) struct Port {
    file: File,
    stop: Arc<AtomicBool>,
    device: Option<JoinHandle<()>>,
    till: Till,
    sales: u32,
}

impl Port {
    pub(super) fn open() -> anyhow::Result<Self> {
        let link = std::env::temp_dir().join(format!("stelala-bench-{}", std::process::id()));
        let stop = Arc::new(AtomicBool::new(false));
        let (ready, opened) = mpsc::channel();
        let (at_link, ends) = (link.clone(), stop.clone());
        let device = thread::spawn(move || match Terminal::open(at_link) {
            Ok(terminal) => serve(terminal, &ends, &ready),
            Err(fault) => _ = ready.send(Err(fault)),
        });
        opened.recv().context("the device's thread ended")?.context("the device's port")?;
        let file = OpenOptions::new().read(true).write(true).open(&link).context("opening the port")?;
        let mut modes = termios::tcgetattr(&file).context("the port's modes")?;
        modes.make_raw();
        termios::tcsetattr(&file, OptionalActions::Now, &modes).context("the port's modes")?;
        Ok(Self { file, stop, device: Some(device), till: Till::new(), sales: 0 })
    }

    /// One sale: two requests and their answers.
    pub(super) fn sell(&mut self) {
        self.sales += 1;
        let request = self.till.prepare(self.sales).to_vec();
        let prepared = self.ask(&request);
        let sealed = self.ask(commit(&prepared).as_bytes());
        assert!(
            sealed.starts_with(SEALED),
            "the benchmark's own sale: {}",
            String::from_utf8_lossy(&prepared)
        );
    }

    fn ask(&mut self, request: &[u8]) -> Vec<u8> {
        let mut answer = Vec::new();
        if self.file.write_all(request).is_err() {
            return answer;
        }
        let mut buffer = [0; 4096];
        while answer.last() != Some(&3) {
            match self.file.read(&mut buffer) {
                Ok(length) if length > 0 => answer.extend_from_slice(&buffer[..length]),
                _ => break,
            }
        }
        answer
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(device) = self.device.take() {
            // What the thread panicked with was printed.
            let _ = device.join();
        }
    }
}

fn serve(mut terminal: Terminal, stop: &AtomicBool, ready: &mpsc::Sender<Result<(), def_sim::HostFault>>) {
    let authority = Authority::default();
    let world = World::new(4_096, 7);
    world.change(|state| state.clock = ManualClock::at(at(OPENING)));
    let mut memory = Box::new(Memory::new());
    let mut host = Host::start(&world, authority.factory(), &mut memory);
    host.ask(&authority.initialisation());
    host.rest();
    let _ = ready.send(Ok(()));
    let mut buffer = [0; 4096];
    while !stop.load(Ordering::Relaxed) {
        let Ok(length) = terminal.receive(&mut buffer, Duration::from_millis(50)) else { return };
        if length > 0 {
            let answer = host.exchange(&buffer[..length]);
            terminal.send(&answer);
            if !answer.is_empty() {
                world.pass(Duration::from_millis(500));
                host.rest();
            }
        }
    }
}
