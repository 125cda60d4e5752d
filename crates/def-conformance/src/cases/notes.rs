//! Section 7.1: credit notes and vouchers.

use anyhow::{Context, Result, ensure};
use def_protocol::token::{HandOver, Voucher};
use def_trials::{
    Sale,
    authority::{OPENING, at},
    sale::Original,
};
use fiscal::{CreditAccount, Epoch, InvoiceNumber, OriginalIdentity, RecordHash, Validated};

use crate::{
    bench::Bench,
    case::Case,
    device::{
        Device, Outlet,
        sales::{commit_of, original},
        same,
    },
};

pub(super) const CASES: &[Case] = &[
    Case::new("7.1 credit notes", "a note takes back what is left of its original, and no more", returns),
    Case::new(
        "7.1 credit notes",
        "an original is voided once, wholly, and then nothing is left of it",
        voids,
    ),
    Case::new(
        "7.1 credit notes",
        "an original that was never sealed, or has another code, is ORIGINAL_NOT_FOUND",
        not_found,
    ),
    Case::new(
        "7.1 credit notes",
        "what open notes would take is reserved, until they are sealed or replaced",
        reserved,
    ),
    Case::new("7.1 credit notes", "what is left of an original outlasts power cuts", outlasts),
    Case::new(
        "7.1 credit notes",
        "an original of another signer is ORIGINAL_ELSEWHERE without a voucher",
        elsewhere,
    ),
    Case::new(
        "7.1 credit notes",
        "a voucher lets a note take back from an original elsewhere, once",
        voucher,
    ),
];

/// A sale of three lines, sealed.
fn sold(device: &mut Device) -> Result<(Sale, Original)> {
    let sale = device.new_sale("T1", at(OPENING), 3);
    let seal = device.sell(&sale.payload())?;
    Ok((sale, original("RAM", &seal)?))
}

fn note(sale: &Sale, original: &Original, nature: &'static str, lines: usize, till: &str) -> Sale {
    let mut note = sale.back(at(OPENING), Original { nature, ..original.clone() }, lines);
    note.till = till.into();
    note
}

fn returns(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let (sale, original) = sold(&mut device)?;
    device.sell(&note(&sale, &original, "RAM", 1, "T1").payload())?;
    device.refuses(&note(&sale, &original, "RAM", 3, "T1").payload(), "CREDIT_EXCEEDS_ORIGINAL")?;
    device.refuses(&note(&sale, &original, "RAN", 3, "T1").payload(), "CREDIT_EXCEEDS_ORIGINAL")?;
    let mut rest = note(&sale, &original, "COR", 3, "T1");
    rest.lines.remove(0);
    device.sell(&rest.payload())?;
    device.refuses(&note(&sale, &original, "RAM", 1, "T2").payload(), "CREDIT_EXCEEDS_ORIGINAL")?;
    Ok(())
}

fn voids(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let (sale, original) = sold(&mut device)?;
    let part = note(&sale, &original, "RAN", 2, "T1").payload();
    let reply = device.ask(&format!("TXN|PREPARE {part}"))?;
    ensure!(reply.code().is_some(), "a void of a part is let in");
    device.sell(&note(&sale, &original, "RAN", 3, "T1").payload())?;
    for nature in ["RAN", "RAM", "COR"] {
        device.refuses(&note(&sale, &original, nature, 3, "T2").payload(), "ALREADY_VOIDED")?;
    }
    device.refuses(&note(&sale, &original, "RAM", 1, "T2").payload(), "ALREADY_VOIDED")?;
    Ok(())
}

fn not_found(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let (sale, original) = sold(&mut device)?;
    let others = [
        Original { number: original.number + 1, ..original.clone() },
        Original { epoch: 1, ..original.clone() },
        Original { auth_code: "0123456789ABCDEF".into(), ..original.clone() },
    ];
    for other in &others {
        device.refuses(&note(&sale, other, "RAM", 1, "T1").payload(), "ORIGINAL_NOT_FOUND")?;
    }
    let back = note(&sale, &original, "RAM", 1, "T1");
    let seal = device.sell(&back.payload())?;
    let of_note = crate::device::sales::original("RAM", &seal)?;
    device.refuses(&note(&sale, &of_note, "RAM", 1, "T1").payload(), "ORIGINAL_NOT_FOUND")?;
    Ok(())
}

fn reserved(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let (sale, original) = sold(&mut device)?;
    let first = note(&sale, &original, "RAM", 2, "T1").payload();
    let nonce = device.prepare(&first)?;
    device.refuses(&note(&sale, &original, "RAM", 3, "T2").payload(), "CREDIT_EXCEEDS_ORIGINAL")?;
    let mut rest = note(&sale, &original, "RAM", 3, "T2");
    rest.lines.drain(..2);
    let second = device.prepare(&rest.payload())?;
    // T1 gives its note up for a sale: what it reserved is free again.
    let instead = device.payload("T1");
    let sold = device.prepare(&instead)?;
    let reply = device.ask(&commit_of(&nonce))?;
    ensure!(reply.code().is_some(), "a replaced note is sealed");
    device.commit(&sold, &instead)?;
    device.commit(&second, &rest.payload())?;
    device.sell(&first)?;
    Ok(())
}

