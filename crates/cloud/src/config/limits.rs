use std::num::NonZeroU32;

use serde::Deserialize;

use super::ConfigFault;
use crate::limits::Allowance;

/// How much may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitsConfig {
    /// With each API key that has no allowance of its own.
    pub key: Allowance,
    /// From each address, without a key.
    pub public: Allowance,
}

/// As it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LimitsSection {
    per_second: u32,
    burst: u32,
    public_per_second: u32,
    public_burst: u32,
}

/// No machine answers more.
const MOST: u32 = 1_000_000;

impl LimitsSection {
    pub(crate) fn check(&self) -> Result<LimitsConfig, ConfigFault> {
        let number = |member: &str, number: u32| {
            NonZeroU32::new(number).filter(|number| number.get() <= MOST).ok_or_else(|| {
                ConfigFault::member(format!("limits.{member}"), format!("1 to {MOST} are expected"))
            })
        };
        Ok(LimitsConfig {
            key: Allowance {
                limit_per_second: number("per_second", self.per_second)?,
                burst: number("burst", self.burst)?,
            },
            public: Allowance {
                limit_per_second: number("public_per_second", self.public_per_second)?,
                burst: number("public_burst", self.public_burst)?,
            },
        })
    }
}

impl Default for LimitsSection {
    fn default() -> Self {
        Self { per_second: 100, burst: 200, public_per_second: 5, public_burst: 20 }
    }
}
