use clap::Args;
use def_protocol::token::{Acknowledgement, HandOver, NewState, Newest, Reset, StateChange};
use fiscal::{Epoch, InvoiceNumber, RecordHash, Timestamp};

use super::{
    arguments, clock,
    issue::{IssuerArgs, ValidityArgs},
};

/// Orders are carried out at once.
const DAYS: u64 = 1;

/// A new epoch.
#[derive(Args)]
pub(crate) struct ResetCommand {
    #[command(flatten)]
    issuer: IssuerArgs,
    /// The epoch to open, above the device's.
    #[arg(long)]
    epoch: u32,
    /// The newest invoice of the device, EPOCH/NUMBER:HASH; none when it holds none.
    #[arg(long, value_parser = arguments::newest)]
    newest: Option<Newest>,
    #[command(flatten)]
    validity: ValidityArgs,
}

impl ResetCommand {
    /// The order.
    pub(super) fn issue(&self) -> anyhow::Result<String> {
        let body = Reset { epoch: Epoch(self.epoch), newest: self.newest };
        self.issuer.token(&self.issuer.authority()?.dgi, &self.validity, DAYS, &body)
    }
}

/// What the ledger holds.
#[derive(Args)]
pub(crate) struct AcknowledgeCommand {
    #[command(flatten)]
    issuer: IssuerArgs,
    /// The newest invoice that the ledger holds, EPOCH/NUMBER:HASH.
    #[arg(long, value_parser = arguments::newest)]
    newest: Newest,
    /// When the ledger said so; else now.
    #[arg(long, value_name = "TIMESTAMP")]
    at: Option<Timestamp>,
    /// Revoke the device at the same time.
    #[arg(long)]
    revoke: bool,
    #[command(flatten)]
    validity: ValidityArgs,
}

impl AcknowledgeCommand {
    /// The acknowledgement.
    pub(super) fn issue(&self) -> anyhow::Result<String> {
        let time = match self.at {
            Some(at) => at,
            None => clock::now()?,
        };
        let body = Acknowledgement { newest: self.newest, time, revoke: self.revoke };
        self.issuer.token(&self.issuer.authority()?.operator, &self.validity, DAYS, &body)
    }
}

/// To leave a line of numbers.
#[derive(Args)]
pub(crate) struct LeaveCommand {
    #[command(flatten)]
    issuer: IssuerArgs,
    /// The epoch that the device is in.
    #[arg(long)]
    epoch: u32,
    #[command(flatten)]
    validity: ValidityArgs,
}

impl LeaveCommand {
    /// The order.
    pub(super) fn issue(&self) -> anyhow::Result<String> {
        let body = HandOver::Leave { epoch: Epoch(self.epoch) };
        self.issuer.token(&self.issuer.authority()?.operator, &self.validity, DAYS, &body)
    }
}

/// To enter a line of numbers.
#[derive(Args)]
pub(crate) struct EnterCommand {
    #[command(flatten)]
    issuer: IssuerArgs,
    /// The epoch to go on in.
    #[arg(long)]
    epoch: u32,
    /// The next number.
    #[arg(long, value_parser = arguments::number)]
    next: InvoiceNumber,
    /// The hash of the last record of the signer that left.
    #[arg(long, value_name = "HEX", value_parser = arguments::record_hash)]
    previous: RecordHash,
    /// The time of that record: no seal is earlier.
    #[arg(long, value_name = "TIMESTAMP")]
    floor: Timestamp,
    #[command(flatten)]
    validity: ValidityArgs,
}

impl EnterCommand {
    /// The order.
    pub(super) fn issue(&self) -> anyhow::Result<String> {
        let body = HandOver::Enter {
            epoch: Epoch(self.epoch),
            next_number: self.next,
            previous: self.previous,
            floor: self.floor,
        };
        self.issuer.token(&self.issuer.authority()?.operator, &self.validity, DAYS, &body)
    }
}

/// The end of a device's life, for now or for good.
#[derive(Args)]
pub(crate) struct StateCommand {
    #[command(flatten)]
    issuer: IssuerArgs,
    /// Why, for people: at most 64 bytes.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    validity: ValidityArgs,
}

impl StateCommand {
    /// The order.
    pub(super) fn issue(&self, state: NewState) -> anyhow::Result<String> {
        let body = StateChange { state, reason: &self.reason };
        self.issuer.token(&self.issuer.authority()?.dgi, &self.validity, DAYS, &body)
    }
}
