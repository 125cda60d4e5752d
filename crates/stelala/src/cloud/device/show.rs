use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Args;
use fiscal::{DeviceId, Timestamp};
use registry::{CertificateRecord, Device, DeviceHealth, OutletMode, Reach};

use super::super::{
    configured::ConfigArgs,
    desk::{Desk, now},
};

/// Of the cloud of a configuration.
#[derive(Args)]
pub(crate) struct ListCommand {
    #[command(flatten)]
    config: ConfigArgs,
}

/// Which device.
#[derive(Args)]
pub(crate) struct ShowCommand {
    #[command(flatten)]
    config: ConfigArgs,
    /// The device's serial number.
    serial: DeviceId,
}

impl ListCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        const PAGE: usize = 500;
        let mut out = io::stdout().lock();
        Desk::of_existing(&self.config.read()?, |desk| {
            let mut after = None;
            loop {
                let page = desk.registry.devices(&Reach::Platform, after, PAGE)?;
                let Some(last) = page.last() else { return Ok(ExitCode::SUCCESS) };
                after = Some(last.serial);
                for device in &page {
                    writeln!(out, "{}", line(device, now()))?;
                }
            }
        })
    }
}

impl ShowCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let said = Desk::of_existing(&self.config.read()?, |desk| {
            let (reach, registry) = (&Reach::Platform, &mut desk.registry);
            let device = registry.device(reach, self.serial)?;
            let certificates = registry.certificates(reach, self.serial)?;
            let health = registry.health(reach, self.serial)?;
            let mode = registry.mode(device.outlet)?;
            Ok(of_device(&device)
                + &of_certificates(&certificates)
                + &of_health(health.as_ref())
                + &of_mode(&mode))
        })?;
        write!(io::stdout().lock(), "{said}")?;
        Ok(ExitCode::SUCCESS)
    }
}

fn line(device: &Device, now: Timestamp) -> String {
    let Device { serial, outlet, state, .. } = device;
    let more = match (device.code_expires, device.certificate_expires) {
        (Some(expires), _) if expires <= now => "its activation code is over".to_owned(),
        (Some(expires), _) => format!("its activation code is good until {expires}Z"),
        (None, Some(expires)) => format!("certified until {expires}Z"),
        (None, None) => String::new(),
    };
    let seen = device.seen.map_or(String::new(), |seen| format!("  seen {seen}Z"));
    format!("{serial:<20}  {outlet:<20}  {:<20}  {more}{seen}", state.name()).trim_end().to_owned()
}

fn of_device(device: &Device) -> String {
    let mut said = format!("{} of {}, {}\n", device.serial, device.outlet, device.merchant);
    let mut tell = |what: &str, told: Option<String>| {
        if let Some(told) = told {
            said += &format!("{what}: {told}\n");
        }
    };
    let since = |time: Timestamp| format!("{time}Z");
    tell("state", Some(device.state.to_string()));
    tell("registered", Some(format!("{}Z by {}", device.registered, device.registered_by)));
    tell("activation code until", device.code_expires.map(since));
    tell("firmware", device.firmware_version.as_ref().map(ToString::to_string));
    tell("key", device.public_key.map(|key| key.id().to_string()));
    let activation = device.activation.as_ref();
    tell("activated", activation.map(|done| format!("{}Z in epoch {}", done.time, done.epoch)));
    tell("first self-test passed", device.tested.map(since));
    let homologated = device.homologation.as_ref().map(|done| match &done.reference {
        Some(reference) => format!("{}Z, {reference}", done.time),
        None => since(done.time),
    });
    tell("homologated", homologated);
    let ended = device.ended.as_ref();
    tell("ended", ended.map(|ended| format!("{}Z, {}", ended.time, ended.reason)));
    tell(
        "last number",
        ended.and_then(|ended| ended.last).map(|(epoch, number)| match number {
            Some(number) => format!("{number} of epoch {epoch}"),
            None => format!("none of epoch {epoch}"),
        }),
    );
    said
}

fn of_certificates(all: &[CertificateRecord]) -> String {
    let line = |one: &CertificateRecord| {
        let (certificate, revoked) = (&one.certificate, one.revoked);
        let end = match revoked {
            Some((time, reason)) => format!("revoked {time}Z, {}", reason.name()),
            None => format!("until {}Z", certificate.not_after()),
        };
        format!("certificate {}: from {}Z, {end}\n", certificate.serial(), certificate.not_before())
    };
    all.iter().map(line).collect()
}

fn of_health(health: Option<&DeviceHealth>) -> String {
    let Some(health) = health else { return "never heard of\n".to_owned() };
    let mut said = format!("seen: {}Z\n", health.seen);
    if let (Some(epoch), Some(number)) = (health.epoch, health.last_number) {
        said += &format!("newest number: {number} of epoch {epoch}\n");
    }
    if let Some(drift) = health.clock_drift {
        said += &format!("its clock is ahead by: {drift} s\n");
    }
    said
}

fn of_mode(mode: &OutletMode) -> String {
    let who = mode.device.map_or_else(|| mode.mode.to_string(), |device| format!("{} ({device})", mode.mode));
    let how = match (&mode.asked, mode.reached) {
        (None, _) => String::new(),
        (Some(_), Some(reached)) => format!(", since {reached}Z"),
        (Some((asked, by)), None) => format!(", asked {asked}Z by {by} and under way"),
    };
    format!("wanted to seal at {}: {who}{how}\n", mode.outlet)
}
