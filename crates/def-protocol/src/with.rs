//! Members that are written as text, or in another form of their own.

use core::{fmt, marker::PhantomData, str::FromStr};

use fiscal::{Epoch, InvoiceType, KeyId, PayloadHash, PriceMode, Record, RecordHash, Signature};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    base64url::{self, Base64Url},
    read,
};

/// Reads a string that stands for something, escaped or not.
pub(crate) fn string<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    expected: &'static str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T, D::Error> {
    struct Reader<T, F>(&'static str, F, PhantomData<T>);

    impl<T, F: FnOnce(&str) -> Option<T>> de::Visitor<'_> for Reader<T, F> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            let Self(expected, read, _) = self;
            read(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &expected))
        }
    }

    deserializer.deserialize_str(Reader(expected, read, PhantomData))
}

/// A value that has a written form of its own beside Display and FromStr.
pub(crate) trait Written: Sized {
    fn written(&self) -> impl fmt::Display;
    fn read(text: &str) -> Option<Self>;
}

macro_rules! modules {
    ($($(#[$doc:meta])* $module:ident, $optional:ident, $bounds:path, $bound:path, $write:expr, $read:expr;)*) => {$(
        $(#[$doc])*
        pub(crate) mod $module {
            use super::*;

            pub(crate) struct One<T>(pub(crate) T);

            impl<T: $bounds> Serialize for One<&T> {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.collect_str(&$write(self.0))
                }
            }

            impl<'de, T: $bound> Deserialize<'de> for One<T> {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    string(deserializer, "the written form of a value", $read).map(One)
                }
            }

            pub(crate) fn serialize<S: Serializer, T: $bounds>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
                One(value).serialize(serializer)
            }

            pub(crate) fn deserialize<'de, D: Deserializer<'de>, T: $bound>(deserializer: D) -> Result<T, D::Error> {
                One::deserialize(deserializer).map(|One(value)| value)
            }
        }

        /// The same, and null where there is none.
        pub(crate) mod $optional {
            use super::{*, $module::One};

            pub(crate) fn serialize<S: Serializer, T: $bounds>(
                value: &Option<T>,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                value.as_ref().map(One).serialize(serializer)
            }

            pub(crate) fn deserialize<'de, D: Deserializer<'de>, T: $bound>(
                deserializer: D,
            ) -> Result<Option<T>, D::Error> {
                Ok(Option::<One<T>>::deserialize(deserializer)?.map(|One(value)| value))
            }
        }
    )*};
}

modules! {
    /// By Display and FromStr.
    text, text_option, fmt::Display, FromStr, core::convert::identity, |text| text.parse().ok();
    /// By [`Written`].
    form, form_option, Written, Written, Written::written, Written::read;
}

macro_rules! hexadecimal {
    ($($hash:ty),*) => {$(
        impl Written for $hash {
            fn written(&self) -> impl fmt::Display {
                self
            }

            fn read(text: &str) -> Option<Self> {
                read::hex(text.as_bytes()).map(Self)
            }
        }
    )*};
}

hexadecimal!(RecordHash, PayloadHash, KeyId);

macro_rules! listed {
    ($($name:ty),*) => {$(
        impl Written for $name {
            fn written(&self) -> impl fmt::Display {
                self.name()
            }

            fn read(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    )*};
}

listed!(InvoiceType, PriceMode);

/// In base64url.
impl Written for Signature {
    fn written(&self) -> impl fmt::Display {
        Base64Url(self.as_bytes())
    }

    fn read(text: &str) -> Option<Self> {
        let mut bytes = [0; Self::LENGTH];
        let read = base64url::decode(text.as_bytes(), &mut bytes)?;
        Self::from_bytes(read.try_into().ok()?).ok()
    }
}

/// Header, link and signature in base64url.
impl Written for Record {
    fn written(&self) -> impl fmt::Display {
        struct Bytes(heapless::Vec<u8, { Record::MAX_LENGTH }>);

        impl fmt::Display for Bytes {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                Base64Url(&self.0).fmt(f)
            }
        }

        Bytes(self.to_bytes())
    }

    fn read(text: &str) -> Option<Self> {
        let mut bytes = [0; Self::MAX_LENGTH];
        Self::from_bytes(base64url::decode(text.as_bytes(), &mut bytes)?).ok()
    }
}

/// A line of numbers is a plain integer.
pub(crate) mod epoch {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(epoch: &Epoch, serializer: S) -> Result<S::Ok, S::Error> {
        epoch.0.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Epoch, D::Error> {
        u32::deserialize(deserializer).map(Epoch)
    }
}

/// A quantity is a JSON number (D14). A reader that holds numbers in binary floating point gives back at most 15
/// digits of it.
pub(crate) mod number {
    use core::fmt::Write as _;

    use fiscal::Quantity;

    use super::*;
    use crate::json::Number;

    pub(crate) fn serialize<S: Serializer>(quantity: &Quantity, serializer: S) -> Result<S::Ok, S::Error> {
        Number(quantity).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Quantity, D::Error> {
        deserializer.deserialize_any(Reader)
    }

    struct Reader;

    impl Reader {
        /// The shortest decimal that stands for the number, which is the one that was written.
        fn read<E: de::Error>(number: impl fmt::Display) -> Result<Quantity, E> {
            let mut text = heapless::String::<32>::new();
            let written = write!(text, "{number}").ok().and_then(|()| text.parse().ok());
            written.ok_or_else(|| E::custom("a quantity has at most thirteen digits and three decimals"))
        }
    }

    impl de::Visitor<'_> for Reader {
        type Value = Quantity;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a number with at most three decimals")
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<Quantity, E> {
            Self::read(number)
        }

        fn visit_i64<E: de::Error>(self, number: i64) -> Result<Quantity, E> {
            Self::read(number)
        }

        fn visit_f64<E: de::Error>(self, number: f64) -> Result<Quantity, E> {
            Self::read(number)
        }
    }
}
