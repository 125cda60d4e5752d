//! One of every reply, in the host's types.

use def_protocol::{
    ErrorCode, Nonce, SnapshotPeriod,
    reply::{
        Accepted, Acknowledged, Article, Articles, Attested, ClockState, ClosureGroup, ClosureReport,
        Committed, Corruption, CounterState, CurrencyTotals, DeviceStatus, DigestLine, Dump, ErrorCount,
        FirmwareProgress, FlashState, Initialised, JournalLine, Latency, Lifecycle, LogEntry, Logged,
        Metrics, Nature, Obeyed, OfflineState, Prepared, Presence, Recovery, Refused, Seal, SelfTest,
        Snapshot, SnapshotTotals, TaxLine, TimeSet, Waiting, Warning,
    },
};
use fiscal::{
    Currency, Epoch, EventKind, InvoiceType, PriceMode, PrivateKey, RecordHash, Signature, Validated,
};

use crate::support::{PAYLOAD, prefix, public_key, sealed_event, sealed_invoice, sealed_pair, signing_key};

const OK: Accepted = Accepted::Ok;

pub(crate) fn seal() -> Seal {
    Seal::of(&sealed_invoice(), prefix()).unwrap()
}

pub(crate) fn committed() -> Committed {
    Committed(seal())
}

pub(crate) fn refused() -> Refused<String> {
    let mut refused = Refused::new(ErrorCode::ReplayDetected, "sealed before: ask QRY|LOG 0/105".to_owned());
    refused.epoch = Some(0);
    refused.invoice_seq = Some(105);
    refused
}

pub(crate) fn corrupt() -> Refused<String> {
    let mut refused = Refused::new(ErrorCode::StorageCorrupt, "\"sector\" 7 \\ \n\t\u{1}é".to_owned());
    refused.sector = Some(7);
    refused.position = Some(118);
    refused
}

pub(crate) fn waiting() -> Waiting {
    Waiting::new(400, 12_000)
}

pub(crate) fn prepared() -> Prepared<String> {
    let Prepared { status, nonce, expires_in, message } = Prepared::new(Nonce([0xA7; 16]), 7);
    Prepared { status, nonce, expires_in, message: message.to_owned() }
}

pub(crate) fn logged() -> Logged<String, Vec<TaxLine>> {
    let sale = Validated::read(PAYLOAD).unwrap();
    let invoice = sale.invoice();
    let seal = seal();
    Logged {
        status: OK,
        log_entry: LogEntry {
            record_type: invoice.invoice_type,
            sequence: seal.invoice_seq,
            timestamp: seal.timestamp,
            merchant_nif: invoice.merchant_nif,
            client_registration: String::new(),
            buyer_id: String::new(),
            total: invoice.totals.total,
            vat_total: invoice.totals.total_vat,
            totals: invoice.totals.into(),
            tax_breakdown: invoice.tax_groups.iter().map(TaxLine::from).collect(),
            prev_hash: seal.previous_hash,
            signature: seal.signature,
            sealed: seal,
            payload: String::from_utf8(PAYLOAD.to_vec()).unwrap(),
        },
    }
}

fn currencies() -> Vec<CurrencyTotals> {
    let amount = |text: &str| text.parse().unwrap();
    vec![CurrencyTotals {
        currency: Currency::CDF,
        sales: amount("232.00"),
        returns: amount("0.00"),
        voids: amount("-116.00"),
        net: amount("116.00"),
        vat: amount("16.00"),
        count: 3,
    }]
}

