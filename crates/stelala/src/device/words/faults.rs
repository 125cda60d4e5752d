//! What to do when a device could not be asked.

use std::io::{self, ErrorKind};

use def_client::{Address, HostFault, Lost};
use def_protocol::Command;
use verify_cli::Lang;

use super::super::{failure::Trouble, speech::say};

/// Of a question that was asked until it was given up. What the device refused is no trouble of the line.
pub(in crate::device) fn of_host(lang: Lang, fault: &HostFault, address: &Address) -> Trouble {
    let advice = match fault {
        HostFault::NoLine { cause } | HostFault::Broken { cause, .. } => no_line(lang, cause, address),
        HostFault::Silent { .. } => silent(lang, address),
        HostFault::Damaged { command } => damaged(lang, *command),
        HostFault::Foreign { command } => foreign(lang, *command),
        HostFault::Refused(refusal) => super::codes::advice(lang, refusal),
    };
    Trouble { code: fault.code().to_owned(), detail: fault.to_string(), advice }
}

/// Of a question that was asked once.
pub(in crate::device) fn of_lost(lang: Lang, lost: &Lost, command: Command, address: &Address) -> Trouble {
    let (code, advice) = match lost {
        Lost::NoLine(cause) => ("no_line", no_line(lang, cause, address)),
        Lost::Broken(cause) => ("broken_line", no_line(lang, cause, address)),
        Lost::Silent => ("silent", silent(lang, address)),
        Lost::Damaged => ("damaged", damaged(lang, command)),
    };
    Trouble { code: code.to_owned(), detail: format!("{command}: {lost}"), advice }
}

fn silent(lang: Lang, address: &Address) -> String {
    say!(
        lang,
        "rien ne répond à {address} : vérifiez que c'est le port de l'appareil, débranchez-le et rebranchez-le",
        "nothing answers at {address}: check that it is the device's port, unplug the device and plug it in again"
    )
}

fn damaged(lang: Lang, command: Command) -> String {
    say!(
        lang,
        "les réponses à {command} arrivent abîmées : prenez un autre câble ou une autre prise USB",
        "the answers to {command} arrive damaged: take another cable or another USB port"
    )
}

fn foreign(lang: Lang, command: Command) -> String {
    say!(
        lang,
        "la réponse à {command} n'est pas du protocole 1 : mettez à jour ce programme ou l'appareil",
        "the answer to {command} is not of protocol 1: update this program or the device"
    )
}

/// The sentence for what the system says of a line.
fn no_line(lang: Lang, cause: &io::Error, address: &Address) -> String {
    if matches!(cause.kind(), ErrorKind::InvalidInput | ErrorKind::IsADirectory | ErrorKind::NotADirectory) {
        return say!(
            lang,
            "{address} n'est pas un port série : nommez celui de l'appareil, comme /dev/ttyACM0",
            "{address} is no serial port: name the device's, like /dev/ttyACM0"
        );
    }
    match (cause.kind(), address) {
        (ErrorKind::NotFound, Address::Serial(_)) => say!(
            lang,
            "il n'y a rien à {address} : branchez l'appareil et cherchez son port (`ls /dev/ttyACM*`)",
            "there is nothing at {address}: plug the device in and look for its port (`ls /dev/ttyACM*`)"
        ),
        (ErrorKind::PermissionDenied, _) => say!(
            lang,
            "{address} ne vous est pas permis : entrez dans le groupe du port (souvent dialout), puis ouvrez une session",
            "you may not open {address}: join the port's group (often dialout), then log in again"
        ),
        (ErrorKind::ResourceBusy, _) => say!(
            lang,
            "un autre programme utilise {address} : terminez-le (`fuser {address}` le nomme), ou attendez plus (--wait)",
            "another program uses {address}: end it (`fuser {address}` names it), or wait longer (--wait)"
        ),
        (ErrorKind::ConnectionRefused, _) => say!(
            lang,
            "rien n'écoute à {address} : démarrez le serveur série, ou corrigez le port",
            "nothing listens at {address}: start the serial server, or correct the port"
        ),
        (_, Address::Tcp(_)) => say!(
            lang,
            "pas de liaison avec {address} ({cause}) : vérifiez le nom, le réseau et le serveur série",
            "no connection to {address} ({cause}): check the name, the network and the serial server"
        ),
        (_, Address::Serial(_)) => say!(
            lang,
            "la liaison par {address} s'est rompue ({cause}) : rebranchez l'appareil, puis recommencez",
            "the line by {address} broke ({cause}): plug the device in again, then try again"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        let Ok(address) = text.parse();
        address
    }

    #[test]
    fn every_fault_of_the_line_has_its_code_and_says_what_to_do_in_both_languages() {
        let command = Command::Status;
        let faults = [
            HostFault::NoLine { cause: ErrorKind::NotFound.into() },
            HostFault::Broken { cause: ErrorKind::BrokenPipe.into(), attempts: 4 },
            HostFault::Silent { command, attempts: 4 },
            HostFault::Damaged { command },
            HostFault::Foreign { command },
        ];
        for fault in faults {
            let [french, english] =
                [Lang::Fr, Lang::En].map(|lang| of_host(lang, &fault, &address("/dev/ttyACM0")));
            assert_eq!((&french.code, &english.code), (&fault.code().to_owned(), &fault.code().to_owned()));
            assert!(french.advice.contains(" : ") && english.advice.contains(": "), "{french:?} {english:?}");
            assert_ne!(french.advice, english.advice);
        }
    }

    #[test]
    fn what_the_system_says_of_a_line_becomes_something_to_do() {
        let sentences: Vec<String> = [
            (io::Error::from(ErrorKind::NotFound), "/dev/ttyACM0", "plug the device in"),
            (ErrorKind::PermissionDenied.into(), "/dev/ttyACM0", "dialout"),
            (ErrorKind::ResourceBusy.into(), "/dev/ttyACM0", "another program"),
            (ErrorKind::InvalidInput.into(), "/dev/null", "no serial port"),
            (ErrorKind::IsADirectory.into(), "/dev", "no serial port"),
            (ErrorKind::ConnectionRefused.into(), "tcp://localhost:1", "nothing listens"),
            (ErrorKind::NotFound.into(), "tcp://nowhere:1", "check the name"),
            (ErrorKind::BrokenPipe.into(), "/dev/ttyACM0", "broke"),
        ]
        .map(|(cause, port, part)| {
            let trouble = of_lost(Lang::En, &Lost::NoLine(cause), Command::Status, &address(port));
            assert!(trouble.advice.contains(part) && trouble.advice.contains(port), "{trouble:?}");
            trouble.advice
        })
        .into();
        assert_eq!(sentences.len(), 8);
    }
}
