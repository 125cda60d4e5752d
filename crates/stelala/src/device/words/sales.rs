//! What a till says of a sale that has no receipt.

use std::io::ErrorKind;

use def_client::{PrintFault, StoreFault, TillFault, Unclear};
use rustix::io::Errno;
use verify_cli::Lang;

use super::super::{
    failure::Trouble,
    speech::{pick, say},
};

/// What to do about a sale of which nobody knows whether it is sealed.
pub(in crate::device) fn unclear(lang: Lang, unclear: &Unclear) -> Trouble {
    let advice = match unclear {
        Unclear::Silent => pick(
            lang,
            "l'appareil ne répond pas : rebranchez-le et répétez la commande, la vente est gardée et n'est pas à refaire",
            "the device does not answer: plug it in again and repeat the command; the sale is kept, do not ring it up \
             anew",
        )
        .to_owned(),
        Unclear::NoLine(cause) => say!(
            lang,
            "l'appareil n'est pas là ({cause}) : branchez-le et répétez la commande, la vente est gardée",
            "the device is not there ({cause}): plug it in and repeat the command; the sale is kept"
        ),
        Unclear::CannotTell(refusal) => say!(
            lang,
            "l'appareil ne peut dire s'il a scellé la vente ({}) : faites-le réparer, puis répétez la commande",
            "the device cannot say whether it sealed the sale ({}): have it repaired, then repeat the command",
            refusal.code
        ),
        Unclear::Foreign(command) => say!(
            lang,
            "la réponse à {command} n'est pas du protocole 1 : mettez à jour ce programme ou l'appareil, puis répétez",
            "the answer to {command} is not of protocol 1: update this program or the device, then repeat the command"
        ),
        Unclear::Doubtful(_) => pick(
            lang,
            "l'appareil a donné un sceau qui n'est pas vrai : n'imprimez rien, appelez un technicien",
            "the device gave a seal that is not true: print nothing, call a technician",
        )
        .to_owned(),
        Unclear::Erased { epoch, number } => say!(
            lang,
            "la vente est scellée sous {epoch}/{number} et a quitté l'appareil : demandez son reçu à l'opérateur, puis \
             `stelala device withdraw --settled`",
            "the sale is sealed as {epoch}/{number} and has left the device: ask the operator for its receipt, then \
             `stelala device withdraw --settled`"
        ),
        Unclear::Unsearched(refusal) => say!(
            lang,
            "l'appareil refuse la vente ({}) et l'a peut-être déjà scellée : répétez la commande, elle sera cherchée",
            "the device refuses the sale ({}) and may have sealed it before: repeat the command, it is looked for then",
            refusal.code
        ),
        Unclear::Elsewhere { epoch, number } => say!(
            lang,
            "la vente a pu être scellée avant {epoch}/{number}, que cet appareil n'a pas : cherchez-la chez l'opérateur avant \
             de la refaire, puis `stelala device withdraw --settled`",
            "the sale may have been sealed before {epoch}/{number}, which this device does not have: look for it at the \
             operator before it is rung up anew, then `stelala device withdraw --settled`"
        ),
        Unclear::OtherDevice { offered_to, here } => say!(
            lang,
            "la vente a été présentée à {}, et c'est {} qui répond : branchez le premier et répétez la commande",
            "the sale was offered to {}, and {} answers: connect the former and repeat the command",
            offered_to.device_id,
            here.device_id
        ),
    };
    Trouble { code: unclear.code().to_owned(), detail: unclear.to_string(), advice }
}

