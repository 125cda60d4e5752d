//! Between the COM port and the machine's UART.

use std::{
    io::{self, ErrorKind, Read, Write},
    os::fd::AsFd,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use anyhow::{Context, bail};
use def_client::{HostPace, Pace};
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
pub(super) struct Bridge<'s> {
    machine: Machine,
    terminal: Terminal,
    /// A signal came.
    stop: &'s AtomicBool,
    /// For the machine, which did not take it yet.
    unsent: Vec<u8>,
    planned: Option<Planned>,
    /// What the machine says to a COMMIT at which the power may fail.
    held: Option<Vec<u8>>,
    from_host: Vec<u8>,
    from_machine: Vec<u8>,
}

/// Whether to go on.
#[derive(Debug, PartialEq, Eq)]
enum Power {
    On,
    Fails,
}

impl<'s> Bridge<'s> {
    pub(super) fn new(
        machine: Machine,
        terminal: Terminal,
        failure: Option<PowerFailure>,
        stop: &'s AtomicBool,
    ) -> Self {
        let planned = failure.map(Planned::new);
        let (from_host, from_machine) = (vec![0; BUFFER], vec![0; BUFFER]);
        Self { machine, terminal, stop, unsent: Vec::new(), planned, held: None, from_host, from_machine }
    }

    /// Waits until the firmware hears what it is sent, of which it gives a byte between frames as a sign. False: a signal
    /// came first.
    pub(super) fn wait_until_ready(&mut self, longest: Duration) -> anyhow::Result<bool> {
        let mut pace = HostPace::start();
        while !self.is_stopped() {
            wait(&self.machine, PollFlags::IN, GLANCE.min(longest))?;
            if self.listen()? > 0 {
                return Ok(true);
            }
            if pace.elapsed() >= longest {
                bail!(
                    "the firmware did not start within {} seconds: start it again, and if it stays so name another with --firmware ELF",
                    longest.as_secs()
                );
            }
        }
        Ok(false)
    }

    /// Passes bytes until a signal comes or the power is to fail, which it says.
    pub(super) fn serve(&mut self) -> anyhow::Result<bool> {
        while !self.is_stopped() {
            if self.pass()? == Power::Fails {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Cuts the machine's power. A fault: not all that it wrote may be in its files.
    pub(super) fn cut_power(&mut self) -> anyhow::Result<()> {
        if self.machine.cut_power().context("the machine's guard")?.success() {
            return Ok(());
        }
        bail!(
            "the machine was not stopped in order, for the reason above, and may have lost what it answered last: start it again and compare `stelala device status` with the last receipt; if that is missing, sell no more with this state"
        )
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn pass(&mut self) -> anyhow::Result<Power> {
        // Hosts are not listened to while the machine does not take what they sent.
        if !self.unsent.is_empty() {
            return self.exchange();
        }
        let uart = self.machine.uart.as_fd();
        let received = self.terminal.receive_beside(&mut self.from_host, GLANCE, uart);
        let (received, _) = received.context("the COM port failed: start again")?;
        if self.take_from_host(received)? == Power::Fails {
            return Ok(Power::Fails);
        }
        let heard = self.listen()?;
        Ok(self.give_to_host(heard))
    }

    fn take_from_host(&mut self, length: usize) -> anyhow::Result<Power> {
        for place in 0..length {
            let byte = self.from_host[place];
            self.unsent.push(byte);
            let Some(moment) = self.planned.as_mut().and_then(|planned| planned.due(byte)) else { continue };
            if self.tell_all()? == Power::Fails {
                return Ok(Power::Fails);
            }
            if self.is_stopped() {
                break;
            }
            self.held.get_or_insert_default();
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
        let heard = &self.from_machine[..length];
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

    /// What the machine says, into its buffer.
    fn listen(&mut self) -> anyhow::Result<usize> {
        match self.machine.uart.read(&mut self.from_machine) {
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

    /// Gives the machine all that it is to have, unless a signal comes.
    fn tell_all(&mut self) -> anyhow::Result<Power> {
        while !self.unsent.is_empty() && !self.is_stopped() {
            if self.exchange()? == Power::Fails {
                return Ok(Power::Fails);
            }
        }
        Ok(Power::On)
    }

    /// Waits until the machine takes or says something: one that cannot speak does not listen either.
    fn exchange(&mut self) -> anyhow::Result<Power> {
        wait(&self.machine, PollFlags::IN | PollFlags::OUT, GLANCE)?;
        let heard = self.listen()?;
        if self.give_to_host(heard) == Power::Fails {
            return Ok(Power::Fails);
        }
        self.tell()?;
        Ok(Power::On)
    }

    fn machine_ended<T>(&mut self) -> anyhow::Result<T> {
        self.machine.cut_power().context("the machine's guard")?;
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

#[cfg(test)]
mod tests;
