use def_protocol::{
    Output,
    reply::{
        Accepted, Acknowledged, ClockState, Corruption, CounterState, DeviceStatus, ErrorCount, FlashState,
        Latency, Lifecycle, Metrics, OfflineState, Recovery, SelfTest, Streamed, Warning, Warnings,
    },
    token::Realm,
};
use fiscal::{Amount, InvoiceNumber, Position, Timestamp};

use crate::{
    board::{Board, Protection, SecureElement},
    device::{Core, Line},
    journal::geometry::SECTOR,
    refusal::Refusal,
    state::Ended,
    vault::{COUNTER_LIMIT, COUNTER_WARNING, Part, Trouble, Vault, name},
};

impl<B: Board> Core<'_, B> {
    /// `QRY|STATUS`: nothing of it is searched for.
    #[inline(never)] // Each command pays for its own stack only.
    pub(crate) fn status<O: Output>(&mut self, line: &mut Line<'_, O>) -> Result<(), Refusal> {
        let challenge = self.vault.challenge();
        let (time, clock) = self.vault.time();
        let counter = self.vault.element.counter().unwrap_or(u64::from(self.vault.state.point.counter));
        let debug_locked = self.vault.protection.debug_locked();
        let vault = &self.vault;
        let state = &vault.state;
        let activation = state.binding.as_ref().map(|binding| &binding.activation);
        let head = state.point.head;
        let key = vault.key().ok().map(|key| key.id());
        let metrics = Metrics {
            prepares: self.metrics.prepares,
            commits: self.metrics.commits,
            latency_ms: Latency {
                count: self.metrics.commits,
                sum: self.metrics.latency_sum,
                max: self.metrics.latency_max,
            },
            expired_nonces: self.metrics.expired_nonces,
            retries: self.metrics.retries,
            errors: Streamed::each(self.metrics.errors().map(|(code, count)| ErrorCount { code, count })),
        };
        let _ = line.send(&DeviceStatus {
            status: Accepted::Ok,
            firmware_version: vault.factory.firmware.version,
            device_id: vault.factory.serial,
            next_invoice_seq: head.number.map_or(0, InvoiceNumber::value) + 1,
            free_memory_bytes: vault.journal.free_bytes(),
            last_sync_timestamp: state.acknowledged.map(|held| held.time),
            nonce_pool: self.pool.free() as u32,
            lifecycle: lifecycle(vault),
            handed_over: state.handed_over,
            outlet_id: activation.map(|activation| activation.outlet),
            merchant_nif: activation.map(|activation| activation.nif),
            fiscal_number_prefix: activation.map(|activation| activation.prefix),
            utc_offset_minutes: activation.map(|activation| activation.offset.minutes()),
            epoch: state.point.epoch,
            last_position: head.position.map_or(0, Position::value),
            head_hash: head.hash,
            public_key_id: key,
            time,
            clock,
            challenge,
            closures: u64::from(state.counted.closures),
            unclosed: u64::from(state.counted.session.sales.count),
            acknowledged: state
                .acknowledged
                .map(|held| Acknowledged { epoch: held.epoch, invoice_seq: held.number.value() }),
            offline: offline(vault, time),
            secure_element: CounterState {
                counter,
                limit: COUNTER_LIMIT,
                skipped: state.counted.session.skipped,
            },
            storage: storage(vault),
            recovery: vault
                .recovered
                .map(|found| Recovery { decision: name(found.decision), position: found.position }),
            corrupt: vault.trouble.as_ref().map(corruption),
            self_test: vault
                .self_test
                .map(|test| SelfTest { time: test.time, failed: test.failed.map(Part::name) }),
            firmware_build: vault.factory.firmware.build,
            debug_locked,
            warnings: warnings(vault, clock, counter, time, debug_locked),
            metrics,
        });
        Ok(())
    }
}

fn lifecycle<B: Board>(vault: &Vault<'_, B>) -> Lifecycle {
    match (&vault.state.binding, vault.state.ended) {
        (None, _) => Lifecycle::Factory,
        (_, Some(Ended::Decommissioned)) => Lifecycle::Decommissioned,
        (_, Some(Ended::Revoked)) => Lifecycle::Revoked,
        (Some(_), None) if vault.state.point.invoices == 0 => Lifecycle::Provisioned,
        (Some(_), None) => Lifecycle::Active,
    }
}

fn offline<B: Board>(vault: &Vault<'_, B>, time: Option<Timestamp>) -> Option<OfflineState> {
    let policy = vault.state.binding.as_ref()?.activation.policy;
    let offline = vault.offline(time.unwrap_or(vault.state.point.head.time));
    let centimes = i64::try_from(offline.cdf).unwrap_or(i64::MAX);
    Some(OfflineState {
        invoices: u32::try_from(offline.invoices).unwrap_or(u32::MAX),
        days: u32::try_from(offline.days).unwrap_or(u32::MAX),
        cdf: Amount::from_centimes(centimes).unwrap_or(Amount::MAX),
        limit_invoices: policy.invoices,
        limit_days: u32::from(policy.days),
        limit_cdf: policy.cdf,
    })
}

fn storage<B: Board>(vault: &Vault<'_, B>) -> FlashState {
    let sectors = vault.journal.ring().sectors;
    FlashState {
        capacity_bytes: u64::from(sectors) * u64::from(SECTOR),
        free_bytes: vault.journal.free_bytes(),
        sectors,
        bad_sectors: vault.journal.bad_sectors(),
        erased_ahead: vault.journal.erased_ahead(),
    }
}

fn corruption(trouble: &Trouble) -> Corruption<&'static str> {
    let (sector, reason) = match *trouble {
        Trouble::Corrupt { place, reason } => (Some(place.sector.0), reason),
        Trouble::Flash => (None, "the flash failed"),
        Trouble::Element => (None, "the secure element did not answer"),
        Trouble::SelfTest(part) => (None, part.name()),
        Trouble::Counter { .. } => (None, "the secure element's counter and the newest record disagree"),
    };
    Corruption { sector, position: None, reason }
}

fn warnings<B: Board>(
    vault: &Vault<'_, B>,
    clock: ClockState,
    counter: u64,
    time: Option<Timestamp>,
    debug_locked: bool,
) -> Warnings {
    let ring = vault.journal.ring();
    let policy = vault.state.binding.as_ref().map(|binding| binding.activation.policy).unwrap_or_default();
    let offline = vault.offline(time.unwrap_or(vault.state.point.head.time));
    let near = |limit: u64, value: u64| limit > 0 && value * 10 >= limit * 9;
    let cdf_limit = policy.cdf.centimes().unsigned_abs();
    let session = &vault.state.counted.session;
    [
        (vault.journal.free_sectors() <= ring.reserve() + ring.sectors / 10, Warning::Flash),
        (clock != ClockState::Ok, Warning::Clock),
        (counter >= COUNTER_WARNING || session.skipped > 0, Warning::Counter),
        (
            near(policy.invoices.into(), offline.invoices)
                || near(policy.days.into(), offline.days)
                || cdf_limit > 0 && offline.cdf * 10 >= u128::from(cdf_limit) * 9,
            Warning::Offline,
        ),
        (session.sales.kinds.is_nearly_full() || session.groups.is_nearly_full(), Warning::Totals),
        (!debug_locked && vault.factory.realm == Realm::Production, Warning::Debug),
    ]
    .into_iter()
    .filter_map(|(holds, warning)| holds.then_some(warning))
    .collect()
}
