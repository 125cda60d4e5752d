//! What to do about each error code of a device (`docs/protocol.md`, section 8).

use def_client::Refusal;
use def_protocol::{ErrorCode, Remedy};
use verify_cli::Lang;

use super::super::speech::{pick, say};

/// What to do, also about a code that is not known here.
pub(in crate::device) fn advice(lang: Lang, refusal: &Refusal) -> String {
    match (refusal.known(), refusal.epoch, refusal.invoice_seq) {
        (Some(ErrorCode::ReplayDetected), Some(epoch), Some(number)) => say!(
            lang,
            "cette vente a déjà été scellée : `stelala device log {epoch}/{number}` donne son reçu",
            "this sale was sealed before: `stelala device log {epoch}/{number}` has its receipt"
        ),
        (Some(code), ..) => of_code(lang, code).to_owned(),
        (None, ..) => say!(
            lang,
            "ce code n'est pas connu ici : lisez ce que dit l'appareil, et appelez un technicien",
            "this code is not known here: read what the device says, and call a technician"
        ),
    }
}

/// The word of `docs/protocol.md` for it.
pub(in crate::device) const fn remedy(remedy: Remedy) -> &'static str {
    match remedy {
        Remedy::Repeat => "repeat",
        Remedy::Prepare => "prepare",
        Remedy::Ask => "ask",
        Remedy::Close => "close",
        Remedy::Synchronise => "synchronise",
        Remedy::Correct => "correct",
        Remedy::Person => "person",
    }
}

const fn of_code(lang: Lang, code: ErrorCode) -> &'static str {
    match lang {
        Lang::Fr => french(code),
        Lang::En => english(code),
    }
}

const fn french(code: ErrorCode) -> &'static str {
    use ErrorCode as C;

    match code {
        C::SchemaInvalid => {
            "la demande ou la facture n'a pas la forme voulue : corrigez ce que l'appareil nomme"
        }
        C::DeviceRevoked => {
            "l'appareil est révoqué et ne scelle plus rien : appelez l'opérateur, vendez avec un autre"
        }
        C::StorageFull => {
            "la mémoire est pleine : `stelala device dump`, faites accuser réception (CFG|ACK), clôturez, puis ADM|RESET"
        }
        C::ClockRollbackDetected => {
            "l'horloge n'est pas à l'heure : `stelala device time` la met, puis recommencez"
        }
        C::InvalidNonce => "rien n'a été scellé sous ce nonce : présentez de nouveau la même facture",
        C::NonceExpired => "le nonce a expiré et rien n'a été scellé : présentez de nouveau la même facture",
        C::ReplayDetected => "cette vente a déjà été scellée : `stelala device log` donne son reçu",
        C::DeviceBusy => "l'appareil est occupé : attendez quelques secondes, puis recommencez",
        C::Unauthorized => {
            "la signature n'est pas de qui peut l'ordonner, ou pas pour cet appareil à cette heure : demandez-en une autre"
        }
        C::FrameInvalid => {
            "la demande est arrivée abîmée ou trop longue : recommencez, au besoin avec un autre câble"
        }
        C::UnknownCommand => {
            "l'appareil ne connaît pas cette commande : mettez son programme à jour, ou corrigez-la"
        }
        C::NotFound => "ce n'est pas dans le journal de l'appareil : vérifiez le numéro, l'époque ou le jour",
        C::NotProvisioned => "l'appareil n'appartient à aucun point de vente : `stelala device init` le lie",
        C::WrongOutlet => {
            "cette facture est d'un autre point de vente ou d'un autre NIF : présentez-la à son appareil"
        }
        C::StaleTimestamp => {
            "l'heure de la facture est trop loin de celle de l'appareil : mettez la caisse à l'heure, et cherchez une \
             vieille vente avant de la refaire"
        }
        C::SyncRequired => {
            "la limite hors ligne est atteinte : apportez l'accusé de réception de l'opérateur (CFG|ACK)"
        }
        C::SeFailure => "l'élément sécurisé n'a pas répondu : recommencez ; si cela dure, changez l'appareil",
        C::StorageCorrupt => {
            "une partie du journal est illisible : n'éteignez plus l'appareil, `stelala device dump`, appelez un technicien"
        }
        C::OriginalNotFound => {
            "la facture d'origine n'a jamais été scellée ici : corrigez la référence de l'avoir"
        }
        C::OriginalElsewhere => {
            "la facture d'origine est gardée ailleurs : joignez un bon de l'opérateur à l'avoir"
        }
        C::AlreadyVoided => "la facture d'origine est déjà annulée : il n'y a plus rien à reprendre",
        C::CreditExceedsOriginal => {
            "l'avoir reprend plus qu'il ne reste de la facture d'origine : reprenez moins"
        }
        C::ClosureRequired => "il faut d'abord clôturer : `stelala device z`, puis recommencez",
        C::HandedOver => "un autre signataire tient la série du point de vente : vendez avec celui-là",
        C::AlreadyProvisioned => {
            "l'appareil appartient déjà à un point de vente, pour toujours : prenez-en un autre"
        }
        C::FirmwareRefused => {
            "l'appareil ne prend pas ce programme : lisez pourquoi, et demandez-en un autre à l'opérateur"
        }
        C::SelfTestFailed => {
            "l'appareil calcule faux et ne scelle rien : éteignez-le et rallumez-le ; si cela dure, changez-le"
        }
    }
}

