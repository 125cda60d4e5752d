//! The authority: a simulator in a process of its own, which keeps its books on the disk.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context, bail};
use cloud_trials::{NIF, Place};
use ledger::Nim;
use serde_json::{Value, json};

use crate::{cloud::ask, picture::Booked};

/// A simulator, running or killed.
pub(crate) struct Authority<'a> {
    place: &'a Place,
    child: Option<Child>,
    address: SocketAddr,
    pub(crate) machines: Vec<Machine>,
}

/// A machine as the simulator names it.
pub(crate) struct Machine {
    pub(crate) nim: Nim,
    pub(crate) token: String,
}

/// How long each call takes, in milliseconds: a kill meets calls that are out.
const LATENCY: &str = "15";
/// Something else may have its port for a moment.
const STARTS: u32 = 40;
const PAUSE: Duration = Duration::from_millis(250);
/// So many invoices are in a page of the books.
const PAGE: usize = 100;

impl<'a> Authority<'a> {
    /// A new one at a free port, with so many machines.
    pub(crate) fn new(place: &'a Place, machines: usize) -> anyhow::Result<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut authority = Self { place, child: None, address, machines: Vec::new() };
        authority.start(machines)?;
        Ok(authority)
    }

    /// Starts it again where it was, with its books.
    pub(crate) fn start_again(&mut self) -> anyhow::Result<()> {
        let machines = self.machines.len();
        for _ in 0..STARTS {
            if self.start(machines).is_ok() {
                return Ok(());
            }
            thread::sleep(PAUSE);
        }
        self.start(machines)
    }

    fn start(&mut self, machines: usize) -> anyhow::Result<()> {
        let mut command = self.place.program();
        command.args(["edef", "simulate", "--nif", NIF, "--latency", LATENCY]);
        command.args(["--listen", &self.address.to_string(), "--machines", &machines.to_string()]);
        command.arg("--state").arg(self.place.folder.join("authority.sqlite"));
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let said = child.stdout.take().context("a pipe was asked for")?;
        let mut found = Vec::new();
        for line in BufReader::new(said).lines() {
            let line = line?;
            if let Some(address) = line.strip_prefix("listening at http://") {
                self.address = address.parse()?;
            } else if let Some(machine) = machine(&line) {
                found.push(machine);
            } else if line.starts_with("look inside") {
                // Its last word: before, it would end by a pipe that nobody reads.
                break;
            }
        }
        if found.len() != machines {
            child.kill()?;
            child.wait()?;
            bail!("the simulator did not start at {}", self.address);
        }
        (self.child, self.machines) = (Some(child), found);
        Ok(())
    }

    /// `kill -9`, and its end.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn nims(&self) -> Vec<Nim> {
        self.machines.iter().map(|machine| machine.nim.clone()).collect()
    }

    /// From now on answers are lost, late or nonsense, some in a thousand of each kind.
    pub(crate) fn fail(&self) -> anyhow::Result<()> {
        let status = |moment: &str| json!({ "status": { "status": 500, "moment": moment } });
        let faults: [(Value, u16, Option<&str>); 9] = [
            (json!({ "lost": "after" }), 15, Some("confirm")),
            (json!({ "lost": "before" }), 10, Some("confirm")),
            (status("after"), 8, Some("confirm")),
            (json!({ "malformed": "after" }), 5, Some("confirm")),
            (json!("no_code"), 4, Some("confirm")),
            (json!({ "lost": "after" }), 10, Some("request")),
            (status("before"), 10, None),
            (json!({ "slow": 400 }), 20, None),
            (json!("partial_list"), 50, Some("status")),
        ];
        for (kind, per_mille, on) in faults {
            let fault = json!({ "kind": kind, "often": { "per_mille": per_mille }, "on": on });
            self.ask("POST", "/simulator/faults", Some(&fault))?;
        }
        Ok(())
    }

    /// No confirm is answered from now on: at the first machine each has its effect, at the second none. Nor does either
    /// say what waits.
    pub(crate) fn fall_silent(&self) -> anyhow::Result<()> {
        for (machine, lost) in self.machines.iter().zip(["after", "before"]) {
            for (on, lost) in [("status", "before"), ("confirm", lost)] {
                let (kind, often) = (json!({ "lost": lost }), json!({ "per_mille": 1_000 }));
                let fault = json!({ "kind": kind, "often": often, "on": on, "nim": machine.nim.as_str() });
                self.ask("POST", "/simulator/faults", Some(&fault))?;
            }
        }
        Ok(())
    }

    /// It works as it should from now on.
    pub(crate) fn heal(&self) -> anyhow::Result<()> {
        self.ask("DELETE", "/simulator/faults", Some(&json!({}))).map(drop)
    }

    /// How many invoices it has finalised.
    pub(crate) fn finalised(&self) -> anyhow::Result<u64> {
        let machines = self.ask("GET", "/simulator/machines", None)?;
        let machines = machines.as_array().context("the simulator names no machines")?;
        Ok(machines.iter().filter_map(|machine| machine["finalised"].as_u64()).sum())
    }

    /// Everything that it has finalised.
    pub(crate) fn books(&self) -> anyhow::Result<Vec<Booked>> {
        let mut books = Vec::new();
        for machine in &self.machines {
            let mut after = 0;
            loop {
                let path = format!("/simulator/machines/{}/invoices?after={after}", machine.nim);
                let page = self.ask("GET", &path, None)?;
                let page = page.as_array().context("the simulator's books")?;
                for booked in page {
                    books.push(serde_json::from_value(booked.clone())?);
                }
                let last = page.last().and_then(|booked| booked["number"].as_u64());
                after = last.unwrap_or(after);
                if page.len() < PAGE {
                    break;
                }
            }
        }
        Ok(books)
    }

    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        ask((self.address, ""), method, path, body)
    }
}

/// `e-MCF CD01009999-1 of A2301457K, token …`
fn machine(line: &str) -> Option<Machine> {
    let (nim, rest) = line.strip_prefix("e-MCF ")?.split_once(" of ")?;
    let (_, token) = rest.split_once(", token ")?;
    Some(Machine { nim: nim.parse().ok()?, token: token.to_owned() })
}

impl Drop for Authority<'_> {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.kill());
    }
}
