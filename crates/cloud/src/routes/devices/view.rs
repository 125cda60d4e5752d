use std::sync::Arc;

use def_protocol::reply::ClockState;
use fiscal::{DeviceId, OutletId, Timestamp};
use ledger::{LedgerStore, Refusal, StoreFault};
use registry::{Device, Mode, Reach, Registry, RegistryFault};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    devices::{Brief, Live, Report, drift},
    problem::Problem,
};

/// A fiscal memory, as the registry knows it and as it said last that it is.
#[derive(Serialize, ToSchema)]
#[schema(as = Device)]
pub(crate) struct DeviceView {
    /// What stands on it, and in each of its seals as `device_id`.
    #[schema(example = "DEF-000123")]
    pub(crate) serial: String,
    /// Its outlet, for its life.
    #[schema(example = "KIN-GOMBE-01")]
    outlet_id: String,
    /// Whose outlet that is.
    #[schema(example = "mer_0123456789abcdefghjk")]
    merchant_id: String,
    /// Where in its life it is.
    #[schema(value_type = DeviceStateName)]
    state: &'static str,
    /// Who is wanted to seal at its outlet.
    #[schema(value_type = crate::routes::modes::ModeName)]
    mode: &'static str,
    /// Whether that is not so yet.
    switching: bool,
    /// Whether it holds its outlet's line of numbers.
    holds_line: bool,
    /// Which device holds it; null while the cloud's own signer does.
    #[schema(example = "DEF-000123")]
    line_holder: Option<String>,
    /// Whether it can be asked now: its proxy is connected to this cloud, and sees it.
    reachable: bool,
    /// Since when its proxy is connected, while it can be asked.
    #[schema(example = "2026-03-14T07:32:11Z")]
    reachable_since: Option<String>,
    /// Whether its proxy is connected to this cloud now.
    proxy_connected: bool,
    /// When it said last how it is.
    #[schema(example = "2026-03-14T07:32:11Z")]
    last_seen: Option<String>,
    /// Since when it is registered.
    #[schema(example = "2026-03-14T07:32:11Z")]
    registered: String,
    /// Since when it has a key.
    activated: Option<String>,
    /// Since when it has the authority's leave.
    homologated: Option<String>,
    /// When its life ended, and why.
    ended: Option<EndedView>,
    /// The key with which it seals.
    #[schema(example = "f857ae4ed6e34e33")]
    public_key_id: Option<String>,
    /// Its newest certificate that was not revoked.
    certificate: Option<CertificateView>,
    /// Which program it runs.
    #[schema(example = "2026.02.17")]
    firmware_version: Option<String>,
    /// Which program its proxy is.
    proxy_version: Option<String>,
    /// In which epoch it gives numbers.
    epoch: Option<u32>,
    /// The number that its next invoice would get.
    next_invoice_seq: Option<u64>,
    /// Its secure element's counter.
    counter: Option<CounterView>,
    /// Its clock, while it can be asked.
    clock: Option<ClockView>,
    /// Its journal's flash.
    storage: Option<StorageView>,
    /// Records in its proxy's spool that this cloud does not hold yet.
    waiting: Option<u64>,
    /// How long a sale took at its proxy.
    latency: Option<LatencyView>,
    /// What will need someone soon, or does now.
    #[schema(example = json!(["certificate"]))]
    warnings: Vec<String>,
}

/// How a device's life ended.
#[derive(Serialize, ToSchema)]
#[schema(as = EndedDevice)]
pub(crate) struct EndedView {
    /// When.
    time: String,
    /// Why.
    reason: String,
}

/// A device's certificate.
#[derive(Serialize, ToSchema)]
#[schema(as = DeviceCertificate)]
pub(crate) struct CertificateView {
    /// Its last second.
    not_after: String,
    /// How many days are left; below zero when it has ended.
    days_left: i64,
}

/// A secure element's counter.
#[derive(Serialize, ToSchema)]
#[schema(as = DeviceCounter)]
pub(crate) struct CounterView {
    /// Where it stands.
    value: u64,
    /// Where it ends.
    limit: u64,
}

