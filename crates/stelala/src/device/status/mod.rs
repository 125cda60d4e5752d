//! `device status`: how the device is, and what it needs.

mod needs;

use clap::Args;
use def_protocol::{
    Request,
    reply::{Acknowledged, DeviceStatus, ErrorCount, FlashState, Lifecycle, OfflineState, SelfTest},
};
use fiscal::{Amount, FiscalNumber, InvoiceNumber, Timestamp, UtcOffset};
use verify_cli::Lang;

use super::{
    connection::{Connection, ConnectionArgs},
    failure::Failure,
    figures,
    page::Page,
    speech::{counted, pick, print, print_answer, say},
};
use crate::authority;

/// A device's answer to `QRY|STATUS`.
pub(super) type Status = DeviceStatus<String, Vec<ErrorCount>>;

/// A look at the device.
#[derive(Args)]
pub(crate) struct StatusCommand {
    #[command(flatten)]
    pub(super) connection: ConnectionArgs,
}

impl StatusCommand {
    /// Asks, and says it in words, or as the device did.
    pub(super) fn run(&self) -> Result<(), Failure> {
        let mut device = self.connection.connect()?;
        if self.connection.speech.json {
            return Ok(print_answer(&device.tell_json(Request::Status)?)?);
        }
        let status = read(&mut device)?;
        let now = authority::now()?;
        Ok(print(&page(self.connection.speech.lang, &status, now).to_string())?)
    }
}

/// Asks how it is.
pub(super) fn read(device: &mut Connection) -> Result<Status, Failure> {
    device.tell(Request::Status)
}

/// The outlet's zone; before INIT, Kinshasa's.
pub(super) fn zone(status: &Status) -> UtcOffset {
    status.utc_offset_minutes.and_then(UtcOffset::from_minutes).unwrap_or(UtcOffset::KINSHASA)
}

fn page(lang: Lang, status: &Status, now: Timestamp) -> Page {
    let mut page = Page::new(say!(lang, "{} : {}", "{}: {}", status.device_id, needs::state(lang, status)));
    identity(lang, status, &mut page);
    page.fact(pick(lang, "Horloge", "Clock"), clock(lang, status, now));
    page.fact(pick(lang, "Clôtures", "Closures"), closures(lang, status));
    page.fact(pick(lang, "Accusé de réception", "Acknowledged"), acknowledged(lang, status));
    page.fact(pick(lang, "Hors ligne", "Offline"), offline(lang, status.offline.as_ref()));
    page.fact(pick(lang, "Mémoire", "Memory"), storage(lang, &status.storage));
    page.fact(pick(lang, "Élément sécurisé", "Secure element"), element(lang, status));
    page.fact(pick(lang, "Depuis le démarrage", "Since its start"), metrics(lang, status));
    if let Some(recovery) = &status.recovery {
        page.fact(pick(lang, "Reprise", "Recovery"), needs::recovery(lang, recovery));
    }
    if let Some(corrupt) = &status.corrupt {
        page.fact(pick(lang, "Journal abîmé", "Damaged journal"), needs::corrupt(lang, corrupt));
    }
    page.list(pick(lang, "À faire", "To do"), needs::of(lang, status, now));
    page
}

fn identity(lang: Lang, status: &Status, page: &mut Page) {
    let life = match status.lifecycle {
        Lifecycle::Factory => pick(lang, "neuf", "new"),
        Lifecycle::Provisioned => pick(lang, "lié, n'a encore rien scellé", "bound, has sealed nothing yet"),
        Lifecycle::Active => pick(lang, "en service", "in service"),
        Lifecycle::Revoked => pick(lang, "révoqué", "revoked"),
        Lifecycle::Decommissioned => pick(lang, "retiré du service", "decommissioned"),
    };
    let left = pick(lang, ", a quitté son point de vente", ", has left its outlet");
    page.fact(
        pick(lang, "État", "State"),
        format_args!("{life}{}", if status.handed_over { left } else { "" }),
    );
    let version = &status.firmware_version;
    match status.firmware_build {
        0 => page.fact(pick(lang, "Programme", "Firmware"), version),
        build => page.fact(pick(lang, "Programme", "Firmware"), format_args!("{version} ({build})")),
    }
    if let Some(SelfTest { failed: Some(part), .. }) = &status.self_test {
        page.fact(pick(lang, "Autotest", "Self-test"), part);
    }
    if let (Some(outlet), Some(nif)) = (status.outlet_id, status.merchant_nif) {
        page.fact(pick(lang, "Point de vente", "Outlet"), format_args!("{outlet}, NIF {nif}"));
    }
    let number = InvoiceNumber::new(status.next_invoice_seq);
    if let (Some(prefix), Some(number)) = (status.fiscal_number_prefix, number) {
        let next = FiscalNumber { prefix, epoch: status.epoch, number };
        page.fact(pick(lang, "Prochain numéro", "Next number"), next);
    }
    if let Some(key) = status.public_key_id {
        page.fact(pick(lang, "Clé", "Key"), key);
    }
}

