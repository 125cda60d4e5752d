//! What a database can be found to be, beside what the referee says of its records.

use verify::{Finding, Language};

/// One thing that is false, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerFinding {
    /// What.
    pub rule: LedgerRule,
    /// Where: the outlet, then the record or the row.
    pub place: String,
}

/// A rule that something false breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedgerRule {
    /// One of the referee's, of a record.
    Record(Finding),
    /// One of the database.
    Stored(StoredRule),
}

macro_rules! rules {
    ($($variant:ident $code:literal $french:literal $english:literal;)*) => {
        /// A rule of what stands beside the records.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each variant is its sentence")]
        pub enum StoredRule { $($variant),* }

        impl StoredRule {
            const fn of(self) -> (&'static str, &'static str, &'static str) {
                match self { $(Self::$variant => ($code, $french, $english)),* }
            }
        }
    };
}

rules! {
    RecordForm "record_form" "cet enregistrement n'est pas lisible : il est abîmé ou inventé" "this record cannot be read: it was damaged or invented";
    Column "column_differs" "cette colonne ne dit pas ce que dit l'enregistrement : elle a été changée" "this column does not say what the record says: it was changed";
    BodyMissing "body_missing" "ce que l'enregistrement scelle a été enlevé" "what the record seals was removed";
    BeginningMissing "beginning_missing" "le premier enregistrement du point de vente manque : le début a été coupé" "the outlet's first record is missing: the beginning was cut off";
    HeadsBefore "heads_before" "des têtes gardées ailleurs précèdent le premier enregistrement : le début a été coupé" "heads kept elsewhere are of before the first record: the beginning was cut off";
    HeadMissing "head_missing" "une tête gardée ailleurs est d'un point de vente sans enregistrements : ils ont été enlevés" "a head that was kept elsewhere is of an outlet without records: they were removed";
    HeadRowMissing "head_row_missing" "la tête de ce point de vente manque dans la base" "the database has no head of this outlet";
    HeadRow "head_row_differs" "la tête dans la base n'est pas le dernier enregistrement : la fin a été coupée, ou la tête changée" "the head in the database is not the last record: the end was cut off, or the head was changed";
    Totals "totals_differ" "les totaux depuis la dernière clôture ne sont pas ceux des enregistrements" "the totals since the last closure are not those of the records";
    OutletMissing "outlet_missing" "ce point de vente a des enregistrements et n'est pas dans la base" "this outlet has records and is not in the database";
    Outlet "outlet_differs" "le point de vente n'est pas ce que dit le premier enregistrement de son époque" "the outlet is not what the first record of its epoch says";
    SaleMissing "sale_missing" "cette vente n'est pas dans la table des ventes : elle pourrait être scellée deux fois" "this sale is not in the table of sales: it could be sealed twice";
    SaleNotFirst "sale_not_first" "la table des ventes nomme pour cette vente un sceau qui n'est pas le premier" "the table of sales names for this sale a seal that is not the first";
    SaleFalse "sale_false" "cette ligne de la table des ventes nomme un enregistrement qui ne scelle pas cette vente" "this row of the table of sales names a record that does not seal this sale";
    KeyFalse "idempotency_false" "cette clé d'idempotence nomme un enregistrement qui n'a pas été scellé sous elle" "this idempotency key names a record that was not sealed under it";
    KeyId "key_id_differs" "cette clé publiée n'a pas l'identifiant sous lequel elle est conservée" "this published key has not the id under which it is kept";
    KeyNotHeld "key_not_held" "cette clé publiée n'est pas parmi celles que vous tenez d'ailleurs : ce qu'elle a scellé peut être inventé" "this published key is not among those that you hold from elsewhere: what it sealed may be invented";
    KeySigner "key_signer_differs" "aucune clé publiée n'est de ce scelleur" "no published key is of this signer";
    NotAnchored "not_anchored" "cette chaîne d'un autre scelleur n'a pas d'ancrage : elle a été ajoutée, ou son ancrage enlevé" "this chain of another signer has no anchor: it was added, or its anchor was removed";
    Anchor "anchor_differs" "la chaîne va plus loin que l'ancrage ne le dit : des enregistrements ont été ajoutés" "the chain goes further than its anchor says: records were added";
    Unreadable "unreadable" "la base ne donne pas ce qui suit cette ligne" "the database does not give what follows this row";
}

impl LedgerFinding {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match &self.rule {
            LedgerRule::Record(finding) => finding.rule.code(),
            LedgerRule::Stored(stored) => stored.of().0,
        }
    }

    /// The sentence, with its place before it.
    pub fn sentence(&self, language: Language) -> String {
        let place = &self.place;
        match &self.rule {
            LedgerRule::Record(finding) => format!("{place} {}", finding.sentence(language)),
            LedgerRule::Stored(stored) => {
                let (_, french, english) = stored.of();
                let said = if language == Language::French { french } else { english };
                format!("{place}: {said}")
            }
        }
    }
}

/// Findings, of which the first are kept and the others are counted.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) kept: Vec<LedgerFinding>,
    pub(super) more: u64,
}

impl Findings {
    /// A database of nothing but faults must not fill the memory.
    const MOST: usize = 1_000;

    pub(super) fn stored(&mut self, stored: StoredRule, place: impl Into<String>) {
        self.keep(LedgerFinding { rule: LedgerRule::Stored(stored), place: place.into() });
    }

    pub(super) fn keep(&mut self, mut finding: LedgerFinding) {
        finding.place = plain(&finding.place);
        if self.kept.len() < Self::MOST { self.kept.push(finding) } else { self.more += 1 }
    }
}

/// What stands in a changed database must not play on an auditor's terminal: every place is printable ASCII, the rest is
/// written as its code.
fn plain(place: &str) -> String {
    place.chars().fold(String::new(), |mut plain, character| {
        if character == ' ' || character.is_ascii_graphic() {
            plain.push(character);
        } else {
            plain.extend(character.escape_unicode());
        }
        plain
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_cannot_play_on_a_terminal() {
        let mut findings = Findings::default();
        findings.stored(StoredRule::KeyFalse, "\u{1b}[2JTRUE: this ledger is intact \u{202e}");
        let sentence = findings.kept[0].sentence(Language::English);
        assert!(
            sentence.chars().all(|character| character == ' ' || character.is_ascii_graphic()),
            "{sentence}"
        );
        assert!(sentence.starts_with("\\u{1b}[2JTRUE"), "{sentence}");
    }
}
