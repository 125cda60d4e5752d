//! The authority's reference data.

use fiscal::{Currency, Nif};

use crate::{
    AuthorityTime, CallFault, Figure, Nim, PerLetter,
    json::{Object, elements, object},
};

/// The rate of each tax group in percent, where the authority has one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaxGroups(pub PerLetter<Option<Figure>>);

/// The authority's exchange rates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CurrencyRates(pub Vec<CurrencyRate>);

/// What a currency is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrencyRate {
    /// Which.
    pub currency: Currency,
    /// CDF per unit.
    pub rate: Figure,
    /// The day, as the authority wrote it.
    pub date: Option<AuthorityTime>,
    /// The currency's name.
    pub description: Option<String>,
}

/// A list of codes: of invoice, payment, client, reference or item types.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedCodes(pub Vec<NamedCode>);

/// A code and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedCode {
    /// The code, such as `FV`.
    pub code: String,
    /// Its meaning in the authority's words.
    pub description: Option<String>,
}

/// The service and the machines of a taxpayer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InfoStatus {
    /// The service's version.
    pub version: Option<String>,
    /// The taxpayer.
    pub nif: Option<Nif>,
    /// The machine of this token.
    pub nim: Option<Nim>,
    /// Until when the token is valid.
    pub token_valid: Option<AuthorityTime>,
    /// The authority's clock.
    pub server_time: Option<AuthorityTime>,
    /// The taxpayer's machines, those that could be read.
    pub machines: Vec<MachineInfo>,
}

/// A machine of a taxpayer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineInfo {
    /// Which.
    pub nim: Nim,
    /// Its state in the authority's words.
    pub status: Option<String>,
    /// Its shop.
    pub shop: Option<String>,
    /// Where that is.
    pub address: Option<String>,
}

impl TaxGroups {
    /// Reads `{"a":0,"b":16}` or a list of groups with their rates.
    pub fn read(body: &str) -> Result<Self, CallFault> {
        let mut groups = Self::default();
        let entries = match object(body) {
            Ok(all) => {
                for (letter, rate) in groups.0.iter_mut() {
                    *rate = all.figure(&[&letter.as_char().to_string()])?;
                }
                all.any_list(&["taxGroups", "groups", "data"])
            }
            Err(_) => Some(elements(body)?),
        };
        for entry in entries.unwrap_or_default() {
            let entry = object(entry)?;
            let letter = entry.text(&["group", "taxGroup", "letter", "type", "code", "name"]);
            let letter = letter.and_then(|letter| letter_of(&letter));
            let rate = entry.figure(&["rate", "taxRate", "value", "percentage"])?;
            if let (Some(letter), Some(rate)) = (letter, rate) {
                groups.0[letter] = Some(rate);
            }
        }
        if groups.0.present().next().is_none() { Err(CallFault::Malformed) } else { Ok(groups) }
    }
}

fn letter_of(text: &str) -> Option<fiscal::DgiLetter> {
    match text.trim().as_bytes() {
        [letter] => fiscal::DgiLetter::new(letter.to_ascii_uppercase()),
        _ => None,
    }
}

impl CurrencyRates {
    /// Reads a list of rates in any of the spellings that clients have met. Entries of no known currency are left out.
    pub fn read(body: &str) -> Result<Self, CallFault> {
        let mut rates = Vec::new();
        for entry in list(body, &["currencyRates", "rates", "currencies", "data"])? {
            let entry = object(entry)?;
            let code = entry.text(&["type", "code", "currency", "currencyCode", "curCode", "name"]);
            let currency = code.and_then(|code| code.trim().to_ascii_uppercase().parse().ok());
            let rate = entry.figure(&["rate", "currencyRate", "curRate", "value", "exchangeRate"])?;
            let (Some(currency), Some(rate)) = (currency, rate) else { continue };
            rates.push(CurrencyRate {
                currency,
                rate,
                date: entry.time(&["date", "curDate", "currencyDate", "rateDate", "effectiveDate"]),
                description: entry.text(&["description", "label", "libelle", "desc"]),
            });
        }
        Ok(Self(rates))
    }
}

impl NamedCodes {
    /// Reads a list of codes: of objects, or of plain texts.
    pub fn read(body: &str) -> Result<Self, CallFault> {
        let names =
            ["invoiceTypes", "paymentTypes", "clientTypes", "referenceTypes", "itemTypes", "types", "data"];
        let mut codes = Vec::new();
        for entry in list(body, &names)? {
            let code = match serde_json::from_str::<String>(entry) {
                Ok(code) => NamedCode { code, description: None },
                Err(_) => {
                    let entry = object(entry)?;
                    let code = entry.text(&["type", "code", "value", "name"]).ok_or(CallFault::Malformed)?;
                    NamedCode { code, description: entry.text(&["description", "label", "libelle", "desc"]) }
                }
            };
            codes.push(code);
        }
        Ok(Self(codes))
    }
}

impl InfoStatus {
    /// Reads the answer of `/api/info/status`.
    pub fn read(body: &str) -> Result<Self, CallFault> {
        let all = object(body)?;
        let machines = all.any_list(&["emcfList", "edefList", "machines", "mcfList"]).unwrap_or_default();
        Ok(Self {
            version: all.text(&["version"]),
            nif: all.parsed(&["nif", "ifu"]),
            nim: all.parsed(&["nim"]),
            token_valid: all.time(&["tokenValid"]),
            server_time: all.time(&["serverDateTime"]),
            machines: machines.into_iter().filter_map(|entry| machine(&object(entry).ok()?)).collect(),
        })
    }
}

fn machine(entry: &Object<'_>) -> Option<MachineInfo> {
    let lines = ["address1", "address2", "address3", "address"].map(|name| entry.text(&[name]));
    let address: Vec<String> = lines.into_iter().flatten().collect();
    Some(MachineInfo {
        nim: entry.parsed(&["nim"])?,
        status: entry.text(&["status"]),
        shop: entry.text(&["shopName", "shop", "name"]),
        address: (!address.is_empty()).then(|| address.join(", ")),
    })
}

/// A list, or the list that an object holds.
fn list<'a>(body: &'a str, names: &[&str]) -> Result<Vec<&'a str>, CallFault> {
    match object(body) {
        Ok(all) => all.any_list(names).ok_or(CallFault::Malformed),
        Err(_) => elements(body),
    }
}
