use std::{borrow::Cow, fmt};

use fiscal::{Fault, Path, Reason};

/// Why a draft is refused: a member, a stable code, and a sentence that says what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DraftFault {
    /// More than [`crate::Draft::MOST_BYTES`].
    TooLarge,
    /// Not JSON: where reading stopped, both from 1.
    NotJson {
        /// The line.
        line: usize,
        /// The column, in bytes.
        column: usize,
    },
    /// No such member.
    MemberUnknown {
        /// Its path, with its name as far as it can be shown.
        member: String,
    },
    /// A member has to be there and nothing can stand for it.
    Missing(Path),
    /// A member is not there that would be computed if the caller asked for it.
    NotComputed(Path),
    /// A decimal or a time in a form that not even a draft may have. The reason is the one that a payload would get;
    /// the sentence is of the forms that a draft may have.
    Form(Fault),
    /// A `\u` escape that is no character.
    Escape(Path),
    /// An element of `annex.ext` that is not two strings.
    NotPair(Path),
    /// A second payment without an amount.
    SecondOpenPayment(Path),
    /// A payment without an amount although the others exceed the total.
    Overpaid(Path),
    /// Two currencies.
    CurrencyConflict(Path),
    /// A rule of the payload is broken.
    Payload(Fault),
}

impl DraftFault {
    /// The stable code; a rule of the payload has that of its [`Reason`].
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "draft_too_large",
            Self::NotJson { .. } => "not_json",
            Self::MemberUnknown { .. } => Reason::MemberUnknown.code(),
            Self::Missing(_) => "member_missing",
            Self::NotComputed(_) => "member_not_computed",
            Self::Escape(_) => "escape_unknown",
            Self::NotPair(_) => "pair_expected",
            Self::SecondOpenPayment(_) => "second_open_payment",
            Self::Overpaid(_) => "overpaid",
            Self::CurrencyConflict(_) => "currency_conflict",
            Self::Form(fault) | Self::Payload(fault) => fault.reason.code(),
        }
    }

    /// The path of the member at fault, such as `items[2].unit_price`; none for the draft as a whole.
    pub fn member(&self) -> Option<String> {
        let path = match self {
            Self::TooLarge | Self::NotJson { .. } => return None,
            Self::MemberUnknown { member } => return Some(member.clone()),
            Self::Missing(path)
            | Self::NotComputed(path)
            | Self::Escape(path)
            | Self::NotPair(path)
            | Self::SecondOpenPayment(path)
            | Self::Overpaid(path)
            | Self::CurrencyConflict(path) => path,
            Self::Form(fault) | Self::Payload(fault) => &fault.path,
        };
        (*path != Path::ROOT).then(|| path.to_string())
    }

    /// What to do, in French.
    pub fn french(&self) -> Cow<'static, str> {
        let sentence = match self {
            Self::NotJson { line, column } => {
                return format!("ceci n'est pas du JSON : corrigez la ligne {line}, colonne {column}").into();
            }
            Self::TooLarge => "une facture en forme libre compte au plus 65 536 octets : scindez-la",
            Self::MemberUnknown { .. } => Reason::MemberUnknown.french(),
            Self::Missing(_) => "ce membre manque : écrivez-le",
            Self::NotComputed(_) => {
                "ce membre manque : écrivez-le, ou demandez qu'il soit calculé (complete)"
            }
            Self::Form(fault) => french_form(fault.reason),
            Self::Escape(_) => {
                "un échappement \\u ne désigne ici aucun caractère : écrivez le caractère lui-même, en UTF-8"
            }
            Self::NotPair(_) => "un élément de ext est un couple de chaînes : [\"nom\",\"valeur\"]",
            Self::SecondOpenPayment(_) => {
                "un seul paiement peut être sans montant : écrivez le montant de celui-ci"
            }
            Self::Overpaid(_) => {
                "les autres paiements dépassent le total : diminuez-les, et écrivez dans annex.tendered ce qui a été remis"
            }
            Self::CurrencyConflict(_) => {
                "currency et totals.currency ne disent pas la même devise : gardez-en un seul"
            }
            Self::Payload(fault) => fault.reason.french(),
        };
        sentence.into()
    }

    /// What to do, in English.
    pub fn english(&self) -> Cow<'static, str> {
        let sentence = match self {
            Self::NotJson { line, column } => {
                return format!("this is not JSON: mend it at line {line}, column {column}").into();
            }
            Self::TooLarge => "a friendly invoice has at most 65,536 bytes: split it",
            Self::MemberUnknown { .. } => Reason::MemberUnknown.english(),
            Self::Missing(_) => "this member is missing: write it",
            Self::NotComputed(_) => {
                "this member is missing: write it, or ask for it to be computed (complete)"
            }
            Self::Form(fault) => english_form(fault.reason),
            Self::Escape(_) => "a \\u escape here names no character: write the character itself, in UTF-8",
            Self::NotPair(_) => "an element of ext is a pair of strings: [\"name\",\"value\"]",
            Self::SecondOpenPayment(_) => "only one payment may be without an amount: write this one's",
            Self::Overpaid(_) => {
                "the other payments exceed the total: lower them, and write in annex.tendered what was handed over"
            }
            Self::CurrencyConflict(_) => "currency and totals.currency do not say the same: keep one of them",
            Self::Payload(fault) => fault.reason.english(),
        };
        sentence.into()
    }
}

