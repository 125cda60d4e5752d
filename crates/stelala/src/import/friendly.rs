//! A sale in the API's friendly form. Nothing is added to what the file and the command say but the sale's day as the
//! day of an exchange rate that names none.

use fiscal::{Epoch, FiscalNumber, InvoiceNumber, OutletId, Timestamp, UtcOffset};
use serde_json::{Map, Value, json};

use super::{
    column::Column::{self, *},
    refusal::Refusal,
    sale::Sale,
};

/// What the command says of every sale.
pub(super) struct Given<'a> {
    pub(super) outlet: OutletId,
    pub(super) terminal: Option<&'a str>,
    pub(super) cashier: Option<&'a str>,
    /// Of times without one.
    pub(super) zone: Option<UtcOffset>,
    /// The outlet's.
    pub(super) business_zone: UtcOffset,
}

/// A sale as the API takes it, but for what a credit note names.
pub(super) fn friendly(sale: &Sale, given: &Given<'_>) -> Result<Map<String, Value>, Refusal> {
    let mut object = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            object.insert(name.to_owned(), value);
        }
    };
    let fact = |column| sale.fact(column);
    let timestamp = fact(Timestamp).map(|text| time(text, given.zone)).transpose()?;
    put("outlet_id", Some(json!(given.outlet.to_string())));
    put("pos_terminal_id", fact(Terminal).or(given.terminal).map(|text| json!(text)));
    put("cashier_id", fact(Cashier).or(given.cashier).map(|text| json!(text)));
    put("invoice_type", Some(json!(fact(Type).unwrap_or("sale"))));
    put("timestamp", timestamp.as_ref().map(|text| json!(text)));
    let client = [("registration", ClientRegistration), ("classification", ClientClassification)];
    put("client", members(sale, &client));
    put("items", Some(items(sale)));
    put("currency", Some(json!(fact(Currency).unwrap_or("CDF"))));
    put("payments", Some(payments(sale)));
    put("annex", annex(sale, timestamp.as_deref(), given.business_zone)?);
    Ok(object)
}

fn members(sale: &Sale, columns: &[(&str, Column)]) -> Option<Value> {
    let said =
        columns.iter().filter_map(|(name, column)| Some(((*name).to_owned(), json!(sale.fact(*column)?))));
    let members: Map<_, _> = said.collect();
    (!members.is_empty()).then_some(Value::Object(members))
}

fn items(sale: &Sale) -> Value {
    let items = sale.items.iter().map(|item| {
        let members = item.cells.iter().map(|(column, text)| (item_member(*column).to_owned(), json!(text)));
        Value::Object(members.collect())
    });
    Value::Array(items.collect())
}

/// As the API calls it.
const fn item_member(column: Column) -> &'static str {
    match column {
        ItemCode => "code",
        Unit => "taxable_unit",
        other => other.name(),
    }
}

fn payments(sale: &Sale) -> Value {
    let payments = sale.payments.iter().map(|payment| {
        let said = [("method", &payment.method), ("amount", &payment.amount)];
        let members =
            said.into_iter().filter_map(|(name, text)| Some((name.to_owned(), json!(text.as_ref()?))));
        Value::Object(members.collect())
    });
    Value::Array(payments.collect())
}

fn annex(sale: &Sale, timestamp: Option<&str>, zone: UtcOffset) -> Result<Option<Value>, Refusal> {
    let mut annex = Map::new();
    for (name, column) in [("price_mode", PriceMode), ("client_name", ClientName)] {
        if let Some(text) = sale.fact(column) {
            annex.insert(name.to_owned(), json!(text));
        }
    }
    if let Some(rate) = sale.fact(ExchangeRate) {
        let currency = sale.fact(Currency).unwrap_or("CDF");
        let day = || timestamp.and_then(read).map(|time| time.date_at(zone).to_string());
        let date = sale.fact(ExchangeDate).map(str::to_owned).or_else(day);
        annex.insert("exchange".to_owned(), json!({ "currency": currency, "rate": rate, "date": date }));
    } else if sale.fact(ExchangeDate).is_some() {
        let said = "the date is of an exchange rate: write that too";
        return Err(Refusal::new("exchange_missing", ExchangeDate.name(), said));
    }
    Ok((!annex.is_empty()).then_some(Value::Object(annex)))
}

