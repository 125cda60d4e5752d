//! The device at the other end of `--port`.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use def_client::{Address, Answer, Host, HostFault, HostPace, Lost, Port};
use def_protocol::Request;
use serde::de::DeserializeOwned;
use verify_cli::Lang;

use super::{
    failure::{Failure, Trouble},
    progress::Progress,
    speech::Speech,
    words::faults,
};
use crate::random;

/// Where the device is, and how to answer.
#[derive(Args)]
pub(super) struct ConnectionArgs {
    /// The device's port: a path like /dev/ttyACM0, or tcp://HOST:PORT of a serial server.
    #[arg(long, value_name = "PATH", value_parser = address)]
    pub(super) port: Address,
    /// How many seconds to look for the port, or to wait for another program to give it up.
    #[arg(long, value_name = "SECONDS", default_value_t = 3)]
    wait: u32,
    #[command(flatten)]
    pub(super) speech: Speech,
}

/// A device that is asked.
pub(super) struct Connection {
    pub(super) host: Host<Port, HostPace>,
    address: Address,
    lang: Lang,
}

impl ConnectionArgs {
    /// The line is opened at the first question.
    pub(super) fn connect(&self) -> anyhow::Result<Connection> {
        let mut host = Host::new(Port::new(&self.port), HostPace::start(), random::number()?);
        host.set_patience(Duration::from_secs(self.wait.into()));
        Ok(Connection { host, address: self.port.clone(), lang: self.speech.lang })
    }
}

impl Connection {
    /// Asks until there is an answer, and reads it.
    pub(super) fn tell<T: DeserializeOwned>(&mut self, request: Request<'_>) -> Result<T, Failure> {
        let json = self.tell_json(request)?;
        let command = request.command();
        serde_json::from_str(&json).map_err(|_| self.failure(HostFault::Foreign { command }))
    }

    /// The same, as the device wrote it.
    pub(super) fn tell_json(&mut self, request: Request<'_>) -> Result<String, Failure> {
        let mut progress = Progress::of_answer();
        let told = self.host.tell_json(request, &mut |sign| progress.at(sign.done, sign.total));
        progress.clear();
        told.map_err(|fault| self.failure(fault))
    }

    /// Asks once: for what must not be asked twice.
    pub(super) fn ask(&mut self, request: Request<'_>, progress: &mut Progress) -> Result<Answer, Lost> {
        let answered = self.host.ask(request, &mut |sign| progress.at(sign.done, sign.total));
        progress.clear();
        answered
    }

    /// What a lost answer means for a person.
    pub(super) fn lost(&self, lost: &Lost, request: Request<'_>) -> Trouble {
        faults::of_lost(self.lang, lost, request.command(), &self.address)
    }

    pub(super) fn failure(&self, fault: HostFault) -> Failure {
        match fault {
            HostFault::Refused(refusal) => Failure::Refused(refusal),
            fault => Failure::Trouble(faults::of_host(self.lang, &fault, &self.address)),
        }
    }
}

/// An address that can be one; whether a device is there, opening it shows.
fn address(text: &str) -> Result<Address, String> {
    let Ok(address) = text.parse::<Address>();
    let fits = match &address {
        Address::Serial(path) => *path != PathBuf::new(),
        Address::Tcp(host) => host
            .rsplit_once(':')
            .is_some_and(|(name, port)| !name.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0)),
    };
    if fits { Ok(address) } else { Err("write a path like /dev/ttyACM0, or tcp://HOST:PORT".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_a_path_or_a_host_with_a_port() {
        for right in ["/dev/ttyACM0", "port", "tcp://localhost:4001", "tcp://[::1]:4001"] {
            assert!(address(right).is_ok(), "{right}");
        }
        for wrong in
            ["", "tcp://", "tcp://localhost", "tcp://localhost:", "tcp://:4001", "tcp://a:0", "tcp://a:70000"]
        {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
