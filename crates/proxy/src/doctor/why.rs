use super::{Language, plain};

/// Why something does not go, in a sentence. Those who say so, say it in English; for French the code has to do.
pub fn why(code: &str, detail: &str, language: Language) -> String {
    match language {
        Language::English if detail.is_empty() => plain(code),
        Language::English => plain(detail),
        Language::French => french(code).map_or_else(|| plain(code), ToOwned::to_owned),
    }
}

fn french(code: &str) -> Option<&'static str> {
    Some(match code {
        "DEVICE_UNREACHABLE" => "la ligne vers l'appareil ne s'ouvre pas : voyez le câble et device.port",
        "DEVICE_OUTCOME_UNKNOWN" => "l'appareil n'a pas répondu à temps",
        "DEVICE_BUSY" => "trop de demandes attendent l'appareil",
        "STATE_UNAVAILABLE" => "le disque du proxy ne peut être lu",
        "ACTIVATION_REFUSED" => "le code d'activation n'est pas bon : vérifiez-le, ou demandez-en un autre",
        "SUPERSEDED" => "un autre code a été saisi",
        "CERTIFICATE_EXPIRED" => "le certificat de l'appareil a pris fin : l'opérateur le renouvelle",
        "DEVICE_UNKNOWN" => "l'appareil n'est pas enregistré dans ce cloud",
        "DEVICE_REVOKED" => "l'appareil est révoqué",
        "REPLACED" => "une autre connexion de cet appareil l'a remplacée",
        "CHANGED" => "l'opérateur a changé quelque chose à cet appareil : le proxy se reconnecte",
        "PROTOCOL_UNKNOWN" => "ce cloud ne parle pas la langue de ce proxy : mettez le proxy à jour",
        "CLOUD_UNREACHABLE" | "" => "le cloud n'est pas joint",
        _ => return None,
    })
}
