use fiscal::{DeviceId, Epoch, InvoiceNumber, Nif, OutletId, PublicKey, Timestamp};

use super::Cause;

/// What the registry says of a device whose records are examined.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Which device.
    pub device: DeviceId,
    /// Its outlet.
    pub outlet: OutletId,
    /// The key with which it seals.
    pub key: PublicKey,
    /// Its outlet's merchant.
    pub nif: Nif,
    /// From when to when each certificate of its key is valid, both ends included.
    pub certificates: Vec<(Timestamp, Timestamp)>,
    /// Where its key ended, if it did.
    pub ended: Option<Ended>,
}

/// Where a key ended (S6): at a number, never only at a time, for a thief backdates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// In which epoch.
    pub epoch: Epoch,
    /// The last invoice of that epoch that counts; none when not one does.
    pub number: Option<InvoiceNumber>,
    /// When it was ended.
    pub time: Timestamp,
    /// Why, for people.
    pub why: &'static str,
}

impl Standing {
    /// What is wrong with an invoice by its time and number.
    pub(super) fn causes(&self, epoch: Epoch, number: InvoiceNumber, time: Timestamp) -> Vec<Cause> {
        let certified = |(from, to): &(Timestamp, Timestamp)| *from <= time && time <= *to;
        let first = self.certificates.iter().map(|(from, _)| *from).min();
        let certificate = match first {
            None => Some(Cause::CertificateMissing),
            Some(_) if self.certificates.iter().any(certified) => None,
            Some(first) if time < first => Some(Cause::CertificateNotYet),
            Some(_) => Some(Cause::CertificateExpired),
        };
        let over = self.ended.is_some_and(|ended| (epoch, Some(number)) > (ended.epoch, ended.number));
        certificate.into_iter().chain(over.then_some(Cause::KeyEnded)).collect()
    }
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::SigningKey;

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix(1_773_478_000 + seconds).unwrap()
    }

    fn standing() -> Standing {
        let key = SigningKey::from_slice(&[3; 32]).unwrap();
        Standing {
            device: "DEF-000001".parse().unwrap(),
            outlet: "KIN-GOMBE-01".parse().unwrap(),
            key: PublicKey::from(*key.verifying_key()),
            nif: "A2301457K".parse().unwrap(),
            certificates: vec![(at(100), at(200)), (at(190), at(300))],
            ended: None,
        }
    }

    #[test]
    fn a_certificate_covers_both_its_ends_and_two_may_overlap() {
        let standing = standing();
        let number = InvoiceNumber::FIRST;
        let causes = |seconds| standing.causes(Epoch(0), number, at(seconds));
        assert_eq!(causes(99), [Cause::CertificateNotYet]);
        for right in [100, 195, 200, 201, 300] {
            assert!(causes(right).is_empty(), "{right}");
        }
        assert_eq!(causes(301), [Cause::CertificateExpired]);
        let none = Standing { certificates: Vec::new(), ..standing.clone() };
        assert_eq!(none.causes(Epoch(0), number, at(150)), [Cause::CertificateMissing]);
    }

    #[test]
    fn a_key_ends_at_a_number_whatever_the_time_says() {
        let ended = |number| {
            let number = InvoiceNumber::new(number);
            Some(Ended { epoch: Epoch(1), number, time: at(150), why: "lost" })
        };
        let causes = |ended, epoch, number| {
            let standing = Standing { ended, ..standing() };
            standing.causes(Epoch(epoch), InvoiceNumber::new(number).unwrap(), at(120))
        };
        assert!(causes(ended(7), 1, 7).is_empty());
        assert_eq!(causes(ended(7), 1, 8), [Cause::KeyEnded]);
        assert!(causes(ended(7), 0, 99).is_empty(), "an epoch before");
        assert_eq!(causes(ended(7), 2, 1), [Cause::KeyEnded]);
        assert_eq!(causes(ended(0), 1, 1), [Cause::KeyEnded]);
    }
}
