//! Until when a certificate is good.

use fiscal::Timestamp;
use x509_cert::{der::Decode, time::Time};

use super::{About, Finding, Sight, counted};

/// Renewing takes people's time.
const SOON_DAYS: u64 = 30;
const DAY: u64 = 86_400;

#[derive(Clone, Copy, Debug)]
pub(super) struct Validity {
    from: Timestamp,
    until: Timestamp,
}

impl Validity {
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        let validity = x509_cert::Certificate::from_der(der).ok()?.tbs_certificate.validity;
        Some(Self { from: time(validity.not_before), until: time(validity.not_after) })
    }
}

/// What is to be said of it.
pub(super) fn finding(about: About, name: &str, validity: Option<Validity>, sight: &Sight) -> Finding {
    let (language, now) = (sight.language, sight.now);
    let name = say!(language, "le certificat {name}", "the certificate {name}");
    let Some(Validity { from, until }) = validity else {
        let sentence = say!(
            language,
            "{name} ne dit pas jusqu'à quand il est valable : regardez-le avec openssl",
            "{name} does not say until when it is good: look at it with openssl"
        );
        return Finding::warning(about, sentence);
    };
    let days = until.seconds_after(now) / DAY;
    if now < from {
        let sentence = say!(
            language,
            "{name} n'est pas valable avant le {from}Z, et il est {now}Z ici : voyez l'horloge de cette machine",
            "{name} is not good before {from}Z, and it is {now}Z here: look at this machine's clock"
        );
        Finding::bad(about, sentence)
    } else if until < now {
        let sentence = say!(
            language,
            "{name} était valable jusqu'au {until}Z : faites-le renouveler",
            "{name} was good until {until}Z: have it renewed"
        );
        Finding::bad(about, sentence)
    } else if days < SOON_DAYS {
        let days = counted(days, language, ["jour", "jours"], ["day", "days"]);
        let sentence = say!(
            language,
            "{name} prend fin dans {days} : faites-le renouveler",
            "{name} ends in {days}: have it renewed"
        );
        Finding::warning(about, sentence)
    } else {
        let sentence =
            say!(language, "{name} est valable jusqu'au {until}Z", "{name} is good until {until}Z");
        Finding::good(about, sentence)
    }
}

/// Its years are ours: 1970 to 9999.
fn time(time: Time) -> Timestamp {
    Timestamp::from_unix(time.to_unix_duration().as_secs()).unwrap_or(Timestamp::LATEST)
}
