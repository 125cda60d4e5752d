use std::{fmt, str::FromStr};

use aws_lc_rs::digest;
use ledger::Place;
use registry::IdFault;

/// How many characters stand behind the prefix: 100 bits.
const LENGTH: usize = 20;
/// Without those that people confuse.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// What it begins with.
            pub const PREFIX: &str = $prefix;

            /// From randomness.
            pub fn new(random: [u8; 20]) -> Self {
                let letters = random.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)]));
                Self([concat!($prefix, "_")].into_iter().flat_map(str::chars).chain(letters).collect())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdFault;

            fn from_str(text: &str) -> Result<Self, IdFault> {
                let rest = text.strip_prefix(concat!($prefix, "_")).ok_or(IdFault($prefix))?;
                let right = rest.len() == LENGTH && rest.bytes().all(|byte| ALPHABET.contains(&byte));
                if right { Ok(Self(text.to_owned())) } else { Err(IdFault($prefix)) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// A webhook.
    WebhookId "whk";
    /// A delivery: one event for one webhook, however often it is sent.
    DeliveryId "dlv";
}

impl DeliveryId {
    /// Of the event that a record is to a webhook. It is always the same, so that a database that was restored from a
    /// backup tells nobody the same under two names.
    pub fn of(webhook: &WebhookId, place: &Place) -> Self {
        let chain = &place.chain;
        let text = format!(
            "stelala-delivery-1 {webhook} {} {} {} {}",
            chain.outlet,
            chain.epoch,
            chain.signer,
            place.position.value()
        );
        let hash = digest::digest(&digest::SHA256, text.as_bytes());
        let mut bytes = [0; LENGTH];
        bytes.copy_from_slice(&hash.as_ref()[..LENGTH]);
        Self::new(bytes)
    }
}

#[cfg(test)]
mod tests {
    use fiscal::{Epoch, Position};
    use ledger::ChainId;

    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written_and_no_other_text_is_one() {
        let id = WebhookId::new([31; 20]);
        assert_eq!(id.as_str(), "whk_zzzzzzzzzzzzzzzzzzzz");
        assert_eq!(id.as_str().parse::<WebhookId>(), Ok(id.clone()));
        for wrong in
            ["", "whk_", "dlv_zzzzzzzzzzzzzzzzzzzz", "whk_zzzzzzzzzzzzzzzzzzz", "whk_zzzzzzzzzzzzzzzzzzzi"]
        {
            assert_eq!(wrong.parse::<WebhookId>(), Err(IdFault("whk")), "{wrong}");
        }
    }

    #[test]
    fn the_same_record_is_the_same_delivery_to_a_webhook_and_another_to_another() {
        let chain = ChainId { outlet: "A".parse().unwrap(), epoch: Epoch(0), signer: "S".parse().unwrap() };
        let place = Place { chain, position: Position::FIRST };
        let next = Place { position: Position::new(2).unwrap(), ..place };
        let [one, two] = [WebhookId::new([1; 20]), WebhookId::new([2; 20])];
        assert_eq!(DeliveryId::of(&one, &place), DeliveryId::of(&one, &place));
        assert_ne!(DeliveryId::of(&one, &place), DeliveryId::of(&two, &place));
        assert_ne!(DeliveryId::of(&one, &place), DeliveryId::of(&one, &next));
    }
}
