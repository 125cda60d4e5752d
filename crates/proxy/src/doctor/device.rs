//! Whether there is a device, whether it can be spoken to, and how it is.

use std::io;

use def_client::{Address, Host, HostFault, HostPace, Line, Port};
use def_protocol::Request;

use super::{About, Finding, Sight, Told, port, status, why as why_of};
use crate::{
    Config,
    find::{FindFault, Other, Place, UsbWalk},
    metrics::Status,
};

pub(super) fn examine(config: &Config, told: Option<&Told>, sight: &Sight) -> Vec<Finding> {
    if let Some(status) = told.and_then(|told| told.device.as_ref()) {
        return of_status(config, status, sight);
    }
    let place = match &config.device.port {
        Some(address) => Place::At(address.clone()),
        None => Place::Usb { serial: config.device.serial, roots: sight.roots() },
    };
    let found = match place.find() {
        Ok(found) => found,
        Err(fault) => return not_found(&fault, sight),
    };
    if let Address::Serial(path) = &found.address {
        let findings = port::examine(path, told.is_some(), sight);
        if !findings.is_empty() {
            return findings;
        }
    }
    if let Some(told) = told {
        return vec![silent(&found.address, told, sight)];
    }
    // Nobody else speaks with it, so that it can be asked from here.
    match asked(&found.address, sight) {
        Ok(status) => of_status(config, &status, sight),
        Err(fault) => vec![unheard(&found.address, &fault, sight)],
    }
}

fn of_status(config: &Config, said: &Status, sight: &Sight) -> Vec<Finding> {
    let device = said.device_id;
    if let Some(wanted) = config.device.serial.filter(|wanted| *wanted != device) {
        let sentence = say!(
            sight.language,
            "{device} est branché et non {wanted} : branchez le bon, ou changez device.serial",
            "{device} is plugged in and not {wanted}: plug the right one in, or set device.serial"
        );
        return vec![Finding::bad(About::Device, sentence)];
    }
    status::examine(said, sight.now, sight.language)
}

fn asked(address: &Address, sight: &Sight) -> Result<Status, HostFault> {
    let mut port = Port::new(address);
    // A port that cannot be opened is said to be so at once, and a device that says nothing after its time.
    port.open().map_err(|cause| HostFault::NoLine { cause })?;
    let mut host = Host::new(port, HostPace::start(), sight.random);
    host.set_patience(sight.patience);
    host.tell(Request::Status, &mut |_| {})
}

fn not_found(fault: &FindFault, sight: &Sight) -> Vec<Finding> {
    let language = sight.language;
    let sentence = match fault {
        FindFault::Absent => say!(
            language,
            "aucune mémoire fiscale n'est branchée : branchez-la, ou changez de câble ou de port USB",
            "no fiscal memory is plugged in: plug it in, or use another cable or another USB port"
        ),
        FindFault::Other { wanted, there } => say!(
            language,
            "{wanted} n'est pas branché, {there} l'est : branchez le bon, ou changez device.serial",
            "{wanted} is not plugged in, {there} is: plug the right one in, or set device.serial"
        ),
        FindFault::Several { there } => say!(
            language,
            "plusieurs mémoires fiscales sont branchées ({there}) : donnez device.serial",
            "several fiscal memories are plugged in ({there}): set device.serial"
        ),
        FindFault::NoPort { serial } => say!(
            language,
            "{serial} est branché, mais le système ne lui a pas fait de port : `sudo modprobe cdc_acm`, ou rebranchez-le",
            "{serial} is plugged in, but the system made no port for it: `sudo modprobe cdc_acm`, or plug it in again"
        ),
        FindFault::Unreadable { path, cause } => say!(
            language,
            "{path} est illisible ({cause}), on ne voit donc pas ce qui est branché : donnez device.port",
            "{path} cannot be read ({cause}), so what is plugged in cannot be seen: set device.port"
        ),
    };
    let seen = match sight.roots().walk() {
        Ok(walk) if matches!(fault, FindFault::Absent) => seen(&walk, sight),
        _ => None,
    };
    [Finding::bad(About::Device, sentence)].into_iter().chain(seen).collect()
}

/// What else has a serial port: it may be ours, with a wrong serial number, or tell which USB port the person means.
fn seen(walk: &UsbWalk, sight: &Sight) -> Option<Finding> {
    let language = sight.language;
    if walk.others.iter().any(|other| other.nameless) {
        let sentence = say!(
            language,
            "une mémoire fiscale sans numéro de série valable est branchée : rendez-la à qui l'a vendue",
            "a fiscal memory without a valid serial number is plugged in: give it back to whoever sold it"
        );
        return Some(Finding::bad(About::Device, sentence));
    }
    if walk.others.is_empty() {
        return None;
    }
    let shown = |other: &Other| format!("{} {} ({})", other.port, other.ids, other.name);
    let list = walk.others.iter().map(shown).collect::<Vec<_>>().join(", ");
    let sentence = say!(
        language,
        "d'autres appareils USB ont un port série : {list}",
        "other USB devices have a serial port: {list}"
    );
    Some(Finding::warning(About::Device, sentence))
}

/// The proxy runs, and the device does not answer it.
fn silent(address: &Address, told: &Told, sight: &Sight) -> Finding {
    let why = told.device_fault.as_ref();
    let why = why.map(|fault| why_of(&fault.code, &fault.detail, sight.language)).unwrap_or_default();
    let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
    let sentence = say!(
        sight.language,
        "l'appareil à {address} ne répond pas au proxy{why} : débranchez-le, rebranchez-le, et attendez 10 secondes",
        "the device at {address} does not answer the proxy{why}: unplug it, plug it in again, and wait 10 seconds"
    );
    Finding::bad(About::Device, sentence)
}

fn unheard(address: &Address, fault: &HostFault, sight: &Sight) -> Finding {
    let language = sight.language;
    let sentence = match fault {
        HostFault::NoLine { cause } if cause.kind() == io::ErrorKind::ResourceBusy => {
            port::held(&address.to_string(), &[], sight)
        }
        HostFault::NoLine { cause } => say!(
            language,
            "le port {address} ne s'ouvre pas ({cause}) : vérifiez device.port, et que l'appareil est allumé",
            "the port {address} cannot be opened ({cause}): check device.port, and that the device has power"
        ),
        _ => say!(
            language,
            "ce qui est à {address} ne répond pas comme une mémoire fiscale : débranchez-la, rebranchez-la, et vérifiez que c'est \
             son port",
            "what is at {address} does not answer like a fiscal memory: unplug it, plug it in again, and check that this is \
             its port"
        ),
    };
    Finding::bad(About::Device, sentence)
}