/// A time with its zone. Civil time, with a space, needs to be told which.
fn time(text: &str, zone: Option<UtcOffset>) -> Result<String, Refusal> {
    let Some((date, clock)) = text.split_once(' ') else { return Ok(text.to_owned()) };
    let refused =
        |said: &str| Refusal::new("timestamp_form", Column::Timestamp.name(), format!("{text:?}: {said}"));
    let form = "write 2026-03-14 08:32:10, or with a zone 2026-03-14T08:32:10+01:00";
    let civil: Timestamp = format!("{date}T{clock}").parse().map_err(|_| refused(form))?;
    let zone = zone.ok_or_else(|| refused("in which zone? say --zone kinshasa or --zone lubumbashi"))?;
    let universal = civil.unix().checked_add_signed(-60 * i64::from(zone.minutes()));
    let universal = universal.and_then(Timestamp::from_unix).ok_or_else(|| refused(form))?;
    Ok(format!("{universal}Z"))
}

/// The second that a text names in the forms of a till; what it does not name is found when the draft is read.
fn read(text: &str) -> Option<Timestamp> {
    let minimal =
        format!(r#"{{"invoice_type":"sale","timestamp":{},"items":[],"payments":[]}}"#, Value::from(text));
    draft::Draft::read(minimal.as_bytes()).ok().map(|draft| draft.timestamp())
}

/// What a credit note names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Original {
    /// Nothing: it is no credit note, or a rebate.
    None,
    /// An invoice by the other system's number.
    Number(String),
    /// A sealed invoice.
    Sealed(FiscalNumber, String),
}

/// What the file says of it.
pub(super) fn original(sale: &Sale) -> Result<Original, Refusal> {
    match (sale.fact(Column::Original), sale.fact(OriginalCode)) {
        (None, None) => Ok(Original::None),
        (None, Some(_)) => {
            let said = "a code is of an original: write its number too";
            Err(Refusal::new("original_missing", Column::Original.name(), said))
        }
        (Some(number), None) => Ok(Original::Number(number.to_owned())),
        (Some(number), Some(code)) => {
            let said =
                "with original_code, the original is named by its fiscal number, as KINGOMBE01-0-00000042";
            let sealed = number.parse();
            let sealed = sealed.map_err(|_| Refusal::new("original_form", Column::Original.name(), said))?;
            Ok(Original::Sealed(sealed, code.to_owned()))
        }
    }
}

/// The member by which a credit note names its original.
pub(super) fn reference(
    nature: Option<&str>,
    outlet: OutletId,
    original: Option<(Epoch, InvoiceNumber, &str)>,
) -> Option<Value> {
    let mut reference = Map::new();
    if let Some(nature) = nature {
        reference.insert("nature".to_owned(), json!(nature));
    }
    if let Some((epoch, number, code)) = original {
        reference.insert("outlet_id".to_owned(), json!(outlet.to_string()));
        reference.insert("epoch".to_owned(), json!(epoch.0));
        reference.insert("invoice_seq".to_owned(), json!(number.value()));
        reference.insert("auth_code".to_owned(), json!(code));
    }
    (!reference.is_empty()).then_some(Value::Object(reference))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_time_becomes_universal_time_by_the_zone_that_is_told() {
        let kinshasa = Some(UtcOffset::KINSHASA);
        assert_eq!(time("2026-03-14 08:32:10", kinshasa).as_deref(), Ok("2026-03-14T07:32:10Z"));
        let lubumbashi = Some(UtcOffset::LUBUMBASHI);
        assert_eq!(time("2026-03-14 00:30:00", lubumbashi).as_deref(), Ok("2026-03-13T22:30:00Z"));
        for said in ["2026-03-14T08:32:10+01:00", "2026-03-14T08:32:10Z", "yesterday"] {
            assert_eq!(time(said, kinshasa).as_deref(), Ok(said), "the draft says what is wrong with it");
        }
        assert!(time("2026-03-14 08:32:10", None).unwrap_err().advice.contains("--zone"));
        for wrong in ["2026-02-30 08:00:00", "14/03/2026 08:32:10", "2026-03-14 8:32", "1970-01-01 00:00:00"]
        {
            assert_eq!(time(wrong, kinshasa).unwrap_err().code, "timestamp_form", "{wrong}");
        }
    }
}
