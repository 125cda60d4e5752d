use std::{
    io::{self, Write},
    num::NonZeroU32,
    process::ExitCode,
};

use anyhow::Context;
use clap::Args;
use fiscal::{Nif, OutletId, Timestamp};
use registry::{Label, NewKey, Rate, Reach, Role};

use super::{
    super::{configured::ConfigArgs, desk::Desk},
    place,
};

/// What the key is good for.
#[derive(Args)]
#[group(id = "whose", required = true, multiple = false, args = ["outlet", "merchant", "operator"])]
pub(crate) struct NewCommand {
    #[command(flatten)]
    config: ConfigArgs,
    /// One outlet.
    #[arg(long, value_name = "ID")]
    outlet: Option<OutletId>,
    /// A merchant and all his outlets, by his NIF.
    #[arg(long, value_name = "NIF")]
    merchant: Option<Nif>,
    /// The platform: it makes merchants and sees all, and sells for nobody.
    #[arg(long)]
    operator: bool,
    /// What it may do there: owner, manager, supervisor, cashier or auditor; manager unless said. The platform's is an
    /// operator or an auditor.
    #[arg(long)]
    role: Option<Role>,
    /// What people call it, as the till that has it; the outlet, the NIF or `operator` otherwise.
    #[arg(long)]
    name: Option<Label>,
    /// From when on it is refused, in UTC, like 2027-03-14T08:00:00Z.
    #[arg(long, value_name = "DATE-TIME", value_parser = time)]
    expires: Option<Timestamp>,
    /// How often it may ask, instead of as often as limits.per_second of the configuration says.
    #[arg(long, value_name = "N", requires = "burst")]
    per_second: Option<NonZeroU32>,
    /// How often at once, after a pause.
    #[arg(long, value_name = "N", requires = "per_second")]
    burst: Option<NonZeroU32>,
}

impl NewCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let config = self.config.read()?;
        let (secret, key) = Desk::of(&config, |desk| {
            let new = self.key(desk)?;
            desk.make_key(&new)
        })?;
        let id = &key.id;
        // The secret alone is on the standard output, so that it can go where it is kept.
        writeln!(io::stdout().lock(), "{}", secret.reveal()).with_context(|| {
            format!("{id} was made and could not be shown: `stelala cloud key revoke {id}`")
        })?;
        eprintln!(
            "{id}: a key of {} with the role {}. It is shown this once, and clouds that run know it already; `stelala \
             cloud key revoke {id}` ends it.",
            place(&key),
            key.role.name()
        );
        Ok(ExitCode::SUCCESS)
    }

    fn key(&self, desk: &mut Desk<'_>) -> anyhow::Result<NewKey> {
        let (reach, role, name) = match (self.outlet, self.merchant) {
            (Some(outlet), _) => {
                let place = desk.outlet(outlet)?;
                (Reach::Outlet(place.merchant, outlet), Role::Manager, outlet.to_string())
            }
            (None, Some(nif)) => (Reach::Merchant(desk.merchant(nif)?.id), Role::Manager, nif.to_string()),
            (None, None) => (Reach::Platform, Role::Operator, "operator".to_owned()),
        };
        let rate = self.per_second.zip(self.burst).map(|(per_second, burst)| Rate { per_second, burst });
        Ok(NewKey {
            name: self.name.clone().map_or_else(|| name.parse(), Ok)?,
            reach,
            role: self.role.unwrap_or(role),
            scopes: None,
            rate,
            expires: self.expires,
        })
    }
}

/// A time of UTC, with the `Z` of the API or without.
fn time(text: &str) -> anyhow::Result<Timestamp> {
    let time = text.strip_suffix('Z').unwrap_or(text).parse();
    time.ok().context("write it in UTC as 2027-03-14T08:00:00Z")
}
