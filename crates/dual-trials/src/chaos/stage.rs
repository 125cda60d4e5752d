//! The machines of a run, and what is done to them.

use std::{net::SocketAddr, thread, time::Duration};

use anyhow::{Context, bail, ensure};
use serde_json::json;

use super::{
    SHOPS,
    schedule::{Deed, Schedule},
    shop::Shop,
    tally::Tally,
    till::Asked,
};
use crate::{
    Client, Machine, OUTLETS, Outlet, Relay, Way, instant,
    place::{Board, Place},
    until,
};

/// Cloud, devices, proxies and the ways between them.
pub(super) struct Stage<'p> {
    place: &'p Place,
    board: Board,
    cloud: Option<Machine>,
    cloud_at: SocketAddr,
    for_tills: Relay,
    tunnels: Vec<Relay>,
    devices: Vec<Option<Machine>>,
    proxies: Vec<Option<Machine>>,
    switching: Vec<thread::JoinHandle<Result<(), String>>>,
    tally: Tally,
}

/// The exit code of a simulator whose power failed because it was told to.
const POWER_FAILED: i32 = 9;
/// How long activation, a switch or a drain may take when nothing fails.
const CALM: Duration = Duration::from_secs(120);
/// How long a switch is waited for while everything fails.
const SWITCH: Duration = Duration::from_secs(6);
const SWITCH_ATTEMPTS: u32 = 5;
const SWITCH_PAUSE: Duration = Duration::from_millis(250);

impl<'p> Stage<'p> {
    /// Cloud, relays, devices and proxies, all running.
    pub(super) fn raise(place: &'p Place, board: Board) -> anyhow::Result<Self> {
        let (cloud, cloud_at) = place.cloud()?;
        let tunnels: Vec<_> = (0..SHOPS).map(|_| Relay::start(cloud_at)).collect::<anyhow::Result<_>>()?;
        let mut stage = Self {
            place,
            board,
            cloud: Some(cloud),
            cloud_at,
            for_tills: Relay::start(cloud_at)?,
            tunnels,
            devices: (0..SHOPS).map(|_| None).collect(),
            proxies: (0..SHOPS).map(|_| None).collect(),
            switching: Vec::new(),
            tally: Tally::default(),
        };
        for shop in 0..SHOPS {
            stage.plug(shop, None)?;
        }
        Ok(stage)
    }

    pub(super) fn cloud_for_tills(&self) -> SocketAddr {
        self.for_tills.address()
    }

    /// Has both devices activated, and the second outlet's line go to its device.
    pub(super) fn open(&mut self, shop: &Shop) -> anyhow::Result<()> {
        for outlet in 0..SHOPS {
            self.start_proxy(outlet, shop)?;
            let local = shop.local(outlet).context("a proxy that runs listens")?;
            self.place.activate(outlet, self.cloud_at, local)?;
        }
        let mut client = self.place.client(self.cloud_at);
        self.place.switch(&mut client, 1, true, CALM)
    }

    /// Does all that a schedule says, when it says.
    pub(super) fn play(&mut self, schedule: &Schedule, shop: &Shop) -> anyhow::Result<()> {
        let began = instant();
        for timed in &schedule.0 {
            while began.elapsed() < Duration::from_millis(timed.at) {
                self.mend(shop)?;
                thread::sleep(Duration::from_millis(5));
            }
            self.act(timed.deed, shop).with_context(|| format!("{timed:?}"))?;
            *self.tally.deeds.entry(name(timed.deed).to_owned()).or_default() += 1;
        }
        Ok(())
    }

    /// What failed because it was told to is started again.
    pub(super) fn mend(&mut self, _shop: &Shop) -> anyhow::Result<()> {
        for (shop, outlet) in OUTLETS.iter().enumerate() {
            let Some(device) = &mut self.devices[shop] else { continue };
            match device.ended()? {
                None => {}
                Some(POWER_FAILED) => {
                    self.tally.power_cuts += 1;
                    self.plug(shop, None)?;
                }
                Some(code) => bail!("the device of {} ended by itself with {code}", outlet.id),
            }
        }
        for (shop, proxy) in self.proxies.iter_mut().enumerate() {
            if let Some(code) = proxy.as_mut().and_then(|proxy| proxy.ended().transpose()).transpose()? {
                bail!("the proxy of {} ended by itself with {code}", OUTLETS[shop].id);
            }
        }
        if let Some(code) = self.cloud.as_mut().and_then(|cloud| cloud.ended().transpose()).transpose()? {
            bail!("the cloud ended by itself with {code}");
        }
        Ok(())
    }

