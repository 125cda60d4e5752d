//! Which column means what: by its name, in French or English, in any order.

use super::{
    SheetFault,
    flat::{INVOICES, RESULTS},
    table::{Entry, Table, TableRow},
};

/// What is read of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Number,
    Uid,
    Code,
    Time,
    Counters,
    Nim,
    Qr,
    Total,
    Vat,
}

/// The names without accents, marks and capitals.
const NAMES: [(Column, &[&str]); 9] = [
    (
        Column::Number,
        &[
            "rn",
            "numero",
            "numerofacture",
            "numerodefacture",
            "numerodelafacture",
            "nofacture",
            "nodefacture",
            "nodelafacture",
            "ndefacture",
            "nfacture",
            "facture",
            "numerofiscal",
            "reffacture",
            "referencefacture",
            "invoicenumber",
            "invoiceno",
            "invoice",
            "fiscalnumber",
        ],
    ),
    (Column::Uid, &["uid", "identifiantunique", "requestuid"]),
    (
        Column::Code,
        &[
            "codedefdgi",
            "codedef",
            "codedgi",
            "codedefedgi",
            "codemecefdgi",
            "codesecurite",
            "codedesecurite",
            "codeauthentification",
            "codedauthentification",
            "securitycode",
            "authenticationcode",
            "code",
        ],
    ),
    (
        Column::Time,
        &[
            "datetime",
            "date",
            "dateheure",
            "dateetheure",
            "datenormalisation",
            "datedenormalisation",
            "datecertification",
            "datefacture",
            "dateandtime",
            "invoicedate",
            "normalizationdate",
        ],
    ),
    (Column::Counters, &["counters", "counter", "compteur", "compteurs"]),
    (
        Column::Nim,
        &["nim", "emcf", "mcf", "numeroemcf", "machine", "numeromachine", "numerodelamachine", "device"],
    ),
    (Column::Qr, &["qrcode", "qr", "codeqr", "qrdata"]),
    (
        Column::Total,
        &[
            "total",
            "totaldgi",
            "totalttc",
            "ttc",
            "montant",
            "montanttotal",
            "montantttc",
            "amount",
            "totalamount",
            "grandtotal",
        ],
    ),
    (Column::Vat, &["vtotal", "vtotaldgi", "tva", "totaltva", "montanttva", "vat", "totalvat", "vatamount"]),
];

/// A table of results: where each column is, and those whose meaning is not known.
#[derive(Debug)]
pub(super) struct Layout<'t> {
    at: Vec<(Column, usize)>,
    pub(super) unknown: Vec<String>,
    pub(super) rows: &'t [TableRow],
    /// It is our own export, filled in.
    pub(super) is_ours: bool,
}

impl<'t> Layout<'t> {
    /// The first table that can hold results.
    pub(super) fn find(tables: &'t [Table]) -> Result<Self, SheetFault> {
        let mut missing = SheetFault::NoColumn("the number of the invoice (rn) or its uid");
        for table in tables {
            match Self::of(table)? {
                Ok(layout) => return Ok(layout),
                Err(fault) => missing = fault,
            }
        }
        Err(missing)
    }

    fn of(table: &'t Table) -> Result<Result<Self, SheetFault>, SheetFault> {
        let no_number = Err(SheetFault::NoColumn("the number of the invoice (rn) or its uid"));
        let Some((header, rows)) = table.rows.split_first() else { return Ok(no_number) };
        let plain: Vec<String> = header.cells.iter().map(|cell| plain(&cell.text)).collect();
        // A table of articles has a column named code, too.
        if plain.iter().any(|name| matches!(name.as_str(), "taxgroup" | "quantity" | "quantite" | "prix")) {
            return Ok(no_number);
        }
        let own: Vec<String> = INVOICES.iter().chain(&RESULTS).map(|name| self::plain(name)).collect();
        let is_ours = ["isf", "mode", "cmta"].iter().all(|name| plain.iter().any(|known| known == name));
        let (mut at, mut unknown): (Vec<(Column, usize)>, _) = (Vec::new(), Vec::new());
        for (index, name) in plain.iter().enumerate() {
            // In our own sheet these are what we expect, and no answer.
            let is_expected = is_ours && matches!(name.as_str(), "total" | "vtotal");
            let found = NAMES.iter().find(|(_, names)| !is_expected && names.contains(&name.as_str()));
            match found {
                Some((column, _)) => {
                    if let Some((_, before)) = at.iter().find(|(known, _)| known == column) {
                        let texts = [*before, index].map(|index| header.cells[index].text.clone());
                        let [before, this] = texts;
                        return Err(SheetFault::Twice(before, this));
                    }
                    at.push((*column, index));
                }
                None if name.is_empty() || own.contains(name) => {}
                None => unknown.push(header.cells[index].text.clone()),
            }
        }
        let has = |column| at.iter().any(|(known, _)| *known == column);
        if !has(Column::Number) && !has(Column::Uid) {
            return Ok(no_number);
        }
        if !has(Column::Code) {
            return Ok(Err(SheetFault::NoColumn("the authority's code (codeDEFDGI)")));
        }
        Ok(Ok(Self { at, unknown, rows, is_ours }))
    }

    /// The cell of a row; a blank one is none.
    pub(super) fn cell<'r>(&self, row: &'r TableRow, column: Column) -> Option<&'r Entry> {
        let (_, index) = self.at.iter().find(|(known, _)| *known == column)?;
        row.cells.get(*index).filter(|entry| !entry.is_blank())
    }
}

/// Small letters and digits without accents.
fn plain(name: &str) -> String {
    let letter = |character: char| match character.to_lowercase().next().unwrap_or(character) {
        'à' | 'â' | 'ä' => Some('a'),
        'é' | 'è' | 'ê' | 'ë' => Some('e'),
        'î' | 'ï' => Some('i'),
        'ô' | 'ö' => Some('o'),
        'ù' | 'û' | 'ü' => Some('u'),
        'ç' => Some('c'),
        '°' | 'º' => Some('o'),
        plain if plain.is_ascii_alphanumeric() => Some(plain),
        _ => None,
    };
    name.chars().filter_map(letter).collect()
}
