use clap::Args;
use def_protocol::token::{Activation, Policy};
use fiscal::{Amount, Epoch, InvoiceNumber, Nif, OutletId, Prefix, PrivateKey, UtcOffset};

use super::{
    arguments,
    issue::{IssuerArgs, ValidityArgs},
};

/// Activation codes hold longer than other tokens: a device travels before it is bound.
const DAYS: u64 = 30;

/// What an activation code grants.
#[derive(Args)]
pub(crate) struct ActivateCommand {
    #[command(flatten)]
    issuer: IssuerArgs,
    /// Whose invoices the device seals.
    #[arg(long)]
    nif: Nif,
    /// For which outlet.
    #[arg(long)]
    outlet: OutletId,
    /// What the outlet's fiscal numbers begin with.
    #[arg(long)]
    prefix: Prefix,
    /// The line of numbers in which it begins.
    #[arg(long, default_value_t = 0)]
    epoch: u32,
    /// Its first number there.
    #[arg(long, value_parser = arguments::number, default_value = "1")]
    first_number: InvoiceNumber,
    /// Another signer holds the line: the device seals no sale until `stelala authority enter` gives it the line
    #[arg(long, conflicts_with = "first_number")]
    stands_by: bool,
    /// The outlet's zone: kinshasa, lubumbashi, or minutes ahead of UTC.
    #[arg(long, value_parser = arguments::zone, default_value = "kinshasa", allow_hyphen_values = true)]
    zone: UtcOffset,
    /// How many days it may seal without an acknowledgement; 0 for any.
    #[arg(long, default_value_t = 0)]
    max_days: u16,
    /// How many invoices it may seal without an acknowledgement; 0 for any.
    #[arg(long, default_value_t = 0)]
    max_invoices: u32,
    /// For how many francs it may seal without an acknowledgement, like 5000000.00; 0.00 for any.
    #[arg(long, default_value = "0.00")]
    max_cdf: Amount,
    #[command(flatten)]
    validity: ValidityArgs,
}

impl ActivateCommand {
    /// The activation code.
    pub(super) fn issue(&self) -> anyhow::Result<String> {
        let authority = self.issuer.authority()?;
        let activation = Activation {
            nif: self.nif,
            outlet: self.outlet,
            prefix: self.prefix,
            epoch: Epoch(self.epoch),
            first_number: (!self.stands_by).then_some(self.first_number),
            offset: self.zone,
            policy: Policy { days: self.max_days, invoices: self.max_invoices, cdf: self.max_cdf },
            dgi: authority.dgi.public_key(),
            operator: authority.operator.public_key(),
        };
        self.issuer.token(&authority.root, &self.validity, DAYS, &activation)
    }
}