const fn english(code: ErrorCode) -> &'static str {
    use ErrorCode as C;

    match code {
        C::SchemaInvalid => "the request or the invoice is not in its form: correct what the device names",
        C::DeviceRevoked => {
            "the device is revoked and seals nothing any more: call the operator, sell by another"
        }
        C::StorageFull => {
            "the memory is full: `stelala device dump`, have it acknowledged (CFG|ACK), close the day, then ADM|RESET"
        }
        C::ClockRollbackDetected => "the clock is not right: `stelala device time` sets it, then try again",
        C::InvalidNonce => "nothing was sealed under this nonce: offer the same invoice again",
        C::NonceExpired => "the nonce expired and nothing was sealed: offer the same invoice again",
        C::ReplayDetected => "this sale was sealed before: `stelala device log` has its receipt",
        C::DeviceBusy => "the device is busy: wait some seconds, then try again",
        C::Unauthorized => {
            "the signature is not of who may order this, or not for this device at this time: ask for another"
        }
        C::FrameInvalid => {
            "the request arrived damaged or is too long: try again, if need be with another cable"
        }
        C::UnknownCommand => "the device does not know this command: update its program, or correct it",
        C::NotFound => "this is not in the device's journal: check the number, the epoch or the day",
        C::NotProvisioned => "the device belongs to no outlet yet: `stelala device init` binds it",
        C::WrongOutlet => {
            "this invoice is another outlet's or another NIF's: offer it to that outlet's device"
        }
        C::StaleTimestamp => {
            "the invoice's time is too far from the device's: set the till's clock, and look an old sale up before it \
             is rung up again"
        }
        C::SyncRequired => "the offline bound is reached: bring the operator's acknowledgement (CFG|ACK)",
        C::SeFailure => "the secure element did not answer: try again; if it stays so, change the device",
        C::StorageCorrupt => {
            "a part of the journal cannot be read: leave the device switched on, `stelala device dump`, call a technician"
        }
        C::OriginalNotFound => {
            "the original invoice was never sealed here: correct the credit note's reference"
        }
        C::OriginalElsewhere => {
            "the original invoice is kept elsewhere: add a voucher of the operator to the credit note"
        }
        C::AlreadyVoided => "the original invoice is void already: nothing is left to take back",
        C::CreditExceedsOriginal => {
            "the credit note takes more than is left of the original invoice: take back less"
        }
        C::ClosureRequired => "the day has to be closed first: `stelala device z`, then try again",
        C::HandedOver => "another signer holds the outlet's line of numbers: sell by that one",
        C::AlreadyProvisioned => "the device belongs to an outlet already, for its life: take another",
        C::FirmwareRefused => {
            "the device does not take this firmware: read why, and ask the operator for another"
        }
        C::SelfTestFailed => {
            "the device computes wrongly and seals nothing: switch it off and on; if it stays so, change it"
        }
    }
}

/// How a refusal is headed.
pub(in crate::device) const fn refused(lang: Lang) -> &'static str {
    pick(lang, "l'appareil refuse", "the device refuses")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_sentence_in_both_languages_that_says_what_to_do() {
        for code in ErrorCode::ALL {
            let (french, english) = (of_code(Lang::Fr, *code), of_code(Lang::En, *code));
            assert!(french != english, "{code}");
            for (sentence, colon) in [(french, " : "), (english, ": ")] {
                let (what, action) =
                    sentence.split_once(colon).unwrap_or_else(|| panic!("{code}: {sentence}"));
                assert!(
                    what.len() > 10 && action.len() > 10 && !sentence.ends_with('.'),
                    "{code}: {sentence}"
                );
            }
        }
    }

    #[test]
    fn no_two_codes_say_the_same() {
        for lang in [Lang::Fr, Lang::En] {
            let mut sentences: Vec<_> = ErrorCode::ALL.iter().map(|code| of_code(lang, *code)).collect();
            sentences.sort_unstable();
            sentences.dedup();
            assert_eq!(sentences.len(), ErrorCode::COUNT);
        }
    }

    #[test]
    fn a_replay_names_its_receipt_and_an_unknown_code_a_technician() {
        let replay = r#"{"code":"REPLAY_DETECTED","epoch":0,"invoice_seq":105}"#;
        let mut refusal: Refusal = serde_json::from_str(replay).expect("a refusal");
        assert!(advice(Lang::En, &refusal).contains("device log 0/105"));
        refusal.code = "TOO_HOT".into();
        assert!(advice(Lang::Fr, &refusal).contains("technicien"));
    }
}
