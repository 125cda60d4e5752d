use std::str::FromStr;

use fiscal::{DeviceId, Nif, OutletId, Prefix, Timestamp};
use registry::{Email, Label, Permission, Role};
use serde::{Deserialize, Deserializer};

use super::not_found;
use crate::problem::{Kind, Problem, Words, words};

/// A text of a form that a sentence describes.
pub(crate) trait Form: FromStr {
    /// What to write there.
    fn form() -> Words;
}

/// Reads a member of a body.
pub(crate) fn member<T: Form>(name: impl Into<String>, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::of_member(Kind::MemberInvalid, name, T::form()))
}

/// Reads an id of something that has to be there. A text that is none names nothing.
pub(crate) fn id<T: FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| not_found())
}

/// Tells a member that is null from one that is left out, with `#[serde(default, deserialize_with = "given")]`.
pub(crate) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl Form for Label {
    fn form() -> Words {
        words(
            "un texte de 1 à 128 octets, sans caractère de contrôle",
            "a text of 1 to 128 bytes without control characters",
        )
    }
}

impl Form for Nif {
    fn form() -> Words {
        words(
            "un NIF a de 5 à 15 lettres capitales et chiffres",
            "a NIF has 5 to 15 capital letters and digits",
        )
    }
}

impl Form for DeviceId {
    fn form() -> Words {
        words(
            "de 1 à 20 lettres, chiffres, points, soulignés ou traits d'union",
            "1 to 20 letters, digits, full stops, underscores or hyphens",
        )
    }
}

impl Form for OutletId {
    fn form() -> Words {
        words(
            "de 1 à 20 lettres, chiffres, points, soulignés ou traits d'union",
            "1 to 20 letters, digits, full stops, underscores or hyphens",
        )
    }
}

impl Form for Prefix {
    fn form() -> Words {
        words("de 4 à 10 lettres capitales et chiffres", "4 to 10 capital letters and digits")
    }
}

impl Form for Email {
    fn form() -> Words {
        words(
            "une adresse électronique : un seul @, sans espace, 128 octets au plus",
            "an e-mail address: one @, no spaces, at most 128 bytes",
        )
    }
}

impl Form for Role {
    fn form() -> Words {
        words(
            "un rôle est owner, manager, supervisor, cashier, auditor ou operator",
            "a role is owner, manager, supervisor, cashier, auditor or operator",
        )
    }
}

impl Form for Permission {
    fn form() -> Words {
        let all: Vec<&str> = Self::ALL.iter().map(|scope| scope.name()).collect();
        let all = all.join(", ");
        words(format!("un droit est l'un de : {all}"), format!("a scope is one of: {all}"))
    }
}

/// A time of the API: it ends in `Z` (S7).
pub(crate) struct Time(pub(crate) Timestamp);

impl FromStr for Time {
    type Err = fiscal::Reason;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.strip_suffix('Z').unwrap_or(text).parse().map(Self)
    }
}

impl Form for Time {
    fn form() -> Words {
        words("une heure en UTC, comme 2026-12-31T23:00:00Z", "a time in UTC, as 2026-12-31T23:00:00Z")
    }
}
