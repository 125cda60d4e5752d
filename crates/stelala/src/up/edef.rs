//! The tax authority as a simulator in this process, and the shops' machines there.

use std::{
    net::{Ipv4Addr, SocketAddr},
    thread,
    time::Duration,
};

use ::sync::{JobFilter, JobState, Machine, MachineChange, NewMachine, Sight, StateCount};
use anyhow::Context;
use edef_sim::{MachineView, Options, Simulator, Wanted};

use super::{
    day::{NIF, OUTLET},
    place::{Place, SECOND},
};
use crate::{edef::Office, random};

/// What the cloud's configuration says of it.
pub(super) const SECTION: &str =
    "[authority]\nenabled = true\nhosts = [\"127.0.0.1\"]\nallow_loopback = true\n";
/// What it keeps, in the folder.
const STATE: &str = "authority.db";
/// The homologated system's id, of which the simulator knows none.
const ISF: &str = "STELALA-1";
/// So often it is looked, for a minute.
const LOOKS: u32 = 600;
const PAUSE: Duration = Duration::from_millis(100);

/// The simulated authority, until it is dropped: after the cloud, so that no answer is lost.
pub(super) struct SimulatedAuthority {
    simulator: Simulator,
    office: Office,
}

/// How the invoices stand.
pub(super) struct Arrived {
    /// So many are at the authority, and their codes in the ledger.
    pub(super) synced: u64,
    /// So many are not.
    pub(super) others: u64,
}

impl SimulatedAuthority {
    /// Starts it beside the cloud, before that: each shop has its machine then. None in a folder of an older version.
    pub(super) fn open(place: &Place) -> anyhow::Result<Option<Self>> {
        if place.config().authority.is_none() {
            return Ok(None);
        }
        let office = Office::of(place.config().clone())?;
        let known = office.machines()?;
        let simulator = started(place, &known)?;
        let url = office.address(&simulator.url())?;
        for (outlet, view) in [OUTLET, SECOND].into_iter().zip(simulator.machines()) {
            let nim = view.nim.to_string();
            let before =
                known.iter().find(|machine| machine.nim.as_ref().is_some_and(|known| known.as_str() == nim));
            match before {
                Some(machine) if machine.url == url => {}
                Some(machine) => move_to(&office, machine, &view, &url)?,
                None => register(&office, outlet, &view, &url)?,
            }
        }
        Ok(Some(Self { simulator, office }))
    }

    /// Its page.
    pub(super) fn url(&self) -> String {
        self.simulator.url()
    }

    /// Waits until what was sold is there and its code is in the ledger, or needs a person; at most a minute.
    pub(super) fn wait(&self, sold: u64, is_over: impl Fn() -> bool) -> anyhow::Result<Arrived> {
        let mut looks = 0;
        loop {
            looks += 1;
            let counts = self.office.desk(|desk, _| Ok(desk.counts(Sight::All, true)?))?;
            let count = |of: fn(JobState) -> bool| -> u64 {
                counts.iter().filter(|count| of(count.state)).map(|StateCount { count, .. }| count).sum()
            };
            let synced = count(|state| state == JobState::Synced);
            let under_way =
                count(|state| matches!(state, JobState::Pending | JobState::Submitted | JobState::Retry));
            let all = count(|_| true);
            let is_done = all >= sold && under_way == 0 && self.is_recorded()?;
            if is_done || is_over() || looks >= LOOKS {
                return Ok(Arrived { synced, others: all.max(sold) - synced });
            }
            thread::sleep(PAUSE);
        }
    }

    /// Whether the ledger holds each code.
    fn is_recorded(&self) -> anyhow::Result<bool> {
        const PAGE: usize = 500;
        let filter = JobFilter { states: vec![JobState::Synced], ..JobFilter::default() };
        self.office.desk(|desk, _| {
            let mut after = None;
            loop {
                let page = desk.jobs(Sight::All, &filter, after, PAGE)?;
                if page.iter().any(|listed| !listed.job.recorded) {
                    return Ok(false);
                }
                match page.last() {
                    Some(last) if page.len() == PAGE => after = Some(last.cursor()),
                    _ => return Ok(true),
                }
            }
        })
    }
}

/// Where its machines were found before, if that is free: what is in doubt is asked for there.
fn started(place: &Place, known: &[Machine]) -> anyhow::Result<Simulator> {
    let options = |port| Options {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        state: Some(place.folder().join(STATE)),
        machines: vec![Wanted::of(NIF); 2],
        ..Options::default()
    };
    let port = place.authority_port();
    if port != 0 {
        let started = edef_sim::spawn(options(port));
        return started.context(
            "the simulated authority takes the port two above the cloud's: set another with --port",
        );
    }
    let before = known.first().and_then(|machine| machine.url.as_str().rsplit(':').next()?.parse().ok());
    if let Some(simulator) = before.and_then(|port| edef_sim::spawn(options(port)).ok()) {
        return Ok(simulator);
    }
    edef_sim::spawn(options(0)).context("the simulated authority does not start")
}

fn register(office: &Office, outlet: &str, view: &MachineView, url: &edef::ApiUrl) -> anyhow::Result<()> {
    let new = NewMachine {
        url: url.clone(),
        nim: view.nim.to_string().parse()?,
        nif: NIF.parse()?,
        isf: ISF.parse()?,
        dialect: edef::Dialect::default(),
        token: view.token.as_str().parse()?,
        outlets: vec![outlet.parse()?],
        exclusive: true,
        is_test: true,
    };
    let (owned, vault) = (office.owner_of_nif(new.nif)?, office.vault()?);
    office.desk(|desk, asked| {
        desk.create_machine(&new, owned.owner(), &vault, &mut random::fill, asked)?;
        Ok(())
    })
}

/// The same machine at another port.
fn move_to(office: &Office, machine: &Machine, view: &MachineView, url: &edef::ApiUrl) -> anyhow::Result<()> {
    let token = Some(view.token.as_str().parse()?);
    let change = MachineChange { url: Some(url.clone()), token, ..MachineChange::default() };
    let (owned, vault) = (office.owner_of(machine)?, office.vault()?);
    office.desk(|desk, asked| {
        desk.change_machine(&machine.id, &change, owned.owner(), &vault, &mut random::fill, asked)?;
        Ok(())
    })
}