pub(crate) fn closure() -> ClosureReport<Vec<ClosureGroup>, Vec<CurrencyTotals>> {
    let date = "2026-02-04".parse().unwrap();
    let group = ClosureGroup {
        tax_group: "standard_vat".parse().unwrap(),
        base: "200.00".parse().unwrap(),
        vat: "32.00".parse().unwrap(),
        rate: "0.16".parse().unwrap(),
        currency: Currency::CDF,
        invoice_type: InvoiceType::Sale,
        nature: None,
        count: 2,
    };
    let void = ClosureGroup {
        base: "-100.00".parse().unwrap(),
        vat: "-16.00".parse().unwrap(),
        invoice_type: InvoiceType::CreditNote,
        nature: Some(Nature::Void),
        count: 1,
        ..group
    };
    let record = *sealed_event(EventKind::Closure, "closure 12").record();
    ClosureReport {
        status: OK,
        period: date,
        sequence_start: Some(103),
        sequence_end: Some(105),
        totals: vec![group, void],
        currencies: currencies(),
        closure: 12,
        repeated: false,
        first_day: date,
        last_day: date,
        position_start: 113,
        position_end: 116,
        previous_hash: RecordHash([0x3D; 32]),
        last_hash: record.link.previous,
        counter_skipped: 0,
        record,
    }
}

pub(crate) fn snapshot() -> Snapshot<Vec<CurrencyTotals>> {
    Snapshot {
        status: OK,
        period: SnapshotPeriod::Session,
        transaction_count: 3,
        totals: SnapshotTotals { total: "116.00".parse().unwrap(), vat: "16.00".parse().unwrap() },
        since: "2026-02-04T05:58:11".parse().ok(),
        sequence_start: Some(103),
        sequence_end: Some(105),
        currencies: currencies(),
    }
}

pub(crate) fn articles() -> Articles<Vec<Article<String>>, String> {
    let article = |code: &str, description: &str, quantity: &str, amount: &str, unit: &str| Article {
        code: code.parse().unwrap(),
        description: description.to_owned(),
        quantity: quantity.parse().unwrap(),
        tax_group: "standard_vat".parse().unwrap(),
        amount: amount.parse().unwrap(),
        currency: Currency::CDF,
        unit: unit.to_owned(),
        price_mode: PriceMode::Exclusive,
    };
    Articles {
        status: OK,
        articles: vec![
            article("ITEM-001", "Service Plan", "2", "2320.00", "unit"),
            article("RIZ-25", "Riz \"parfumé\" au détail", "-0.125", "-300.00", "kg"),
        ],
        last: false,
        next: Some("RIZ-25:5d0c8a3b9f21e604".to_owned()),
    }
}

pub(crate) fn dump() -> Dump<Vec<JournalLine<String>>> {
    let line = JournalLine {
        record: *sealed_invoice().record(),
        payload: Some(String::from_utf8(PAYLOAD.to_vec()).unwrap()),
    };
    Dump { status: OK, chunk_index: 117, records: vec![line], last: true }
}

pub(crate) fn digests() -> Dump<Vec<DigestLine>> {
    let records = sealed_pair().iter().map(DigestLine::from).collect();
    Dump { status: OK, chunk_index: 118, records, last: false }
}

pub(crate) fn obeyed() -> Obeyed<String, String> {
    let body = "epoch 1 after 0/105";
    Obeyed {
        status: OK,
        message: "Counters reset to zero".to_owned(),
        device_id: "BONO-USB-001".parse().unwrap(),
        record: Some(*sealed_event(EventKind::Epoch, body).record()),
        body: Some(body.to_owned()),
    }
}

pub(crate) fn obeyed_silently() -> Obeyed<String, String> {
    Obeyed { message: "acknowledged".to_owned(), record: None, body: None, ..obeyed() }
}

pub(crate) fn time_set() -> TimeSet {
    TimeSet { status: OK, timestamp: "2026-02-04T10:00:00".parse().unwrap() }
}

/// What the ledger drew.
pub(crate) const CHALLENGE: [u8; 32] = [0xC4; 32];

pub(crate) fn presence() -> Presence {
    let attested = Attested {
        device_id: "BONO-USB-001".parse().unwrap(),
        epoch: Epoch(0),
        last_position: 117,
        head_hash: seal().record_hash,
        time: "2026-02-04T10:15:40".parse().ok(),
    };
    let signature = signing_key(1).sign(&attested.hash(&CHALLENGE)).unwrap();
    Presence::new(attested, public_key(1).id(), Signature::normalised(signature).unwrap())
}