    fn act(&mut self, deed: Deed, shop: &Shop) -> anyhow::Result<()> {
        match deed {
            Deed::KillProxy(at) => {
                shop.set_local(at, None);
                kill(&mut self.proxies[at])?;
            }
            Deed::StartProxy(at) => self.start_proxy(at, shop)?,
            Deed::Sleep(at) => self.proxies[at].as_ref().map_or(Ok(()), Machine::pause)?,
            Deed::Wake(at) => self.proxies[at].as_ref().map_or(Ok(()), Machine::go_on)?,
            Deed::Unplug(at) => drop(stop(&mut self.devices[at])?),
            Deed::CutPower(at) => kill(&mut self.devices[at])?,
            Deed::Plug(at) => self.plug(at, None)?,
            Deed::PlugToFail(at, in_commit, nth) => self.plug(at, Some((in_commit, nth)))?,
            Deed::KillCloud => kill(&mut self.cloud)?,
            Deed::StopCloud => ensure!(stop(&mut self.cloud)?, "the cloud did not end in good order"),
            Deed::StartCloud => self.start_cloud()?,
            Deed::CutTunnel(at, silently) => self.tunnels[at].cut(silently),
            Deed::HealTunnel(at) => self.tunnels[at].heal(),
            Deed::CutTills(silently) => self.for_tills.cut(silently),
            Deed::HealTills => self.for_tills.heal(),
            Deed::LoseOnTunnel(at, way) => self.tunnels[at].lose(way),
            Deed::LoseForTills => self.for_tills.lose(Way::Down),
            Deed::Switch(at) => self.switch(at),
        }
        Ok(())
    }

    fn plug(&mut self, shop: usize, fails: Option<(bool, u64)>) -> anyhow::Result<()> {
        self.devices[shop] = Some(self.place.device(shop, self.board, fails)?);
        Ok(())
    }

    fn start_proxy(&mut self, at: usize, shop: &Shop) -> anyhow::Result<()> {
        let (proxy, address) = self.place.proxy(at, self.tunnels[at].address())?;
        self.proxies[at] = Some(proxy);
        shop.set_local(at, Some(address));
        Ok(())
    }

    fn start_cloud(&mut self) -> anyhow::Result<()> {
        let (cloud, address) = self.place.cloud()?;
        (self.cloud, self.cloud_at) = (Some(cloud), address);
        self.tunnels.iter().chain([&self.for_tills]).for_each(|relay| relay.retarget(address));
        Ok(())
    }

    /// Asks for the other signer, beside everything else and a few times; that it is refused is no fault.
    fn switch(&mut self, at: usize) {
        let client = Client::new(self.for_tills.address(), Some(self.place.api_key.clone()), SWITCH);
        self.switching.push(thread::spawn(move || ask_for_the_other(client, OUTLETS[at])));
    }

    /// Everything is there again, and stays.
    pub(super) fn heal(&mut self, shop: &Shop) -> anyhow::Result<()> {
        self.tunnels.iter().chain([&self.for_tills]).for_each(Relay::heal);
        if self.cloud.is_none() {
            self.start_cloud()?;
        }
        for at in 0..SHOPS {
            if self.devices[at].is_none() {
                self.plug(at, None)?;
            }
            match &self.proxies[at] {
                Some(proxy) => proxy.go_on()?,
                None => self.start_proxy(at, shop)?,
            }
        }
        // Each asks again and again for many seconds: a device whose power fails meanwhile is not left away for that.
        while !self.switching.iter().all(thread::JoinHandle::is_finished) {
            self.mend(shop)?;
            thread::sleep(Duration::from_millis(5));
        }
        for switching in std::mem::take(&mut self.switching) {
            match switching.join() {
                Ok(Ok(())) => self.tally.switched += 1,
                Ok(Err(why)) => shop.refused(&format!("switch: {why}")),
                Err(_) => bail!("a thread panicked"),
            }
        }
        Ok(())
    }