fn clock(lang: Lang, status: &Status, now: Timestamp) -> String {
    let Some(time) = status.time else {
        return pick(lang, "sans heure", "without a time").to_owned();
    };
    let (ahead, behind) = (time.seconds_after(now), now.seconds_after(time));
    let drift = match (ahead, behind) {
        (0..=1, 0..=1) => pick(lang, "comme cette machine", "as this machine").to_owned(),
        (0, behind) => {
            let behind = figures::span(lang, behind);
            say!(lang, "{behind} de retard sur cette machine", "{behind} behind this machine")
        }
        (ahead, _) => {
            let ahead = figures::span(lang, ahead);
            say!(lang, "{ahead} d'avance sur cette machine", "{ahead} ahead of this machine")
        }
    };
    format!("{}, {drift}", figures::local(time, zone(status)))
}

fn closures(lang: Lang, status: &Status) -> String {
    let sales = counted(lang, status.unclosed, ["facture", "factures"], ["invoice", "invoices"]);
    match status.closures {
        0 => say!(lang, "aucune, {sales} à clôturer", "none, {sales} to close"),
        number => say!(lang, "Z n° {number}, {sales} depuis", "Z No {number}, {sales} since"),
    }
}

fn acknowledged(lang: Lang, status: &Status) -> String {
    match (&status.acknowledged, status.last_sync_timestamp) {
        (Some(Acknowledged { epoch, invoice_seq }), Some(time)) => {
            let time = figures::local(time, zone(status));
            say!(lang, "jusqu'à {epoch}/{invoice_seq}, le {time}", "up to {epoch}/{invoice_seq}, on {time}")
        }
        _ => pick(lang, "jamais", "never").to_owned(),
    }
}

fn offline(lang: Lang, state: Option<&OfflineState>) -> String {
    let Some(state) = state else { return pick(lang, "sans limite", "no bound").to_owned() };
    let of = |limit: String, is_bound: bool| {
        if is_bound { say!(lang, " sur {limit}", " of {limit}") } else { String::new() }
    };
    let sales = counted(lang, state.invoices.into(), ["facture", "factures"], ["invoice", "invoices"]);
    let days = counted(lang, state.days.into(), ["jour", "jours"], ["day", "days"]);
    let sales_bound = of(state.limit_invoices.to_string(), state.limit_invoices > 0);
    let days_bound = of(state.limit_days.to_string(), state.limit_days > 0);
    let cdf_bound = of(figures::amount(lang, state.limit_cdf), state.limit_cdf > Amount::default());
    let cdf = figures::amount(lang, state.cdf);
    format!("{sales}{sales_bound}, {days}{days_bound}, {cdf}{cdf_bound} CDF")
}

fn storage(lang: Lang, flash: &FlashState) -> String {
    let used = flash.capacity_bytes.saturating_sub(flash.free_bytes);
    let share = figures::percent(lang, used, flash.capacity_bytes);
    let capacity = figures::bytes(lang, flash.capacity_bytes);
    let bad = match flash.bad_sectors {
        0 => String::new(),
        bad => say!(lang, ", {bad} secteurs hors d'usage", ", {bad} sectors out of use"),
    };
    say!(lang, "{share} de {capacity} utilisés{bad}", "{share} of {capacity} used{bad}")
}

fn element(lang: Lang, status: &Status) -> String {
    let state = &status.secure_element;
    let share = figures::percent(lang, state.counter, state.limit);
    let (counter, limit) = (figures::count(lang, state.counter), figures::count(lang, state.limit));
    let skipped = match state.skipped {
        0 => String::new(),
        skipped => say!(lang, ", {skipped} sans sceau", ", {skipped} without a seal"),
    };
    say!(
        lang,
        "{counter} signatures sur {limit} ({share}){skipped}",
        "{counter} signatures of {limit} ({share}){skipped}"
    )
}

