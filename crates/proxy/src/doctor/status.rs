//! What a device's status asks of a person.

use def_protocol::reply::{ClockState, Lifecycle, Warning};
use fiscal::Timestamp;

use super::{About, Finding, Language, plain};
use crate::metrics::{Status, drift};

/// From how many seconds on two clocks disagree so much that someone should look.
const DRIFT: u64 = 120;

/// The worst first; one good sentence when nothing is wrong.
pub fn examine(status: &Status, now: Timestamp, language: Language) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        faults(status, language).into_iter().map(|sentence| Finding::bad(About::Device, sentence)).collect();
    if findings.is_empty() {
        findings.push(Finding::good(About::Device, state(status, language)));
    }
    let notes = drifted(status, now, language)
        .into_iter()
        // A clock that is wrong was said above.
        .chain(
            status
                .warnings
                .iter()
                .filter(|warning| **warning != Warning::Clock)
                .map(|warning| advice(*warning, language)),
        );
    findings.extend(notes.map(|sentence| Finding::warning(About::Device, sentence)));
    findings
}

fn state(status: &Status, language: Language) -> String {
    let (device, firmware) = (status.device_id, plain(&status.firmware_version));
    let next = status.next_invoice_seq;
    if status.handed_over {
        return say!(
            language,
            "{device} (programme {firmware}) est en attente : le cloud scelle pour ce point de vente",
            "{device} (firmware {firmware}) stands by: the cloud seals for this outlet"
        );
    }
    say!(
        language,
        "{device} (programme {firmware}) scelle, prochain numéro {next}",
        "{device} (firmware {firmware}) seals, next number {next}"
    )
}

fn faults(status: &Status, language: Language) -> Vec<String> {
    let device = status.device_id;
    let mut faults = Vec::new();
    if status.corrupt.is_some() {
        faults.push(say!(
            language,
            "le journal de {device} est abîmé : laissez-le branché, arrêtez le proxy, sauvez le journal (`stelala device dump`), \
             puis remplacez l'appareil",
            "the journal of {device} is damaged: leave it plugged in, stop the proxy, save the journal (`stelala device dump`), \
             then replace the device"
        ));
    }
    if let Some(part) = status.self_test.as_ref().and_then(|test| test.failed.as_deref()) {
        let part = plain(part);
        faults.push(say!(
            language,
            "{device} s'est testé et a échoué ({part}), il ne scelle rien : débranchez-le et rebranchez-le, et si cela revient, \
             remplacez-le",
            "{device} tested itself and failed ({part}), it seals nothing: unplug it and plug it in again, and if that comes \
             back, replace it"
        ));
    }
    faults.extend(life(status, language));
    let is_bound = matches!(status.lifecycle, Lifecycle::Provisioned | Lifecycle::Active);
    faults.extend(is_bound.then(|| clock(status, language)).flatten());
    if is_bound && status.free_memory_bytes == 0 {
        faults.push(say!(
            language,
            "la mémoire de {device} est pleine, il ne scelle plus rien : demandez à l'opérateur de la libérer (nouvelle époque)",
            "the memory of {device} is full, it seals nothing more: ask the operator to free it (a new epoch)"
        ));
    }
    faults
}

fn life(status: &Status, language: Language) -> Option<String> {
    let device = status.device_id;
    match status.lifecycle {
        Lifecycle::Factory => Some(say!(
            language,
            "{device} n'est pas activé : `stelala proxy activate CODE`, avec le code que l'opérateur donne",
            "{device} is not activated: `stelala proxy activate CODE`, with the code that the operator gives"
        )),
        Lifecycle::Revoked => Some(say!(
            language,
            "{device} est révoqué et ne scelle plus rien : remplacez-le, et gardez-le jusqu'à ce que le cloud ait tout reçu",
            "{device} is revoked and seals nothing more: replace it, and keep it until the cloud has received everything"
        )),
        Lifecycle::Decommissioned => Some(say!(
            language,
            "{device} est retiré du service pour toujours : branchez un autre appareil",
            "{device} is decommissioned for good: plug in another device"
        )),
        Lifecycle::Provisioned | Lifecycle::Active => None,
    }
}

fn clock(status: &Status, language: Language) -> Option<String> {
    let device = status.device_id;
    match status.clock {
        ClockState::Ok => None,
        ClockState::Lost => Some(say!(
            language,
            "l'horloge de {device} a perdu l'heure, il ne scelle rien : le cloud la remet dès qu'il est joint",
            "the clock of {device} lost its time, it seals nothing: the cloud sets it as soon as it is reached"
        )),
        ClockState::Behind => Some(say!(
            language,
            "l'horloge de {device} est en retard sur son dernier enregistrement, il ne scelle rien : le cloud la remet dès qu'il \
             est joint",
            "the clock of {device} is behind its newest record, it seals nothing: the cloud sets it as soon as it is reached"
        )),
    }
}

fn drifted(status: &Status, now: Timestamp, language: Language) -> Option<String> {
    let time = status.time.filter(|_| status.clock == ClockState::Ok)?;
    let seconds = drift(time, now).unsigned_abs();
    (seconds > DRIFT).then(|| {
        say!(
            language,
            "l'heure de l'appareil et celle de cette machine diffèrent de {seconds} s : voyez laquelle est juste",
            "the device's clock and this machine's differ by {seconds} s: see which is right"
        )
    })
}

fn advice(warning: Warning, language: Language) -> String {
    match warning {
        Warning::Flash => say!(
            language,
            "la mémoire de l'appareil est presque pleine : dites-le à l'opérateur, qui la libère",
            "the device's memory is nearly full: tell the operator, who frees it"
        ),
        Warning::Clock => {
            say!(
                language,
                "l'horloge est à régler : joignez le cloud",
                "the clock is to be set: reach the cloud"
            )
        }
        Warning::Counter => say!(
            language,
            "l'élément sécurisé n'a plus beaucoup de signatures : commandez un autre appareil",
            "the secure element has few signatures left: order another device"
        ),
        Warning::Certificate => say!(
            language,
            "le certificat de l'appareil prend fin dans moins de 30 jours : l'opérateur le renouvelle par le cloud",
            "the device's certificate ends in less than 30 days: the operator renews it through the cloud"
        ),
        Warning::Offline => say!(
            language,
            "l'appareil a presque atteint sa limite hors ligne : rétablissez la connexion au cloud, ou il ne scellera plus",
            "the device has nearly reached its offline bound: bring the cloud back, or it will seal no more"
        ),
        Warning::Totals => say!(
            language,
            "la table de totaux est presque pleine : clôturez la journée (rapport Z)",
            "the table of totals is nearly full: close the day (report Z)"
        ),
        Warning::Debug => say!(
            language,
            "le port de mise au point de l'appareil est ouvert : rendez-le à qui l'a vendu",
            "the device's debug port is open: give it back to whoever sold it"
        ),
    }
}
