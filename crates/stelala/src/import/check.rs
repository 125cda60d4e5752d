//! The whole file, checked before anything is sent.

use std::collections::BTreeMap;

use draft::{Complete, Defaults, Draft, DraftFault};
use fiscal::{Amount, Currency, Epoch, FiscalNumber, InvoiceNumber, Validated};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{
    column::Column,
    entry::{Entry, Fate, Good},
    friendly::{Given, Original, friendly, original, reference},
    place::Place,
    refusal::Refusal,
    sale::{Sale, on_line},
};

/// Checks one sale after the other, as the cloud would.
pub(super) struct Checker<'a> {
    given: Given<'a>,
    place: &'a Place,
    /// The hash of each sale, and its number.
    seen: BTreeMap<[u8; 32], String>,
}

/// Stands for the code of an original that is not sealed yet.
const ANY_CODE: &str = "0000000000000000";

impl<'a> Checker<'a> {
    pub(super) const fn new(given: Given<'a>, place: &'a Place) -> Self {
        Self { given, place, seen: BTreeMap::new() }
    }

    /// What becomes of a sale.
    pub(super) fn check(&mut self, sale: &Sale) -> Entry {
        let fate = match self.good(sale) {
            Ok(good) => Fate::Unsent(Box::new(good)),
            Err(refusal) => Fate::Refused(refusal),
        };
        Entry { number: sale.number.clone(), line: sale.line, fate }
    }

    fn good(&mut self, sale: &Sale) -> Result<Good, Refusal> {
        match &sale.fault {
            Some(fault) => Err(fault.clone()),
            None => self.checked(sale).map_err(|refusal| place_in_file(sale, refusal)),
        }
    }

    fn checked(&mut self, sale: &Sale) -> Result<Good, Refusal> {
        let mut body = friendly(sale, &self.given)?;
        let original = original(sale)?;
        let nature = sale.fact(Column::Nature).map(str::to_owned);
        let outlet = self.place.outlet;
        let named = match &original {
            Original::None => None,
            Original::Number(_) => Some((Epoch(0), InvoiceNumber::FIRST, ANY_CODE)),
            Original::Sealed(number, code) => {
                self.check_prefix(*number)?;
                Some((number.epoch, number.number, code.as_str()))
            }
        };
        if let Some(reference) = reference(nature.as_deref(), outlet, named) {
            body.insert("reference".to_owned(), reference);
        }
        let canonical = self.canonical(&body)?;
        let validated = Validated::read(canonical.as_bytes())?;
        let invoice = validated.invoice();
        self.check_rules(&validated)?;
        let (total, currency) = (invoice.totals.total, invoice.totals.currency);
        check_total(sale, total, currency)?;
        self.check_twin(sale, &original, &canonical)?;
        // Stated, so that the cloud refuses what it reckons otherwise.
        body.insert("totals".to_owned(), json!({ "total": total.to_string() }));
        let original = match original {
            Original::Number(number) => {
                body.remove("reference");
                Some(number)
            }
            Original::None | Original::Sealed(..) => None,
        };
        let key = key(&outlet.to_string(), &sale.number);
        Ok(Good { key, body: Value::Object(body).to_string(), total, currency, original, nature })
    }

    /// The bytes that would be sealed.
    fn canonical(&self, body: &Map<String, Value>) -> Result<String, DraftFault> {
        // Texts and lists always serialise.
        let draft = Draft::read(&serde_json::to_vec(body).unwrap_or_default())?;
        let defaults =
            Defaults { nif: Some(self.place.nif), outlet: Some(self.place.outlet), ..Defaults::default() };
        let manifest = self.place.manifest.as_manifest();
        let day = draft.timestamp().date_at(self.place.zone);
        draft.canonical(&defaults, Some(Complete { manifest: &manifest, day }))
    }

    fn check_rules(&self, validated: &Validated<'_>) -> Result<(), Refusal> {
        let invoice = validated.invoice();
        let day = invoice.timestamp.date_at(self.place.zone);
        self.place.manifest.as_manifest().check(validated, day)?;
        if invoice.invoice_type.is_credit() && !self.place.may_credit {
            let said = "a credit note needs the scope invoices:credit: import with a supervisor's key";
            return Err(Refusal::new("FORBIDDEN", Column::Type.name(), said));
        }
        Ok(())
    }

    fn check_prefix(&self, number: FiscalNumber) -> Result<(), Refusal> {
        if self.place.prefix.is_none_or(|prefix| prefix == number.prefix) {
            return Ok(());
        }
        let said = format!("{number} is not of outlet {}: credit it where it was sold", self.place.outlet);
        Err(Refusal::new("original_elsewhere", Column::Original.name(), said))
    }

