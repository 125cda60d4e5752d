use edef::{ConfirmCase, DateForm, Dialect, PaymentNames, PriceForm, RateOverrides};
use serde::{Deserialize, Serialize};
use sync::{Machine, MachineState};
use utoipa::ToSchema;

use crate::routes::submissions::time_of;

/// A machine of the authority (e-MCF), without its token.
#[derive(Serialize, ToSchema)]
#[schema(as = AuthorityMachine)]
pub(crate) struct MachineView {
    /// Its id here.
    #[schema(example = "mcf_0123456789abcdefghjk")]
    machine_id: String,
    /// Whose it is.
    #[schema(example = "mer_0123456789abcdefghjk")]
    merchant_id: String,
    /// Where it answers.
    #[schema(example = "https://edef.dgirdc.cd")]
    url: String,
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "CD01002345-1")]
    nim: Option<String>,
    /// Whose invoices it takes.
    #[schema(example = "A2301457K")]
    nif: String,
    /// Which homologated system calls it.
    #[schema(example = "STELALA-1")]
    isf: String,
    /// The outlets whose invoices go to it.
    #[schema(example = json!(["KIN-GOMBE-01"]))]
    outlet_ids: Vec<String>,
    /// Whether it is used.
    state: MachineStateName,
    /// Why it is not, if it is blocked: `unauthorized` or `wrong_machine`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    cause: Option<&'static str>,
    /// Since when it is paused or blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    since: Option<String>,
    /// When its token ends, if that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "2027-03-14T00:00:00Z")]
    token_expires: Option<String>,
    /// Whether nobody else makes invoices with it: its counters then tell what was finalised.
    exclusive: bool,
    /// Whether it is a test service or a simulator, whose elements have no fiscal value.
    test: bool,
    /// Not called before this time, because it did not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    rests_until: Option<String>,
    /// How far the authority's clock is ahead of this one, in milliseconds.
    #[schema(example = 40)]
    clock_offset_ms: i64,
    /// How it is spoken to.
    dialect: DialectView,
}

/// Whether a machine is used.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AuthorityMachineState)]
pub(crate) enum MachineStateName {
    /// It is.
    Ready,
    /// A person let it rest.
    Paused,
    /// It needs a person.
    Blocked,
    /// It was removed.
    Stopped,
}

/// The points on which clients of the authority's service differ. What is left out is as most have it.
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = AuthorityDialect)]
pub(crate) struct DialectView {
    /// A price is written as a number.
    #[schema(required = false)]
    price: PriceName,
    /// What a payment's currency fields are called.
    #[schema(required = false)]
    payment: PaymentName,
    /// How a currency's date is written.
    #[schema(required = false)]
    currency_date: DateName,
    /// The case of the last part of the path that confirms.
    #[schema(required = false)]
    confirm: ConfirmName,
    /// Rates in whole percent that are said to stand in for the authority's. Told beside a difference; none ends by it.
    #[schema(required = false)]
    rates: RatesView,
}

/// How a price is written.
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PriceName {
    /// `1800.00`
    #[default]
    Number,
    /// `"1800.00"`
    Text,
}

/// What a payment's currency fields are called.
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PaymentName {
    /// `currencyCode`, `currencyRate`
    #[default]
    Long,
    /// `curCode`, `curRate`
    Short,
}

/// How a date is written.
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DateName {
    /// `2026-02-04`
    #[default]
    Iso,
    /// `2026-02-04T00:00:00`
    IsoTime,
    /// `04/02/2026`
    DayFirst,
}

/// In capitals or small letters.
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ConfirmName {
    /// `confirm`
    #[default]
    Lower,
    /// `CONFIRM`
    Upper,
}

/// Rates in whole percent.
#[derive(Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = AuthorityRates)]
pub(crate) struct RatesView {
    /// Of group C.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, maximum = 100)]
    c: Option<u8>,
    /// Of group G.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, maximum = 100)]
    g: Option<u8>,
    /// Of group O.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, maximum = 100)]
    o: Option<u8>,
    /// Of group P.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, maximum = 100)]
    p: Option<u8>,
}

impl From<&Machine> for MachineView {
    fn from(machine: &Machine) -> Self {
        let (state, cause, since) = match &machine.state {
            MachineState::Ready => (MachineStateName::Ready, None, None),
            MachineState::Paused { since, .. } => (MachineStateName::Paused, None, Some(*since)),
            MachineState::Blocked { cause, since } => {
                (MachineStateName::Blocked, Some(cause.name()), Some(*since))
            }
            MachineState::Stopped => (MachineStateName::Stopped, None, None),
        };
        Self {
            machine_id: machine.id.to_string(),
            merchant_id: machine.merchant.to_string(),
            url: machine.url.to_string(),
            nim: machine.nim.as_ref().map(ToString::to_string),
            nif: machine.nif.to_string(),
            isf: machine.isf.to_string(),
            outlet_ids: machine.outlets.iter().map(ToString::to_string).collect(),
            state,
            cause,
            since: since.map(time_of),
            token_expires: machine.token_expires.map(|expires| format!("{expires}Z")),
            exclusive: machine.exclusive,
            test: machine.is_test,
            rests_until: machine.breaker.open_until.map(time_of),
            clock_offset_ms: machine.clock_offset_ms,
            dialect: DialectView::from(&machine.dialect),
        }
    }
}

impl From<&Dialect> for DialectView {
    fn from(dialect: &Dialect) -> Self {
        let RateOverrides { c, g, o, p } = dialect.rates;
        Self {
            price: match dialect.price {
                PriceForm::Number => PriceName::Number,
                PriceForm::Text => PriceName::Text,
            },
            payment: match dialect.payment {
                PaymentNames::Long => PaymentName::Long,
                PaymentNames::Short => PaymentName::Short,
            },
            currency_date: match dialect.currency_date {
                DateForm::Iso => DateName::Iso,
                DateForm::IsoTime => DateName::IsoTime,
                DateForm::DayFirst => DateName::DayFirst,
            },
            confirm: match dialect.confirm {
                ConfirmCase::Lower => ConfirmName::Lower,
                ConfirmCase::Upper => ConfirmName::Upper,
            },
            rates: RatesView { c, g, o, p },
        }
    }
}

impl From<DialectView> for Dialect {
    fn from(view: DialectView) -> Self {
        let RatesView { c, g, o, p } = view.rates;
        Self {
            price: match view.price {
                PriceName::Number => PriceForm::Number,
                PriceName::Text => PriceForm::Text,
            },
            payment: match view.payment {
                PaymentName::Long => PaymentNames::Long,
                PaymentName::Short => PaymentNames::Short,
            },
            currency_date: match view.currency_date {
                DateName::Iso => DateForm::Iso,
                DateName::IsoTime => DateForm::IsoTime,
                DateName::DayFirst => DateForm::DayFirst,
            },
            confirm: match view.confirm {
                ConfirmName::Lower => ConfirmCase::Lower,
                ConfirmName::Upper => ConfirmCase::Upper,
            },
            rates: RateOverrides { c, g, o, p },
        }
    }
}
