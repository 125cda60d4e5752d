//! What a fiscal memory's refusal is to a client.

use std::time::Duration;

use fiscal::FiscalNumber;

use super::{Kind, Problem, Words, words};

/// After this time a device may be back, or done.
const LATER: Duration = Duration::from_secs(5);

impl Problem {
    /// The device refused; nothing was sealed. `said` is its own sentence, in English.
    pub(crate) fn of_device(code: &str, said: &str, number: Option<FiscalNumber>) -> Self {
        let kind = kind(code);
        let problem = Self::new(kind, words(french(code), english(code, said))).with_fiscal_number(number);
        if kind.status().as_u16() == 503 && kind != Kind::DeviceRevoked {
            problem.with_retry_after(LATER)
        } else {
            problem
        }
    }

    /// The device that holds the line cannot be asked: nothing was sealed, and nobody else may.
    pub(crate) fn unreachable() -> Self {
        let detail = words(
            "la mémoire fiscale qui tient ce point de vente ne répond pas : rien n'a été scellé ; vérifiez son boîtier \
             et son réseau, vendez par son interface locale, ou renvoyez plus tard",
            "the fiscal memory that holds this outlet does not answer: nothing was sealed; check it and its network, \
             sell through its local interface, or send it again later",
        );
        Self::new(Kind::DeviceUnreachable, detail).with_retry_after(LATER)
    }

    /// A device that something is wanted of, other than a sale, cannot be asked: nothing was changed.
    pub(crate) fn away(detail: Words) -> Self {
        Self::new(Kind::DeviceUnreachable, detail).with_retry_after(LATER)
    }

    /// It was asked, and it is not known what it did.
    pub(crate) fn device_outcome_unknown() -> Self {
        let detail = words(
            "la mémoire fiscale n'a pas dit si la vente est scellée : renvoyez les mêmes octets avec la même clé \
             d'idempotence, la réponse sera le seul sceau",
            "the fiscal memory did not say whether the sale was sealed: send the same bytes with the same idempotency \
             key again, the answer will be the one seal",
        );
        Self::new(Kind::DeviceOutcomeUnknown, detail).with_retry_after(LATER)
    }

    /// The line is a device's that has not taken it yet.
    pub(crate) fn entering() -> Self {
        let detail = words(
            "la ligne de ce point de vente vient d'être remise à sa mémoire fiscale, qui ne l'a pas encore prise : \
             rien n'a été scellé, renvoyez dans quelques secondes",
            "this outlet's line was just given to its fiscal memory, which has not taken it yet: nothing was sealed, \
             send it again in a few seconds",
        );
        Self::new(Kind::DeviceEntering, detail).with_retry_after(LATER)
    }

    /// There are none here.
    pub(crate) fn no_devices() -> Self {
        let detail = words(
            "ce nuage ne sert aucune mémoire fiscale : l'exploitant doit écrire [devices] dans sa configuration",
            "this cloud serves no fiscal memories: its operator has to write [devices] into the configuration",
        );
        Self::new(Kind::NoDevices, detail)
    }

    /// A device cannot do what is asked of it now.
    pub(crate) fn not_ready(detail: Words) -> Self {
        Self::new(Kind::DeviceNotReady, detail)
    }
}

/// Codes that the API has too keep their own kind; of the others a client needs to know who has to do something.
fn kind(code: &str) -> Kind {
    match code {
        "SE_FAILURE" | "STORAGE_CORRUPT" | "SELF_TEST_FAILED" | "NOT_PROVISIONED" | "UNAUTHORIZED"
        | "UNKNOWN_COMMAND" => Kind::DeviceFailed,
        "HANDED_OVER" => Kind::DeviceEntering,
        "FRAME_INVALID" | "INVALID_NONCE" | "NONCE_EXPIRED" => Kind::DeviceBusy,
        code => Kind::of_code(code).unwrap_or(Kind::DeviceFailed),
    }
}

