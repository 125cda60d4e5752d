//! Between the COM port and the machine's UART.

use std::{
    io::{self, ErrorKind, Read, Write},
    os::fd::AsFd,
    process::ExitStatus,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use anyhow::{Context, bail};
use def_sim::Terminal;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::machine::Machine;
use crate::device::power_failure::{Moment, Planned, PowerFailure, has_seal};

/// How long to listen before looking whether to go on.
const GLANCE: Duration = Duration::from_millis(200);
/// How long the power lasts once the device has a COMMIT in which it is to fail: a signature takes longer.
const WITHIN: Duration = Duration::from_millis(4);
/// What a host can send at once: a large invoice.
const BUFFER: usize = 32 * 1024;
/// The end of a frame.
const ETX: u8 = 0x03;

/// Passes bytes both ways, in order and without loss, and fails when it was told to.
pub(super) struct Bridge {
    machine: Machine,
    terminal: Terminal,
    /// For the machine, which did not take it yet.
    unsent: Vec<u8>,
    planned: Option<Planned>,
    /// What the machine says to a COMMIT at which the power may fail.
    held: Option<Vec<u8>>,
    buffer: Vec<u8>,
}

/// Whether to go on.
#[derive(PartialEq, Eq)]
enum Power {
    On,
    Fails,
}

impl Bridge {
    pub(super) fn new(machine: Machine, terminal: Terminal, failure: Option<PowerFailure>) -> Self {
        let planned = failure.map(Planned::new);
        Self { machine, terminal, unsent: Vec::new(), planned, held: None, buffer: vec![0; BUFFER] }
    }

    /// Waits until the firmware hears what it is sent, of which it gives a byte between frames as a sign. False: a signal
    /// came first.
    pub(super) fn wait_until_ready(&mut self, stop: &AtomicBool) -> anyhow::Result<bool> {
        while !stop.load(Ordering::Relaxed) {
            wait(&self.machine, PollFlags::IN, GLANCE)?;
            if self.listen()? > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Passes bytes until a signal comes or the power is to fail, which it says.
    pub(super) fn serve(&mut self, stop: &AtomicBool) -> anyhow::Result<bool> {
        while !stop.load(Ordering::Relaxed) {
            if self.pass()? == Power::Fails {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Cuts the machine's power.
    pub(super) fn cut_power(&mut self) -> anyhow::Result<ExitStatus> {
        self.machine.cut_power().context("the machine's guard")
    }

    fn pass(&mut self) -> anyhow::Result<Power> {
        // Hosts are not listened to while the machine does not take what they sent.
        if self.unsent.is_empty() {
            let uart = self.machine.uart.as_fd();
            let received = self.terminal.receive_beside(&mut self.buffer, GLANCE, uart);
            let (received, _) = received.context("the COM port failed: start again")?;
            if self.take_from_host(received)? == Power::Fails {
                return Ok(Power::Fails);
            }
        } else {
            wait(&self.machine, PollFlags::IN | PollFlags::OUT, GLANCE)?;
            self.tell()?;
        }
        let heard = self.listen()?;
        Ok(self.give_to_host(heard))
    }

    fn take_from_host(&mut self, length: usize) -> anyhow::Result<Power> {
        for place in 0..length {
            let byte = self.buffer[place];
            self.unsent.push(byte);
            let Some(moment) = self.planned.as_mut().and_then(|planned| planned.due(byte)) else { continue };
            self.tell_all()?;
            self.held = Some(Vec::new());
            if moment == Moment::In {
                thread::sleep(WITHIN);
                return Ok(Power::Fails);
            }
        }
        self.tell()?;
        Ok(Power::On)
    }

    /// Whoever waits for the power to fail waits for the answer that has a seal; others are passed on.
    fn give_to_host(&mut self, length: usize) -> Power {
        let heard = &self.buffer[..length];
        let Some(held) = &mut self.held else {
            self.terminal.send(heard);
            return Power::On;
        };
        held.extend_from_slice(heard);
        if has_seal(held) {
            return Power::Fails;
        }
        if held.contains(&ETX)
            && let Some(held) = self.held.take()
        {
            self.terminal.send(&held);
        }
        Power::On
    }

    /// What the machine says, into the buffer.
    fn listen(&mut self) -> anyhow::Result<usize> {
        match self.machine.uart.read(&mut self.buffer) {
            Ok(0) => self.machine_ended(),
            Ok(length) => Ok(length),
            Err(fault) if is_later(&fault) => Ok(0),
            Err(fault) if fault.kind() == ErrorKind::ConnectionReset => self.machine_ended(),
            Err(fault) => Err(fault).context("the machine's UART"),
        }
    }

    /// Gives the machine what it takes at once.
    fn tell(&mut self) -> anyhow::Result<()> {
        if self.unsent.is_empty() {
            return Ok(());
        }
        match self.machine.uart.write(&self.unsent) {
            Ok(length) => {
                self.unsent.drain(..length);
                Ok(())
            }
            Err(fault) if is_later(&fault) => Ok(()),
            Err(fault) if fault.kind() == ErrorKind::BrokenPipe => self.machine_ended(),
            Err(fault) => Err(fault).context("the machine's UART"),
        }
    }

    fn tell_all(&mut self) -> anyhow::Result<()> {
        while !self.unsent.is_empty() {
            wait(&self.machine, PollFlags::OUT, GLANCE)?;
            self.tell()?;
        }
        Ok(())
    }

    fn machine_ended<T>(&mut self) -> anyhow::Result<T> {
        self.cut_power()?;
        bail!("the machine stopped, for the reason above: start it again")
    }
}

fn wait(machine: &Machine, flags: PollFlags, timeout: Duration) -> anyhow::Result<()> {
    let timeout = Timespec::try_from(timeout)?;
    match poll(&mut [PollFd::new(&machine.uart, flags)], Some(&timeout)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(fault) => Err(fault).context("the machine's UART"),
    }
}

fn is_later(fault: &io::Error) -> bool {
    matches!(fault.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