pub(crate) fn firmware() -> FirmwareProgress<String> {
    FirmwareProgress {
        status: OK,
        version: "2026.03.02".to_owned(),
        received: 4_096,
        length: 245_760,
        restarts: false,
    }
}

pub(crate) fn initialised() -> Initialised<String> {
    let body = "provisioned";
    Initialised {
        status: OK,
        device_id: "BONO-USB-001".parse().unwrap(),
        fiscal_number_prefix: prefix(),
        public_key: public_key(1).to_pem(),
        record: *sealed_event(EventKind::Provisioned, body).record(),
        body: body.to_owned(),
    }
}

pub(crate) fn status() -> DeviceStatus<String, Vec<ErrorCount>> {
    DeviceStatus {
        status: OK,
        firmware_version: "2026.02.17".to_owned(),
        device_id: "BONO-USB-001".parse().unwrap(),
        next_invoice_seq: 106,
        free_memory_bytes: 65_536_000,
        last_sync_timestamp: "2026-02-04T09:30:00".parse().ok(),
        nonce_pool: 8,
        lifecycle: Lifecycle::Active,
        handed_over: false,
        outlet_id: "OUTLET-001".parse().ok(),
        merchant_nif: "A1234567Z".parse().ok(),
        fiscal_number_prefix: Some(prefix()),
        utc_offset_minutes: Some(60),
        epoch: Epoch(0),
        last_position: 117,
        head_hash: seal().record_hash,
        public_key_id: Some(public_key(1).id()),
        time: "2026-02-04T10:15:40".parse().ok(),
        clock: ClockState::Ok,
        challenge: Nonce([0x5C; 16]),
        closures: 11,
        unclosed: 3,
        acknowledged: Some(Acknowledged { epoch: Epoch(0), invoice_seq: 102 }),
        offline: Some(OfflineState {
            invoices: 3,
            days: 0,
            cdf: "116.00".parse().unwrap(),
            limit_invoices: 5_000,
            limit_days: 3,
            limit_cdf: "0.00".parse().unwrap(),
        }),
        secure_element: CounterState { counter: 130, limit: 2_097_151, skipped: 0 },
        storage: FlashState {
            capacity_bytes: 67_108_864,
            free_bytes: 65_536_000,
            sectors: 16_384,
            bad_sectors: 0,
            erased_ahead: 2,
        },
        recovery: None,
        corrupt: None,
        self_test: Some(SelfTest { time: "2026-02-04T08:00:03".parse().ok(), failed: None }),
        firmware_build: 17,
        debug_locked: true,
        warnings: [Warning::Certificate].into_iter().collect(),
        metrics: Metrics {
            prepares: 4,
            commits: 3,
            latency_ms: Latency { count: 3, sum: 540, max: 212 },
            expired_nonces: 1,
            retries: 0,
            errors: vec![ErrorCount { code: ErrorCode::NonceExpired, count: 1 }],
        },
    }
}

/// Made and no one's, with everything that can be amiss.
pub(crate) fn first_status() -> DeviceStatus<String, Vec<ErrorCount>> {
    let mut status = status();
    status.last_sync_timestamp = None;
    status.lifecycle = Lifecycle::Factory;
    status.outlet_id = None;
    status.merchant_nif = None;
    status.fiscal_number_prefix = None;
    status.utc_offset_minutes = None;
    status.public_key_id = None;
    status.time = None;
    status.clock = ClockState::Lost;
    status.acknowledged = None;
    status.offline = None;
    status.recovery = Some(Recovery { decision: "retired".to_owned(), position: 3 });
    status.corrupt = Some(Corruption { sector: Some(7), position: None, reason: "checksum".to_owned() });
    status.self_test = Some(SelfTest { time: None, failed: Some("randomness".to_owned()) });
    status.debug_locked = false;
    let warnings = [Warning::Flash, Warning::Clock, Warning::Counter, Warning::Offline, Warning::Totals];
    status.warnings = warnings.into_iter().chain([Warning::Debug]).collect();
    status.metrics.errors.clear();
    status
}