fn metrics(lang: Lang, status: &Status) -> String {
    let metrics = &status.metrics;
    let sealed = counted(
        lang,
        metrics.commits,
        ["facture scellée", "factures scellées"],
        ["invoice sealed", "invoices sealed"],
    );
    let average = metrics.latency_ms.sum.checked_div(metrics.latency_ms.count);
    let speed = match average {
        Some(average) => say!(lang, " en {average} ms en moyenne", " in {average} ms on average"),
        None => String::new(),
    };
    let errors: Vec<String> =
        metrics.errors.iter().map(|error| format!("{} × {}", error.count, error.code)).collect();
    let refused = match errors.as_slice() {
        [] => String::new(),
        errors => say!(lang, ", refus : {}", ", refused: {}", errors.join(", ")),
    };
    format!("{sealed}{speed}{refused}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROTOCOL: &str = include_str!("../../../../../docs/protocol.md");

    /// The example of docs/protocol.md, changed.
    fn said(lang: Lang, change: impl FnOnce(&mut serde_json::Value), now: &str) -> String {
        let (_, rest) = PROTOCOL.split_once("<!-- example: reply-status -->\n```json\n").unwrap();
        let mut object = serde_json::from_str(rest.split_once("\n```").unwrap().0).unwrap();
        change(&mut object);
        page(lang, &serde_json::from_value(object).unwrap(), now.parse().unwrap()).to_string()
    }

    #[test]
    fn a_device_that_is_well_says_so_first_and_what_is_due_last() {
        let text = said(Lang::En, |_| {}, "2026-02-04T10:15:43");
        assert!(text.starts_with("BONO-USB-001: ready to seal\n"), "{text}");
        for fact in [
            "OUTLET-001, NIF A1234567Z",
            "KING-0-00000106",
            "2026-02-04 11:15:40 (UTC+1), 3 s behind this machine",
            "Z No 11, 3 invoices since",
            "up to 0/102, on 2026-02-04 10:30:00 (UTC+1)",
            "3 invoices of 5000, 0 days of 3, 116.00 CDF",
            "2% of 64 MiB used",
            "130 signatures of 2,097,151 (0%)",
            "3 invoices sealed in 180 ms on average, refused: 1 × NONCE_EXPIRED",
        ] {
            assert!(text.contains(fact), "{fact}: {text}");
        }
        let [_, needs] = text.split("To do").collect::<Vec<_>>()[..] else { panic!("{text}") };
        assert!(needs.contains("its certificate ends") && needs.lines().count() == 2, "{needs}");
    }

    #[test]
    fn a_clock_that_is_lost_behind_or_far_off_asks_for_the_time_once() {
        for (clock, time) in [("lost", serde_json::Value::Null), ("behind", "2026-02-04T10:15:40".into())] {
            let change = |status: &mut serde_json::Value| {
                status["clock"] = clock.into();
                status["time"] = time;
                status["warnings"] = serde_json::json!(["clock"]);
            };
            let text = said(Lang::Fr, change, "2026-02-04T10:15:40");
            assert!(text.starts_with("BONO-USB-001 : ne scelle rien"), "{text}");
            assert_eq!(text.matches("stelala device time").count(), 1, "{text}");
        }
        let far = said(Lang::En, |_| {}, "2026-02-04T12:20:00");
        assert!(far.contains("differ by 2 h"), "{far}");
    }

    #[test]
    fn damage_comes_before_everything_and_a_recovery_is_told() {
        let change = |status: &mut serde_json::Value| {
            status["lifecycle"] = "revoked".into();
            status["handed_over"] = true.into();
            status["corrupt"] = serde_json::json!({ "sector": 7, "position": null, "reason": "checksum" });
            status["recovery"] = serde_json::json!({ "decision": "rolled_forward", "position": 233 });
        };
        let text = said(Lang::En, change, "2026-02-04T10:15:40");
        assert!(text.starts_with("BONO-USB-001: seals nothing, its journal is damaged"), "{text}");
        assert!(
            text.contains("sector 7, checksum") && text.contains("after position 233 was complete"),
            "{text}"
        );
        let [_, needs] = text.split("To do\n").collect::<Vec<_>>()[..] else { panic!("{text}") };
        assert!(needs.starts_with("  - leave the device switched on"), "{needs}");
    }
}