fn english(code: &str, said: &str) -> String {
    if said.is_empty() { format!("the fiscal memory refused it: {code}") } else { said.to_owned() }
}

fn french(code: &str) -> String {
    let text = match code {
        "SCHEMA_INVALID" => "la mémoire fiscale refuse cette facture : corrigez-la",
        "DEVICE_REVOKED" => {
            "la mémoire fiscale est révoquée et ne scelle plus rien : adressez-vous à l'exploitant"
        }
        "STORAGE_FULL" => "la mémoire fiscale est pleine : adressez-vous à l'exploitant",
        "CLOCK_ROLLBACK_DETECTED" => {
            "l'horloge de la mémoire fiscale n'est pas fiable : elle est mise à l'heure dès que possible, renvoyez"
        }
        "REPLAY_DETECTED" => "cette vente est déjà scellée : demandez cette facture",
        "DEVICE_BUSY" => "la mémoire fiscale est occupée : renvoyez dans quelques secondes",
        "NOT_FOUND" => "il n'y a rien de tel dans la mémoire fiscale",
        "NOT_PROVISIONED" => "la mémoire fiscale n'est d'aucun point de vente : activez-la",
        "WRONG_OUTLET" => "la mémoire fiscale est d'un autre point de vente",
        "STALE_TIMESTAMP" => {
            "l'heure de la facture est trop loin de celle de la mémoire fiscale : réglez l'horloge de la caisse"
        }
        "SYNC_REQUIRED" => {
            "la mémoire fiscale attend que le registre accuse réception : renvoyez dans quelques secondes"
        }
        "ORIGINAL_NOT_FOUND" => {
            "la facture d'origine est introuvable : relisez son numéro et son code sur le reçu"
        }
        "ORIGINAL_ELSEWHERE" => {
            "l'original est tenu par un autre signataire : demandez un bon (POST /api/v1/vouchers)"
        }
        "ALREADY_VOIDED" => "l'original est déjà annulé : il ne reste rien à créditer",
        "CREDIT_EXCEEDS_ORIGINAL" => "les avoirs dépassent ensemble ce que l'original a vendu",
        "CLOSURE_REQUIRED" => {
            "la mémoire fiscale n'a plus de place dans ses totaux : clôturez la journée (Z), puis renvoyez"
        }
        "HANDED_OVER" => "la mémoire fiscale ne tient pas encore la ligne : renvoyez dans quelques secondes",
        "SE_FAILURE" => {
            "le composant de sécurité de la mémoire fiscale ne répond pas : renvoyez ; si cela dure, appelez un technicien"
        }
        "STORAGE_CORRUPT" | "SELF_TEST_FAILED" => {
            "la mémoire fiscale est en défaut et ne scelle rien : appelez un technicien"
        }
        "IDEMPOTENCY_KEY_REUSED" => {
            "cette clé d'idempotence a servi pour une autre facture : donnez une clé à chaque vente"
        }
        _ => return format!("la mémoire fiscale refuse : {code}"),
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use def_protocol::ErrorCode;

    use super::*;
    use crate::Language;

    #[test]
    fn every_code_of_a_device_is_a_problem_in_both_languages() {
        for code in ErrorCode::ALL {
            let problem = Problem::of_device(code.as_str(), "what the device said", None);
            let body = problem.body(Language::French);
            assert_ne!(body.detail, problem.body(Language::English).detail, "{code}");
            assert_ne!(body.code, Kind::Internal.code(), "{code}");
        }
    }

    #[test]
    fn codes_that_the_api_knows_stay_what_they_are() {
        for code in
            ["REPLAY_DETECTED", "STORAGE_FULL", "SYNC_REQUIRED", "ORIGINAL_ELSEWHERE", "SCHEMA_INVALID"]
        {
            assert_eq!(Problem::of_device(code, "", None).kind().code(), code);
        }
    }
}
