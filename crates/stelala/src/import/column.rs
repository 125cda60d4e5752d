//! The columns that a file may have.

use std::collections::BTreeMap;

use anyhow::bail;

macro_rules! columns {
    ($($variant:ident $name:literal;)*) => {
        /// A column, by what it says of a sale.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Column { $($variant),* }

        impl Column {
            /// All of them.
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// As the header has it.
            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

columns! {
    Invoice "invoice";
    Timestamp "timestamp";
    Type "type";
    Terminal "terminal";
    Cashier "cashier";
    ClientName "client_name";
    ClientRegistration "client_registration";
    ClientClassification "client_classification";
    ItemCode "item_code";
    Description "description";
    Quantity "quantity";
    UnitPrice "unit_price";
    TaxGroup "tax_group";
    Unit "unit";
    PriceMode "price_mode";
    PaymentMethod "payment_method";
    PaymentAmount "payment_amount";
    Currency "currency";
    ExchangeRate "exchange_rate";
    ExchangeDate "exchange_date";
    Total "total";
    Original "original";
    OriginalCode "original_code";
    Nature "nature";
}

/// Of what a column speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// The sale as a whole: each row of it says the same or nothing.
    Sale,
    /// The item of the row.
    Item,
    /// A payment.
    Payment,
}

impl Column {
    /// Of what it speaks.
    pub(super) const fn subject(self) -> Subject {
        match self {
            Self::ItemCode
            | Self::Description
            | Self::Quantity
            | Self::UnitPrice
            | Self::TaxGroup
            | Self::Unit => Subject::Item,
            Self::PaymentMethod | Self::PaymentAmount => Subject::Payment,
            _ => Subject::Sale,
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|column| column.name() == name)
    }

    /// Whether a header's cell names a column.
    pub(super) fn is_named(cell: &str) -> bool {
        Self::of_name(&plain(cell)).is_some()
    }
}

/// Without which nothing can be read.
const REQUIRED: &[Column] = &[Column::Invoice, Column::Timestamp];

/// What each cell of a row is.
pub(super) fn header<'a>(cells: impl Iterator<Item = &'a str>) -> anyhow::Result<Vec<Column>> {
    let mut columns = Vec::new();
    let mut places = BTreeMap::new();
    for (place, cell) in (1..).zip(cells) {
        let name = plain(cell);
        let Some(column) = Column::of_name(&name) else { bail!(unknown(&name, place)) };
        if let Some(other) = places.insert(column, place) {
            bail!(
                "the header names {} twice, in columns {other} and {place}: keep one of them",
                column.name()
            );
        }
        columns.push(column);
    }
    for column in REQUIRED {
        if !columns.contains(column) {
            bail!("the header has no column {}: `stelala import --help` lists the columns", column.name());
        }
    }
    Ok(columns)
}

/// Capitals and spaces around it are no other name.
fn plain(cell: &str) -> String {
    cell.trim().to_ascii_lowercase()
}

fn unknown(name: &str, place: usize) -> String {
    if name.is_empty() {
        return format!("column {place} has no name: name it, or remove it");
    }
    let shown: String = name.chars().take(40).filter(|character| !character.is_control()).collect();
    let distances =
        Column::ALL.iter().map(|column| (strsim::damerau_levenshtein(column.name(), &shown), column));
    let nearest = distances.min_by_key(|(distance, _)| *distance);
    match nearest {
        Some((distance, column)) if distance <= shown.len().max(4) / 2 => {
            format!("column {place} is {shown:?}, which is not known: is it {}?", column.name())
        }
        _ => format!(
            "column {place} is {shown:?}, which is not known: remove it; `stelala import --help` lists the columns"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(names: &[&str]) -> Result<Vec<Column>, String> {
        header(names.iter().copied()).map_err(|fault| fault.to_string())
    }

    #[test]
    fn columns_come_in_any_order_and_in_capitals_too() {
        assert_eq!(
            read(&["total", " Timestamp ", "INVOICE"]),
            Ok(vec![Column::Total, Column::Timestamp, Column::Invoice])
        );
    }

    #[test]
    fn an_unknown_column_is_refused_with_the_nearest_known_one() {
        for (name, said) in [
            ("descripton", "is it description?"),
            ("unitprice", "is it unit_price?"),
            ("clientname", "is it client_name?"),
            ("sales_department_comment", "remove it"),
            ("", "has no name"),
        ] {
            let fault = read(&["invoice", "timestamp", name]).unwrap_err();
            assert!(fault.contains("column 3") && fault.contains(said), "{fault}");
        }
    }

    #[test]
    fn a_column_that_is_missing_or_doubled_is_told() {
        assert!(read(&["invoice", "total"]).unwrap_err().contains("no column timestamp"));
        assert!(read(&["invoice", "timestamp", "total", "total"]).unwrap_err().contains("columns 3 and 4"));
    }
}