fn outlasts(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let (sale, original) = sold(&mut device)?;
    device.sell(&note(&sale, &original, "RAM", 2, "T1").payload())?;
    device.restart()?;
    device.refuses(&note(&sale, &original, "RAM", 3, "T1").payload(), "CREDIT_EXCEEDS_ORIGINAL")?;
    let mut rest = note(&sale, &original, "RAM", 3, "T1");
    rest.lines.drain(..2);
    device.sell(&rest.payload())?;
    device.restart()?;
    device.refuses(&note(&sale, &original, "RAM", 1, "T2").payload(), "CREDIT_EXCEEDS_ORIGINAL")?;
    Ok(())
}

/// A device that took over at number 50: numbers before it are another signer's.
fn took_over(bench: &Bench) -> Result<Device> {
    let mut device = bench.ready()?;
    let now = device.time()?;
    let order = HandOver::Enter {
        epoch: Epoch(0),
        next_number: InvoiceNumber::new(50).context("a number")?,
        previous: RecordHash([7; 32]),
        floor: at(OPENING),
    };
    let token = device.authority.hand_over_from(order, now);
    device.obeys(&crate::device::orders::token("CFG|HANDOVER", &token))?;
    Ok(device)
}

/// A sale that another signer sealed as number 10, and its authentication code.
fn of_another(device: &mut Device) -> (Sale, Original) {
    let sale = device.new_sale("T1", at(OPENING), 3);
    (sale, Original { nature: "RAM", epoch: 0, number: 10, auth_code: "0123456789ABCDEF".into() })
}

fn elsewhere(bench: &Bench) -> Result<()> {
    let mut device = took_over(bench)?;
    let (sale, original) = of_another(&mut device);
    device.refuses(&note(&sale, &original, "RAM", 1, "T1").payload(), "ORIGINAL_ELSEWHERE")?;
    let later = Original { number: 50, ..original };
    device.refuses(&note(&sale, &later, "RAM", 1, "T1").payload(), "ORIGINAL_NOT_FOUND")?;
    same("the next number", device.sell_one()?.1["invoice_seq"].as_u64(), Some(50))?;
    Ok(())
}

/// What the ledger knows of the original, signed by a key.
fn signed(
    device: &mut Device,
    sale: &Sale,
    original: &Original,
    key: &p256::ecdsa::SigningKey,
    id: u8,
) -> Result<String> {
    let payload = sale.payload();
    let validated = Validated::read(payload.as_bytes()).context("the original is a payload")?;
    let identity = OriginalIdentity {
        nif: Outlet::SHOP.nif.parse().ok().context("NIF")?,
        outlet: Outlet::SHOP.outlet.parse().ok().context("outlet")?,
        epoch: Epoch(original.epoch),
        number: InvoiceNumber::new(original.number).context("number")?,
        auth_code: original.auth_code.parse().ok().context("code")?,
    };
    let account = CreditAccount::open(identity, &validated).context("account")?;
    let now = device.time()?;
    Ok(device.authority.token_valid(key, &Voucher { id: [id; 16], account }, now, at("2036-01-01T00:00:00")))
}

fn with_voucher(note: &Sale, voucher: &str) -> String {
    let payload = note.payload();
    let code = payload.rfind(r#""}}"#).unwrap_or(payload.len());
    format!(r#"{}","voucher":"{voucher}"}}}}"#, &payload[..code])
}

fn voucher(bench: &Bench) -> Result<()> {
    let mut device = took_over(bench)?;
    let (sale, original) = of_another(&mut device);
    let (operator, dgi) = (device.authority.operator.clone(), device.authority.dgi.clone());
    let right = signed(&mut device, &sale, &original, &operator, 1)?;
    let wrong = signed(&mut device, &sale, &original, &dgi, 2)?;
    let part = note(&sale, &original, "RAM", 2, "T1");
    device.refuses(&with_voucher(&part, &wrong), "UNAUTHORIZED")?;
    let other = Original { number: 11, ..original.clone() };
    device.refuses(&with_voucher(&note(&sale, &other, "RAM", 2, "T1"), &right), "ORIGINAL_NOT_FOUND")?;
    let mut more = note(&sale, &original, "RAM", 3, "T1");
    more.lines[0].1 += 1;
    device.refuses(&with_voucher(&more, &right), "CREDIT_EXCEEDS_ORIGINAL")?;
    device.sell(&with_voucher(&part, &right))?;
    let mut rest = note(&sale, &original, "RAM", 3, "T1");
    rest.lines.drain(..2);
    device.refuses(&with_voucher(&rest, &right), "ORIGINAL_ELSEWHERE")?;
    device.restart()?;
    device.refuses(&with_voucher(&rest, &right), "ORIGINAL_ELSEWHERE")?;
    Ok(())
}
