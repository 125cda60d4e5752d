//! Invoices of the simulation: one article of the standard rate, in whole francs.

use edef::{
    AuthorityCode, ClientPart, Figure, GroupFigures, GroupTotals, InvoiceRequest, ItemPart, OperatorPart,
    PaymentPart, ReferencePart,
};
use fiscal::{
    Amount, Classification, DgiLetter, Epoch, FiscalNumber, InvoiceNumber, InvoiceType, ItemType,
    PaymentMethod, Position, PriceMode, Quantity, RecordHash, Timestamp, totals::Nature,
};

use crate::{
    At, Job, JobId, JobState, Machine, MachineId, Original, Paper,
    lane::{NoSheet, Sheet, Translate},
};

pub(super) const NIF: &str = "A1234567B";

/// Reads what is written in this program: anything else is an error of it.
pub(super) fn fixed<T: std::str::FromStr>(text: &str) -> T {
    match text.parse() {
        Ok(value) => value,
        Err(_) => unreachable!("{text} is written right"),
    }
}

pub(super) fn number(prefix: &str, epoch: Epoch, number: u64) -> FiscalNumber {
    FiscalNumber {
        prefix: fixed(prefix),
        epoch,
        number: InvoiceNumber::new(number).unwrap_or(InvoiceNumber::FIRST),
    }
}

/// What comes of a sale: the job of a new record.
pub(super) fn job(
    id: u64,
    outlet: u64,
    epoch: Epoch,
    original: Option<&Job>,
    machine: &MachineId,
    now: At,
) -> Job {
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&id.to_be_bytes());
    hash[8..12].copy_from_slice(&epoch.0.to_be_bytes());
    let outlet = original.map_or_else(|| fixed(&format!("KIN-{outlet}")), |job| job.place.chain.outlet);
    let chain = ledger::ChainId { outlet, epoch, signer: fixed("HSM-1") };
    Job {
        id: JobId(RecordHash(hash)),
        place: ledger::Place { chain, position: Position::new(id).unwrap_or(Position::FIRST) },
        fiscal: number("SIMU", epoch, id),
        kind: if original.is_some() { InvoiceType::CreditNote } else { InvoiceType::Sale },
        sealed: Timestamp::from_unix(now.0 / 1_000).unwrap_or(Timestamp::EARLIEST),
        machine: Some(machine.clone()),
        original: original.map(|job| Original {
            outlet: job.place.chain.outlet,
            reference: ledger::Reference { epoch: job.place.chain.epoch, number: job.fiscal.number },
        }),
        state: JobState::Pending,
        since: now,
        due: now,
        attempts: 0,
        intent: None,
        requested: None,
        expires: None,
        confirming_since: None,
        last_confirm: None,
        doubt: None,
        difference: None,
        elements: None,
        recorded: false,
        error: None,
        version: 0,
    }
}

/// 100 francs without tax for each invoice, and their tax.
pub(super) fn request(rn: FiscalNumber, original: Option<AuthorityCode>) -> InvoiceRequest {
    InvoiceRequest {
        nif: fixed(NIF),
        rn,
        mode: PriceMode::Inclusive,
        isf: fixed("STELALA"),
        invoice_type: if original.is_some() { InvoiceType::CreditNote } else { InvoiceType::Sale },
        items: vec![ItemPart {
            code: fixed("PAIN"),
            item_type: ItemType::Goods,
            name: "Pain".to_owned(),
            price: Figure::whole(116),
            quantity: Quantity::from_thousandths(1_000).unwrap_or_else(|| fixed("1")),
            tax_group: letter(),
            original_price: None,
            price_modification: None,
        }],
        client: ClientPart {
            nif: None,
            name: Some("Client".to_owned()),
            contact: None,
            address: None,
            classification: Classification::Individual,
            description: None,
        },
        operator: OperatorPart { id: fixed("C-1"), name: "C-1".to_owned() },
        payments: vec![PaymentPart { method: PaymentMethod::Cash, amount: amount(11_600) }],
        reference: original.map(|code| ReferencePart {
            code: Some(code),
            nature: Nature::Void,
            description: None,
        }),
        comments: Vec::new(),
        currency: None,
    }
}

fn letter() -> DgiLetter {
    match DgiLetter::new(b'B') {
        Some(letter) => letter,
        None => unreachable!("B is a letter"),
    }
}

fn amount(centimes: i64) -> Amount {
    Amount::from_centimes(centimes).unwrap_or(Amount::ZERO)
}

/// Stands in for the mapping, which has trials of its own.
pub(super) struct Plain;

impl Translate for Plain {
    fn sheet(
        &self,
        _: &Job,
        paper: &Paper,
        _: &Machine,
        original: Option<AuthorityCode>,
    ) -> Result<Sheet, NoSheet> {
        let figures = GroupFigures { net: amount(10_000), vat: amount(1_600), total: amount(11_600) };
        let mut expected = GroupTotals { total: figures.total, vat: figures.vat, ..GroupTotals::default() };
        expected.groups[letter()] = Some(figures);
        Ok(Sheet { request: request(paper.fiscal, original), expected })
    }
}
