/// Why a delivery is not looked at any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryFault {
    /// There is nothing in it.
    #[error("a delivery has at least one record: send some")]
    Empty,
    /// A seal is not valid.
    #[error("record {0} was not sealed by the key that was given: it is refused with all after it")]
    Seal(usize),
    /// A body is not what was sealed.
    #[error("what record {0} seals is not what was delivered with it: read it from the signer again")]
    Body(usize),
    /// A record is not behind the one before.
    #[error("record {0} does not follow the one before it: deliver a chain in its order, without gaps")]
    Order(usize),
}

macro_rules! causes {
    ($($(#[$doc:meta])* $variant:ident $name:literal),* $(,)?) => {
        /// What is wrong with a record that entered the ledger all the same (L6). A flag names it by its word.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Cause { $($(#[$doc])* $variant),* }

        impl Cause {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word in the flag's body.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

causes! {
    /// The signature is not the signer's; the record behind it names it and is validly signed.
    SignatureFalse "signature_false",
    /// What was delivered with it, twice, is not what it seals: it is kept without its payload.
    BodyDiffers "body_differs",
    /// No certificate of the signer's key is known.
    CertificateMissing "certificate_missing",
    /// It was sealed before the first certificate of the signer's key.
    CertificateNotYet "certificate_not_yet",
    /// It was sealed when no certificate of the signer's key was valid any more.
    CertificateExpired "certificate_expired",
    /// It was sealed above the number at which the signer's key was ended.
    KeyEnded "key_ended",
    /// The payload keeps not every rule (P1–P8).
    PayloadInvalid "payload_invalid",
    /// The header says something else than the payload.
    FactsDiffer "facts_differ",
    /// It is of another merchant.
    NifDiffers "nif_differs",
    /// It is earlier than the record before it, or than the signer that left.
    TimeBack "time_back",
    /// The secure element's counter is lower than before.
    CounterBack "counter_back",
    /// Its number is not the next of the outlet's line.
    NumberNotNext "number_not_next",
    /// Its signer did not hold the outlet's line, or had not entered it.
    NotHolder "not_holder",
    /// Its signer had closed its line.
    AfterClose "after_close",
    /// Its epoch was given up, or is none of the outlet's.
    EpochOver "epoch_over",
    /// The hand-over does not name the record with which the ledger's own signer gave the line to this one.
    HandOverUnknown "hand_over_unknown",
    /// A credit note takes back more than is left of its original, or its original is not known.
    CreditExceeds "credit_exceeds",
}
