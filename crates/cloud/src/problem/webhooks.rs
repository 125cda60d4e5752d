//! What a refusal of webhooks is to a client.

use ledger::Refusal;
use webhooks::{EventFault, UrlFault, WebhookFault};

use super::{Item, Kind, Problem, words};
use crate::extract::not_found;

impl From<WebhookFault> for Problem {
    fn from(fault: WebhookFault) -> Self {
        let english = fault.to_string();
        match fault {
            WebhookFault::Store(fault) => Refusal::Store(fault).into(),
            WebhookFault::NotFound(_) => not_found(),
            WebhookFault::Limit => Self::new(
                Kind::Conflict,
                words("un marchand a au plus 16 webhooks : supprimez-en un d'abord", english),
            ),
            WebhookFault::MadeOften(wait) => Self::new(
                Kind::RateLimited,
                words(
                    "pour un marchand on fait au plus 100 webhooks en 24 heures : faites le suivant plus tard, ou \
                     changez-en un",
                    english,
                ),
            )
            .with_retry_after(wait),
            WebhookFault::PingedOften(wait) => Self::new(
                Kind::RateLimited,
                words(
                    "un webhook s'essaie au plus 60 fois par heure : attendez, ou lisez dans son journal ce que sont \
                     devenus les autres essais",
                    english,
                ),
            )
            .with_retry_after(wait),
            WebhookFault::Stopped => Self::new(
                Kind::Conflict,
                words("ce webhook est arrêté et n'apprend plus rien : faites-en un autre", english),
            ),
            WebhookFault::Url(fault) => fault.into(),
            WebhookFault::Events(fault) => fault.into(),
        }
    }
}

impl From<UrlFault> for Problem {
    fn from(fault: UrlFault) -> Self {
        let detail = words(french(fault), fault.to_string());
        let item = Item { member: Some("url".into()), reason: Some(fault.code()), detail: detail.clone() };
        Self::new(Kind::MemberInvalid, detail).with_item(item)
    }
}

impl From<EventFault> for Problem {
    fn from(fault: EventFault) -> Self {
        let french = match fault {
            EventFault::Unknown => {
                "cet événement n'existe pas : choisissez parmi invoice.sealed, report.closed, epoch.opened, \
                 invoice.non_compliant, device.offline, device.online, device.warning et certificate.expiring"
            }
            EventFault::None => "un webhook apprend quelque chose : nommez au moins un événement",
        };
        Self::of_member(Kind::MemberInvalid, "events", words(french, fault.to_string()))
    }
}

const fn french(fault: UrlFault) -> &'static str {
    match fault {
        UrlFault::Form => "ce n'est pas une URL : écrivez https://, un hôte et un chemin, en ASCII",
        UrlFault::Long => "l'URL d'un webhook a au plus 512 octets : raccourcissez-la",
        UrlFault::NotSecure => "l'URL d'un webhook commence par https:// : donnez un certificat au récepteur",
        UrlFault::User => "l'URL d'un webhook ne nomme pas d'utilisateur : la signature dit qui envoie",
        UrlFault::Fragment => "l'URL d'un webhook n'a rien après # : ôtez-le",
        UrlFault::Private => {
            "l'hôte d'un webhook est joignable par Internet : aucune adresse privée, locale ou réservée"
        }
    }
}