/// The forms that a draft may have, where they are more than a payload's.
const fn french_form(reason: Reason) -> &'static str {
    match reason {
        Reason::AmountForm => {
            "un montant est un nombre ou une chaîne comme 12.5 : au plus 13 chiffres avant le point et deux décimales, sans exposant"
        }
        Reason::PriceForm => {
            "un prix unitaire est un nombre ou une chaîne comme 12.5, jamais négatif : au plus 13 chiffres avant le point et quatre décimales, sans exposant"
        }
        Reason::QuantityForm => {
            "une quantité est un nombre ou une chaîne comme 12.5 : au plus 13 chiffres avant le point et trois décimales, sans exposant"
        }
        Reason::RateForm => {
            "un taux est un nombre ou une chaîne comme 0.16, inférieur à 10 : au plus quatre décimales, sans exposant"
        }
        Reason::ExchangeRateForm => {
            "un cours est un nombre ou une chaîne comme 2850.5, positif, en CDF par unité : au plus quatre décimales, sans exposant"
        }
        Reason::TimestampForm => {
            "l'heure s'écrit 2026-02-04T10:15:30Z ou 2026-02-04T11:15:30+01:00, ou en UTC sans zone, à la seconde, à une date qui existe"
        }
        _ => reason.french(),
    }
}

const fn english_form(reason: Reason) -> &'static str {
    match reason {
        Reason::AmountForm => {
            "an amount is a number or a string like 12.5: at most 13 digits before the point and two decimals, no exponent"
        }
        Reason::PriceForm => {
            "a unit price is a number or a string like 12.5, never negative: at most 13 digits before the point and four decimals, no exponent"
        }
        Reason::QuantityForm => {
            "a quantity is a number or a string like 12.5: at most 13 digits before the point and three decimals, no exponent"
        }
        Reason::RateForm => {
            "a rate is a number or a string like 0.16, below 10: at most four decimals, no exponent"
        }
        Reason::ExchangeRateForm => {
            "an exchange rate is a number or a string like 2850.5, above zero, CDF per unit: at most four decimals, no exponent"
        }
        Reason::TimestampForm => {
            "a time is written 2026-02-04T10:15:30Z or 2026-02-04T11:15:30+01:00, or in UTC without a zone, to the second, on a date that exists"
        }
        _ => reason.english(),
    }
}

impl fmt::Display for DraftFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(member) = self.member() {
            write!(f, "{member}: ")?;
        }
        f.write_str(&self.english())
    }
}

impl std::error::Error for DraftFault {}

impl From<Fault> for DraftFault {
    fn from(fault: Fault) -> Self {
        Self::Payload(fault)
    }
}