    /// Two sales that are one payload: the cloud would take the second for the first.
    fn check_twin(&mut self, sale: &Sale, original: &Original, canonical: &str) -> Result<(), Refusal> {
        let hash = Sha256::new().chain_update(canonical);
        let hash = match original {
            Original::Number(number) => hash.chain_update(number),
            Original::None | Original::Sealed(..) => hash,
        };
        if let Some(twin) = self.seen.insert(hash.finalize().into(), sale.number.clone()) {
            let said = format!(
                "it is the same as {twin:?} in all that is sealed, to the second: one sale twice? else give it its own \
                 time or terminal"
            );
            return Err(Refusal::new("same_sale", "", said));
        }
        Ok(())
    }
}

fn check_total(sale: &Sale, total: Amount, currency: Currency) -> Result<(), Refusal> {
    let Some(said) = sale.fact(Column::Total) else { return Ok(()) };
    if same_amount(said, total) {
        return Ok(());
    }
    let advice = format!(
        "the file says {said}, its items come to {total} {currency}: look at quantities, prices, tax groups and price_mode"
    );
    Err(Refusal::new("total_differs", Column::Total.name(), advice))
}

/// `1234.5` is 1234.50.
fn same_amount(said: &str, total: Amount) -> bool {
    let (integer, fraction) = said.split_once('.').unwrap_or((said, ""));
    let fraction = fraction.trim_end_matches('0');
    let magnitude = format!("{integer}.{fraction:0<2}");
    magnitude.parse() == Ok(total) || (magnitude == "-0.00" && total == Amount::ZERO)
}

/// Says by which line and column of the file a member is wrong.
fn place_in_file(sale: &Sale, refusal: Refusal) -> Refusal {
    let element = |list: &str| {
        let (index, member) = refusal.member.strip_prefix(list)?.strip_prefix('[')?.split_once(']')?;
        Some((index.parse::<usize>().ok()?, member.trim_start_matches('.')))
    };
    let (line, name) = if let Some((index, member)) = element("items") {
        let name = match member {
            "code" => Column::ItemCode.name(),
            "taxable_unit" => Column::Unit.name(),
            other => other,
        };
        (sale.items.get(index).map(|item| item.line), name)
    } else if let Some((index, member)) = element("payments") {
        let name = match member {
            "method" => Column::PaymentMethod.name(),
            "amount" => Column::PaymentAmount.name(),
            other => other,
        };
        (sale.payments.get(index).map(|payment| payment.line), name)
    } else {
        (Some(sale.line), fact_column(&refusal.member))
    };
    let advice = match (name, refusal.member.as_str()) {
        ("", _) => refusal.advice.clone(),
        (_, "pos_terminal_id") => format!("terminal: {} (or say --terminal)", refusal.advice),
        (_, "cashier_id") => format!("cashier: {} (or say --cashier)", refusal.advice),
        _ => format!("{name}: {}", refusal.advice),
    };
    on_line(line.unwrap_or(sale.line), Refusal { advice, ..refusal })
}

fn fact_column(member: &str) -> &str {
    match member {
        "invoice_type" => Column::Type.name(),
        "client.registration" => Column::ClientRegistration.name(),
        "client.classification" => Column::ClientClassification.name(),
        "annex.client_name" => Column::ClientName.name(),
        "annex.price_mode" => Column::PriceMode.name(),
        "annex.exchange" | "annex.exchange.rate" => Column::ExchangeRate.name(),
        "annex.exchange.date" => Column::ExchangeDate.name(),
        "reference.nature" => Column::Nature.name(),
        "reference.auth_code" => Column::OriginalCode.name(),
        other => other,
    }
}

/// One for each invoice of an outlet, whoever imports it and how often.
pub(super) fn key(outlet: &str, number: &str) -> String {
    let hash = Sha256::new()
        .chain_update("stelala import 1\0")
        .chain_update(outlet)
        .chain_update("\0")
        .chain_update(number)
        .finalize();
    let digits: String = hash.iter().take(20).map(|byte| format!("{byte:02x}")).collect();
    format!("csv-{digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_of_one_outlet_and_one_number() {
        let one = key("KIN-GOMBE-01", "T-1");
        assert_eq!(one.len(), 44);
        assert!(one.parse::<ledger::IdempotencyKey>().is_ok());
        assert_eq!(one, "csv-a2db3ed81a10ea63f90cdc453559af5c225e2b23", "the same for ever");
        assert_ne!(one, key("KIN-GOMBE-02", "T-1"));
        assert_ne!(one, key("KIN-GOMBE-01", "T-2"));
    }

    #[test]
    fn a_total_is_compared_by_its_value() {
        let amount = |text: &str| text.parse::<Amount>().unwrap();
        for same in ["1234.5", "1234.50", "1234.500"] {
            assert!(same_amount(same, amount("1234.50")), "{same}");
        }
        assert!(
            same_amount("-5", amount("-5.00"))
                && same_amount("0", Amount::ZERO)
                && same_amount("-0", Amount::ZERO)
        );
        for other in ["1234.51", "1234.505", "-1234.50", "12345", ""] {
            assert!(!same_amount(other, amount("1234.50")), "{other}");
        }
    }
}
