//! What a device's status asks of a person.

use def_protocol::reply::{ClockState, Corruption, Lifecycle, Recovery, Warning};
use fiscal::Timestamp;
use verify_cli::Lang;

use super::{
    super::{
        figures,
        speech::{pick, say},
    },
    Status,
};

/// From how many seconds on two clocks disagree so much that someone should look.
const DRIFT: u64 = 120;

/// Whether it seals, in a few words.
pub(super) fn state(lang: Lang, status: &Status) -> &'static str {
    match (status.lifecycle, status.clock) {
        _ if status.corrupt.is_some() => {
            pick(lang, "ne scelle rien, son journal est abîmé", "seals nothing, its journal is damaged")
        }
        (Lifecycle::Factory, _) => pick(lang, "neuf, sans point de vente", "new, without an outlet"),
        (Lifecycle::Revoked, _) => {
            pick(lang, "révoqué, ne scelle plus rien", "revoked, seals nothing any more")
        }
        (Lifecycle::Decommissioned, _) => {
            pick(lang, "retiré du service pour toujours", "decommissioned for good")
        }
        _ if status.handed_over => {
            pick(lang, "ne scelle plus rien, un autre a pris la suite", "seals nothing, another one goes on")
        }
        (_, ClockState::Lost) => pick(
            lang,
            "ne scelle rien tant que son horloge est sans heure",
            "seals nothing while its clock has no time",
        ),
        (_, ClockState::Behind) => {
            pick(lang, "ne scelle rien, son horloge est en retard", "seals nothing, its clock is behind")
        }
        _ => pick(lang, "prêt à sceller", "ready to seal"),
    }
}

/// What to do, the most urgent first.
pub(super) fn of(lang: Lang, status: &Status, now: Timestamp) -> Vec<String> {
    let mut needs: Vec<&str> = Vec::new();
    if status.corrupt.is_some() {
        needs.push(pick(
            lang,
            "laissez l'appareil allumé, sauvez le journal (`stelala device dump`), appelez un technicien",
            "leave the device switched on, save its journal (`stelala device dump`), call a technician",
        ));
    }
    match status.lifecycle {
        Lifecycle::Factory => needs.push(pick(
            lang,
            "liez-le à un point de vente : `stelala device init`, puis `stelala device time`",
            "bind it to an outlet: `stelala device init`, then `stelala device time`",
        )),
        Lifecycle::Revoked | Lifecycle::Decommissioned => {
            needs.push(pick(lang, "vendez avec un autre appareil", "sell by another device"));
        }
        Lifecycle::Provisioned | Lifecycle::Active => {}
    }
    let is_bound = status.lifecycle != Lifecycle::Factory;
    if is_bound && status.clock != ClockState::Ok {
        needs.push(pick(
            lang,
            "mettez-le à l'heure : `stelala device time`",
            "set its clock: `stelala device time`",
        ));
    }
    let mut needs: Vec<String> = needs.into_iter().map(str::to_owned).collect();
    needs.extend(drift(lang, status, now));
    // The clock was said above, with what is wrong.
    let warned = status.warnings.iter().filter(|warning| **warning != Warning::Clock);
    needs.extend(warned.map(|warning| advice(lang, *warning).to_owned()));
    needs
}

fn drift(lang: Lang, status: &Status, now: Timestamp) -> Option<String> {
    let time = status.time.filter(|_| status.clock == ClockState::Ok)?;
    let seconds = time.seconds_after(now).max(now.seconds_after(time));
    (seconds > DRIFT).then(|| {
        let span = figures::span(lang, seconds);
        say!(
            lang,
            "son heure et celle de cette machine diffèrent de {span} : voyez laquelle est juste, et corrigez-la",
            "its clock and this machine's differ by {span}: see which is right, and set the other"
        )
    })
}

fn advice(lang: Lang, warning: Warning) -> &'static str {
    match warning {
        Warning::Flash => pick(
            lang,
            "sa mémoire est presque pleine : `stelala device dump`, faites accuser réception, demandez un ADM|RESET",
            "its memory is nearly full: `stelala device dump`, have it acknowledged, ask for an ADM|RESET",
        ),
        Warning::Clock => {
            pick(lang, "mettez-le à l'heure : `stelala device time`", "set its clock: `stelala device time`")
        }
        Warning::Counter => pick(
            lang,
            "son élément sécurisé n'a plus beaucoup de signatures : commandez un autre appareil",
            "its secure element has few signatures left: order another device",
        ),
        Warning::Certificate => pick(
            lang,
            "son certificat prend fin dans moins de 30 jours : demandez-en un autre à l'opérateur",
            "its certificate ends in less than 30 days: ask the operator for another",
        ),
        Warning::Offline => pick(
            lang,
            "il a presque atteint sa limite hors ligne : apportez l'accusé de réception de l'opérateur (CFG|ACK)",
            "it has nearly reached its offline bound: bring the operator's acknowledgement (CFG|ACK)",
        ),
        Warning::Totals => pick(
            lang,
            "sa table de totaux est presque pleine : clôturez la journée (`stelala device z`)",
            "its table of totals is nearly full: close the day (`stelala device z`)",
        ),
        Warning::Debug => pick(
            lang,
            "son port de mise au point est ouvert : rendez-le à qui l'a vendu",
            "its debug port is open: give it back to whoever sold it",
        ),
    }
}

/// What was decided about a record that a power cut tore.
pub(super) fn recovery(lang: Lang, recovery: &Recovery<String>) -> String {
    let position = recovery.position;
    match recovery.decision.as_str() {
        "retired" => say!(
            lang,
            "coupure de courant : l'enregistrement d'après la position {position} n'existait pas, rien n'est perdu",
            "power cut: there was no record at position {position}, nothing is lost"
        ),
        "rolled_forward" => say!(
            lang,
            "coupure de courant : l'enregistrement d'après la position {position} était complet, il compte",
            "power cut: the record after position {position} was complete, it counts"
        ),
        other => say!(lang, "{other}, position {position}", "{other}, position {position}"),
    }
}

/// Where the journal cannot be read.
pub(super) fn corrupt(lang: Lang, corruption: &Corruption<String>) -> String {
    let place = match (corruption.position, corruption.sector) {
        (Some(position), _) => say!(lang, "position {position}", "position {position}"),
        (None, Some(sector)) => say!(lang, "secteur {sector}", "sector {sector}"),
        (None, None) => pick(lang, "endroit inconnu", "place unknown").to_owned(),
    };
    format!("{place}, {}", corruption.reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_warning_says_what_to_do_in_both_languages() {
        use Warning as W;

        let all = [W::Flash, W::Clock, W::Counter, W::Certificate, W::Offline, W::Totals];
        for warning in all {
            let (french, english) = (advice(Lang::Fr, warning), advice(Lang::En, warning));
            assert!(french.contains(" : ") && english.contains(": ") && french != english, "{warning:?}");
        }
    }
}