/// Why the till cannot go on.
pub(in crate::device) fn till(lang: Lang, fault: &TillFault) -> Trouble {
    let (code, advice) = match fault {
        TillFault::Payload(fault) => ("payload_invalid", payload(lang, fault)),
        TillFault::Store(fault) => return folder(lang, fault),
        TillFault::Print(fault) => ("not_printed", printer(lang, fault)),
        TillFault::NumberTaken(number) => (
            "number_taken",
            say!(
                lang,
                "cette caisse a une autre vente sous {number} : l'appareil a été refait ou restauré, appelez un technicien ; \
                 rien n'est imprimé de cette vente-ci",
                "this till has another sale under {number}: the device was made anew or restored, call a technician; nothing \
                 is printed of this sale"
            ),
        ),
        TillFault::Doubtful(sale, _) => (
            "doubtful_seal",
            say!(
                lang,
                "le sceau que la caisse a gardé de la vente {sale} n'est pas vrai : n'imprimez rien, appelez un technicien",
                "the seal that the till kept of the sale {sale} is not true: print nothing, call a technician"
            ),
        ),
        TillFault::TooManyCopies => (
            "too_many_copies",
            pick(
                lang,
                "ce reçu a été imprimé autant de fois qu'on peut compter : n'en imprimez plus",
                "this receipt was printed as often as can be counted: print no more of it",
            )
            .to_owned(),
        ),
        TillFault::Unknown(sale) => (
            "unknown_sale",
            say!(
                lang,
                "cette caisse n'a pas la vente {sale} : nommez-en une qu'elle a, ou son fichier",
                "this till has no sale {sale}: name one that it has, or its file"
            ),
        ),
        TillFault::NotSealed(sale) => (
            "not_sealed",
            say!(
                lang,
                "la vente {sale} n'est pas scellée : il n'y a pas de reçu à imprimer",
                "the sale {sale} is not sealed: there is no receipt to print"
            ),
        ),
        TillFault::NotOpen(sale) => (
            "not_open",
            say!(
                lang,
                "la vente {sale} n'est pas ouverte : il n'y a rien à régler",
                "the sale {sale} is not open: there is nothing to settle"
            ),
        ),
        TillFault::NoReceipt(number) => (
            "no_receipt",
            say!(
                lang,
                "cette caisse n'a pas vendu {number} : lisez-la dans l'appareil (`stelala device log {number}`)",
                "this till did not sell {number}: read it from the device (`stelala device log {number}`)"
            ),
        ),
    };
    Trouble { code: code.to_owned(), detail: fault.to_string(), advice }
}

/// Whether only the sale that it is said of cannot go on, and others can.
pub(in crate::device) fn is_of_one_sale(fault: &TillFault) -> bool {
    match fault {
        TillFault::Store(StoreFault::Damaged { .. }) => true,
        // A link, a pipe, a folder or something endless where the till keeps a sale.
        TillFault::Store(StoreFault::Io { cause, .. }) => {
            let is_odd = matches!(
                cause.kind(),
                ErrorKind::InvalidInput | ErrorKind::IsADirectory | ErrorKind::FileTooLarge
            );
            is_odd || cause.raw_os_error() == Some(Errno::LOOP.raw_os_error())
        }
        TillFault::Store(StoreFault::InUse { .. }) | TillFault::Print(_) => false,
        _ => true,
    }
}

/// Why the till's folder cannot be used.
pub(in crate::device) fn folder(lang: Lang, fault: &StoreFault) -> Trouble {
    let (code, advice) = match fault {
        StoreFault::InUse { path } => (
            "till_in_use",
            say!(
                lang,
                "un autre programme vend avec la caisse {} : attendez sa fin, ou nommez un autre dossier (--till)",
                "another program sells with the till {}: wait for its end, or name another folder (--till)",
                path.display()
            ),
        ),
        StoreFault::Damaged { path, .. } => (
            "till_damaged",
            say!(
                lang,
                "{} est abîmé : restaurez-le d'une copie, ou cherchez la vente dans l'appareil (`stelala device log`)",
                "{} is damaged: restore it from a copy, or look the sale up in the device (`stelala device log`)",
                path.display()
            ),
        ),
        StoreFault::Io { path, cause } => (
            "till_failed",
            say!(
                lang,
                "{} : {cause} : libérez le disque ou corrigez le dossier, puis répétez la commande, rien n'est perdu",
                "{}: {cause}: free the disk or mend the folder, then repeat the command; nothing is lost",
                path.display()
            ),
        ),
    };
    Trouble { code: code.to_owned(), detail: fault.to_string(), advice }
}

