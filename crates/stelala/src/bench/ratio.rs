#![allow(clippy::float_arithmetic, reason = "ratios of times are not money")]

use std::fmt;

/// A measured ratio beside its limit.
pub(super) struct Ratio {
    name: &'static str,
    measured: f64,
    sign: &'static str,
    limit: f64,
    pub(super) kept: bool,
}

impl Ratio {
    pub(super) fn at_most(name: &'static str, measured: f64, limit: f64) -> Self {
        Self { name, measured, sign: "<=", limit, kept: measured <= limit }
    }

    pub(super) fn at_least(name: &'static str, measured: f64, limit: f64) -> Self {
        Self { name, measured, sign: ">=", limit, kept: measured >= limit }
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, measured, sign, limit, kept } = self;
        let verdict = if *kept { "kept" } else { "NOT KEPT" };
        write!(f, "  {name:<46} {measured:>8.3}   {sign} {limit:?}  {verdict}")
    }
}