    /// Waits until the ledger has everything that a terminal believes sealed.
    pub(super) fn drain(&mut self, asked: &[Asked], shop: &Shop) -> anyhow::Result<()> {
        let mut client = self.place.client(self.cloud_at);
        let mut waiting: Vec<_> =
            asked.iter().filter_map(Asked::seal).map(|seal| seal.fiscal_number).collect();
        let drained = until(CALM, || {
            self.mend(shop)?;
            while let Some(number) = waiting.last() {
                match client.get(&format!("/api/v1/invoices/{number}")) {
                    Ok(answer) if answer.status == 200 => drop(waiting.pop()),
                    _ => return Ok(None),
                }
            }
            Ok(Some(()))
        })?;
        if drained.is_none() {
            shop.violation(format!("{:?} is sealed, and never comes to the ledger", waiting.last()));
        }
        Ok(())
    }

    /// Ends all in good order; says whether it was.
    pub(super) fn end(&mut self) -> anyhow::Result<bool> {
        let mut orderly = true;
        for machine in self.proxies.iter_mut().chain(&mut self.devices).chain([&mut self.cloud]) {
            if let Some(machine) = machine {
                let ended = machine.stop()?;
                orderly &= ended || machine.ended()? == Some(POWER_FAILED);
            }
            *machine = None;
        }
        Ok(orderly)
    }

    pub(super) fn tally(&self) -> Tally {
        let lost = self.tunnels.iter().chain([&self.for_tills]).map(Relay::lost).sum();
        Tally { lost, ..self.tally.clone() }
    }
}

/// Has the line go to the signer that it is not at.
fn ask_for_the_other(mut client: Client, outlet: Outlet) -> Result<(), String> {
    let path = format!("/api/v1/outlets/{}/mode", outlet.id);
    let mut why = String::new();
    for _ in 0..SWITCH_ATTEMPTS {
        let asked = client.get(&path).and_then(|mode| match mode.json()["mode"].as_str() {
            Some("cloud") => client.send("PUT", &path, &json!({ "mode": "def", "device": outlet.device })),
            Some(_) => client.send("PUT", &path, &json!({ "mode": "cloud" })),
            None => Ok(mode),
        });
        match asked {
            Ok(answer) if answer.status == 200 => return Ok(()),
            Ok(answer) => why = answer.code(),
            Err(fault) => why = fault.kind().to_string(),
        }
        thread::sleep(SWITCH_PAUSE);
    }
    Err(why)
}

fn kill(machine: &mut Option<Machine>) -> anyhow::Result<()> {
    machine.take().map_or(Ok(()), |mut machine| machine.kill())
}

/// Whether it ended in good order, if it was there.
fn stop(machine: &mut Option<Machine>) -> anyhow::Result<bool> {
    machine.take().map_or(Ok(true), |mut machine| machine.stop())
}

/// What tallies call it.
const fn name(deed: Deed) -> &'static str {
    match deed {
        Deed::KillProxy(_) => "proxies killed",
        Deed::StartProxy(_) => "started",
        Deed::Sleep(_) => "put to sleep",
        Deed::Wake(_) => "woken",
        Deed::Unplug(_) => "devices unplugged",
        Deed::CutPower(_) => "powers cut",
        Deed::Plug(_) => "plugged",
        Deed::PlugToFail(..) => "plugged to fail",
        Deed::KillCloud => "clouds killed",
        Deed::StopCloud => "clouds stopped",
        Deed::StartCloud => "clouds started",
        Deed::CutTunnel(..) => "tunnels cut",
        Deed::HealTunnel(_) => "healed",
        Deed::CutTills(_) => "ways of terminals cut",
        Deed::HealTills => "healed for terminals",
        Deed::LoseOnTunnel(..) => "losses on a tunnel",
        Deed::LoseForTills => "losses for terminals",
        Deed::Switch(_) => "switches asked for",
    }
}