fn printer(lang: Lang, fault: &PrintFault) -> String {
    match fault {
        PrintFault::NothingPrinted(cause) => say!(
            lang,
            "la vente est scellée, son reçu n'est pas sorti ({cause}) : corrigez, puis répétez la commande",
            "the sale is sealed, its receipt did not come out ({cause}): mend that, then repeat the command"
        ),
        PrintFault::Unknown(cause) => say!(
            lang,
            "la vente est scellée, son reçu est peut-être sorti ({cause}) : corrigez, puis répétez la commande, qui n'imprime \
             jamais deux originaux",
            "the sale is sealed, its receipt may have come out ({cause}): mend that, then repeat the command, which never \
             prints two originals"
        ),
    }
}

/// What is wrong with a payload, at which member.
pub(in crate::device) fn payload(lang: Lang, fault: &fiscal::Fault) -> String {
    let reason = pick(lang, fault.reason.french(), fault.reason.english());
    let place = if fault.path == fiscal::Path::ROOT { String::new() } else { fault.path.to_string() };
    match (place.as_str(), lang) {
        ("", _) => reason.to_owned(),
        (place, Lang::Fr) => format!("{place} : {reason}"),
        (place, Lang::En) => format!("{place}: {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use def_client::{IntentFault, Refusal, SealDoubt, Signer};
    use def_protocol::Command;
    use fiscal::{Epoch, InvoiceNumber};

    use super::*;

    fn signer(device: &str) -> Signer {
        Signer {
            device_id: device.parse().expect("a device"),
            public_key_id: None,
            fiscal_number_prefix: None,
        }
    }

    #[test]
    fn every_way_not_to_know_says_what_to_do_in_both_languages() {
        let refusal: Refusal = serde_json::from_str(r#"{"code":"STORAGE_CORRUPT"}"#).expect("a refusal");
        let all = [
            Unclear::Silent,
            Unclear::NoLine("no such file".into()),
            Unclear::CannotTell(refusal.clone()),
            Unclear::Unsearched(refusal),
            Unclear::Foreign(Command::Commit),
            Unclear::Doubtful(SealDoubt::Signature),
            Unclear::Erased { epoch: Epoch(1), number: InvoiceNumber::FIRST },
            Unclear::Elsewhere { epoch: Epoch(2), number: InvoiceNumber::FIRST },
            Unclear::OtherDevice { offered_to: signer("DEF-000001"), here: signer("DEF-000002") },
        ];
        for reason in all {
            let [french, english] = [Lang::Fr, Lang::En].map(|lang| unclear(lang, &reason));
            assert_eq!((&french.code, &english.code), (&reason.code().to_owned(), &reason.code().to_owned()));
            assert!(french.advice.contains(" : ") && english.advice.contains(": "), "{french:?} {english:?}");
        }
    }

    #[test]
    fn an_odd_sale_is_one_sales_and_a_full_disk_is_everyones() {
        let io = |cause: io::Error| TillFault::Store(StoreFault::Io { path: "sales/1.json".into(), cause });
        let number = "KING-0-00000001".parse().expect("a number");
        let damaged = StoreFault::Damaged { path: "sales/1.json".into(), fault: IntentFault::Form };
        let odd = [
            TillFault::NumberTaken(number),
            TillFault::Store(damaged),
            io(ErrorKind::InvalidInput.into()),
            io(Errno::LOOP.into()),
        ];
        assert!(odd.iter().all(is_of_one_sale), "{odd:?}");
        let all = [
            io(ErrorKind::StorageFull.into()),
            io(ErrorKind::PermissionDenied.into()),
            TillFault::Store(StoreFault::InUse { path: "till".into() }),
            TillFault::Print(PrintFault::NothingPrinted("no paper".into())),
        ];
        assert!(!all.iter().any(is_of_one_sale), "{all:?}");
    }

    #[test]
    fn no_duplicate_is_promised_when_an_original_may_come() {
        for lang in [Lang::Fr, Lang::En] {
            let words = printer(lang, &PrintFault::Unknown("the disk is full".into()));
            assert!(!words.contains("DUPLICATA") && words.contains("the disk is full"), "{words}");
        }
    }
}
