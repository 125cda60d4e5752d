use std::fs;

use fiscal::Timestamp;
use ledger::Clock;
use pki::{AuthorityCertificate, Validity};

use super::Finding;
use crate::config::Config;

const ABOUT: &str = "devices";
const DAY: u64 = 24 * 60 * 60;
/// A new issuing certificate is a matter of a root that is kept away: who has less than this left is told.
pub(crate) const FEW_DAYS: u64 = 3 * 365;

/// How long the authority that certifies devices still holds, where there is one.
pub(super) fn examine(config: &Config, clock: &dyn Clock) -> Option<Finding> {
    let path = config.devices.as_ref()?.certificates.join("issuing.pem");
    let read = fs::read_to_string(&path).map_err(|fault| fault.to_string());
    let read = read.and_then(|pem| AuthorityCertificate::from_pem(&pem).map_err(|fault| fault.to_string()));
    Some(match read {
        Ok(certificate) => match ending(certificate.validity(), clock.now()) {
            None => Finding::good(ABOUT, format!("{} holds for more than three years", path.display())),
            Some(why) => Finding::warning(ABOUT, why),
        },
        Err(why) => Finding::bad(ABOUT, format!("{}: {why}", path.display())),
    })
}

/// What to say of an issuing certificate that has few days left: those of devices end with it.
pub(crate) fn ending(validity: Validity, now: Timestamp) -> Option<String> {
    let days = validity.not_after().unix().saturating_sub(now.unix()) / DAY;
    (days < FEW_DAYS).then(|| {
        format!(
            "the issuing certificate of devices has {days} days left, and theirs end with it: make another \
             (`stelala cloud ca request`)"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuing_certificate_with_less_than_three_years_left_is_spoken_of() {
        let made: Timestamp = "2026-03-14T08:00:00".parse().unwrap();
        let validity = Validity::days(made, Validity::ISSUING_DAYS).unwrap();
        let after = |days| Timestamp::from_unix(made.unix() + days * DAY).unwrap();
        assert_eq!(ending(validity, after(Validity::ISSUING_DAYS - FEW_DAYS)), None);
        let why = ending(validity, after(Validity::ISSUING_DAYS - FEW_DAYS + 1)).unwrap();
        assert!(why.contains("1094 days"), "{why}");
        assert!(ending(validity, after(Validity::ISSUING_DAYS + 9)).unwrap().contains(" 0 days"));
    }
}