/// A device's clock.
#[derive(Serialize, ToSchema)]
#[schema(as = DeviceClock)]
pub(crate) struct ClockView {
    /// `ok`, `lost` or `behind`.
    #[schema(value_type = ClockStateName)]
    state: &'static str,
    /// By how many seconds it was ahead of the cloud's.
    drift_seconds: Option<i64>,
}

/// A device's flash.
#[derive(Serialize, ToSchema)]
#[schema(as = DeviceStorage)]
pub(crate) struct StorageView {
    /// All of it.
    capacity_bytes: u64,
    /// What is left.
    free_bytes: u64,
}

/// How long sales took at a proxy since it started, from the first PREPARE to the seal.
#[derive(Serialize, ToSchema)]
#[schema(as = DeviceLatency)]
pub(crate) struct LatencyView {
    /// How many.
    count: u64,
    /// All together, in milliseconds.
    sum_ms: u64,
    /// The longest, in milliseconds.
    max_ms: u64,
    /// Nonces that expired before their COMMIT.
    expired_nonces: u64,
    /// Questions that were asked again.
    retries: u64,
}

/// Where in its life a device is.
#[derive(ToSchema)]
#[schema(as = DeviceState)]
#[allow(dead_code, reason = "it describes the form only")]
pub(crate) enum DeviceStateName {
    #[schema(rename = "registered")]
    Registered,
    #[schema(rename = "activated")]
    Activated,
    #[schema(rename = "pending_homologation")]
    PendingHomologation,
    #[schema(rename = "active")]
    Active,
    #[schema(rename = "revoked")]
    Revoked,
    #[schema(rename = "lost")]
    Lost,
    #[schema(rename = "decommissioned")]
    Decommissioned,
}

/// How far a clock may be believed.
#[derive(ToSchema)]
#[schema(as = ClockState)]
#[allow(dead_code, reason = "it describes the form only")]
pub(crate) enum ClockStateName {
    #[schema(rename = "ok")]
    Ok,
    #[schema(rename = "lost")]
    Lost,
    #[schema(rename = "behind")]
    Behind,
}

/// What is asked of the database about one device.
struct Kept {
    device: Device,
    mode: (Mode, bool),
    holder: Option<DeviceId>,
    report: Option<Report>,
    drift: Option<i64>,
}

/// Devices as they are shown.
pub(crate) async fn views(app: &Arc<App>, devices: Vec<Device>) -> Result<Vec<DeviceView>, Problem> {
    let kept = app.ask(move |store| devices.into_iter().map(|device| kept(store, device)).collect());
    let kept: Vec<Kept> = kept.await?;
    let now = app.clock.now();
    Ok(kept.into_iter().map(|kept| view(app, kept, now)).collect())
}

/// One of them.
pub(crate) async fn view_of(app: &Arc<App>, device: Device) -> Result<DeviceView, Problem> {
    let view = views(app, vec![device]).await?.pop();
    view.ok_or_else(|| Problem::from(Refusal::NotFound("the device")))
}

fn kept(store: &mut dyn LedgerStore, device: Device) -> Result<Kept, StoreFault> {
    let (outlet, serial): (OutletId, DeviceId) = (device.outlet, device.serial);
    let holder = store.head(outlet)?.and_then(|head| head.holder);
    let mut registry = Registry::over(store);
    let of_registry = |fault: RegistryFault| match fault {
        RegistryFault::Store(fault) => fault,
        other => StoreFault::Unavailable(other.to_string()),
    };
    let mode = registry.mode(outlet).map_err(of_registry)?;
    let health = registry.health(&Reach::Platform, serial).map_err(of_registry)?;
    let drift = health.as_ref().and_then(|health| health.clock_drift);
    let report = health.and_then(|health| serde_json::from_str(&health.report).ok());
    let wants_device = mode.mode == Mode::Def;
    let switching = match wants_device {
        true => holder != mode.device || mode.reached.is_none(),
        false => holder.is_some(),
    };
    Ok(Kept { device, mode: (mode.mode, switching), holder, report, drift })
}

fn view(app: &App, kept: Kept, now: Timestamp) -> DeviceView {
    let Kept { device, mode: (mode, switching), holder, report, drift: kept_drift } = kept;
    let link = app.devices.as_ref().and_then(|devices| devices.link(device.serial));
    let live = link.as_ref().map(|link| link.live()).unwrap_or_default();
    let (brief, drift) = brief(&live, report.as_ref(), kept_drift);
    // A session begins with a proof by the device itself; from then on its proxy says whether it sees it.
    let line_up = live.proxy.as_ref().is_none_or(|proxy| proxy.line_up);
    let proxy = live.proxy.or(report.and_then(|report| report.proxy));
    let mut warnings: Vec<String> = live.warnings.iter().map(|warning| (*warning).to_owned()).collect();
    if link.is_none() {
        warnings = brief.as_ref().map(|brief| brief.warnings.clone()).unwrap_or_default();
    }
    let doubts = app.devices.as_ref().map(|devices| devices.promises.warnings(device.serial));
    warnings.extend(doubts.into_iter().flatten().map(str::to_owned));
    let reachable = link.is_some() && line_up;
    let time = |time: Timestamp| format!("{time}Z");
    DeviceView {
        serial: device.serial.to_string(),
        outlet_id: device.outlet.to_string(),
        merchant_id: device.merchant.to_string(),
        state: device.state.name(),
        mode: mode.name(),
        switching,
        holds_line: holder == Some(device.serial),
        line_holder: holder.map(|holder| holder.to_string()),
        reachable,
        reachable_since: link.as_ref().filter(|_| reachable).map(|link| time(link.since)),
        proxy_connected: link.is_some(),
        last_seen: live.at.or(device.seen).map(time),
        registered: time(device.registered),
        activated: device.activation.as_ref().map(|activation| time(activation.time)),
        homologated: device.homologation.as_ref().map(|homologation| time(homologation.time)),
        ended: device
            .ended
            .as_ref()
            .map(|ended| EndedView { time: time(ended.time), reason: ended.reason.to_string() }),
        public_key_id: device.public_key.map(|key| key.id().to_string()),
        certificate: device.certificate_expires.map(|until| certificate(until, now)),
        firmware_version: device
            .firmware_version
            .as_ref()
            .map(ToString::to_string)
            .filter(|version| version != "?"),
        proxy_version: proxy.as_ref().map(|proxy| proxy.version.to_string()),
        epoch: brief.as_ref().map(|brief| brief.epoch),
        next_invoice_seq: brief.as_ref().map(|brief| brief.next_invoice_seq),
        counter: brief.as_ref().map(|brief| CounterView { value: brief.counter, limit: brief.counter_limit }),
        clock: brief
            .as_ref()
            .filter(|_| reachable)
            .map(|brief| ClockView { state: clock(brief.clock), drift_seconds: drift }),
        storage: brief
            .as_ref()
            .map(|brief| StorageView { capacity_bytes: brief.capacity_bytes, free_bytes: brief.free_bytes }),
        waiting: proxy.as_ref().map(|proxy| proxy.spooled),
        latency: proxy.as_ref().map(|proxy| LatencyView {
            count: proxy.seal_ms.count,
            sum_ms: proxy.seal_ms.sum,
            max_ms: proxy.seal_ms.max,
            expired_nonces: proxy.expired_nonces,
            retries: proxy.retries,
        }),
        warnings,
    }
}

/// What it says now, or what was kept of what it said last.
fn brief(live: &Live, report: Option<&Report>, kept: Option<i64>) -> (Option<Brief>, Option<i64>) {
    match (live.status.as_deref(), live.at) {
        (Some(status), Some(at)) => (Some(Brief::of(status)), drift(status, at)),
        _ => {
            let status = report.and_then(|report| report.status.clone());
            (status.and_then(|status| serde_json::from_value(status).ok()), kept)
        }
    }
}

fn certificate(until: Timestamp, now: Timestamp) -> CertificateView {
    const DAY: i64 = 24 * 60 * 60;
    let seconds = i64::try_from(until.unix()).unwrap_or(i64::MAX) - i64::try_from(now.unix()).unwrap_or(0);
    CertificateView { not_after: format!("{until}Z"), days_left: seconds.div_euclid(DAY) }
}

const fn clock(state: ClockState) -> &'static str {
    match state {
        ClockState::Ok => "ok",
        ClockState::Lost => "lost",
        ClockState::Behind => "behind",
    }
}
