//! From rows to sales: consecutive rows of one invoice are its items.

use std::collections::BTreeMap;

use fiscal::Text;

use super::{
    column::{Column, Subject},
    decimal::Decimals,
    refusal::Refusal,
    sheet::Row,
};

/// An invoice of the other system, as its rows say it.
pub(super) struct Sale {
    /// The other system's number.
    pub(super) number: String,
    /// Its first line.
    pub(super) line: u64,
    facts: BTreeMap<Column, Fact>,
    pub(super) items: Vec<Item>,
    pub(super) payments: Vec<Payment>,
    /// The first thing that is wrong with its rows.
    pub(super) fault: Option<Refusal>,
}

struct Fact {
    line: u64,
    text: String,
}

/// An item, as far as its row says it; numbers have a dot.
#[derive(Default)]
pub(super) struct Item {
    pub(super) line: u64,
    pub(super) cells: Vec<(Column, String)>,
}

/// A payment; without an amount, what is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Payment {
    pub(super) line: u64,
    pub(super) method: Option<String>,
    pub(super) amount: Option<String>,
}

/// Puts rows together.
pub(super) struct Gatherer {
    decimals: Decimals,
    sales: Vec<Sale>,
    places: BTreeMap<String, usize>,
    /// The number of the row before.
    before: Option<String>,
}

impl Gatherer {
    pub(super) const fn new(decimals: Decimals) -> Self {
        Self { decimals, sales: Vec::new(), places: BTreeMap::new(), before: None }
    }

    /// Takes the next row. One that names no invoice may belong to any: then nothing of the file is certain.
    pub(super) fn add(&mut self, row: &Row) -> anyhow::Result<()> {
        let Some(number) = row.cell(Column::Invoice) else {
            anyhow::bail!("line {} names no invoice: every row repeats the number of its invoice", row.line);
        };
        if self.before.as_deref() != Some(number) {
            self.before = Some(number.to_owned());
            if let Some(sale) = self.places.get(number).and_then(|place| self.sales.get_mut(*place)) {
                let said = format!(
                    "the number comes on line {} and again on line {}: rows of one invoice stand together, and two have \
                     two numbers",
                    sale.line, row.line
                );
                sale.fault = Some(Refusal::new("invoice_twice", Column::Invoice.name(), said));
                return Ok(());
            }
            self.places.insert(number.to_owned(), self.sales.len());
            self.sales.push(Sale::new(number, row.line));
        }
        // Rows of a number that came again go nowhere: it is refused.
        if let Some(sale) = self.sales.last_mut().filter(|sale| sale.number == number)
            && let Err(refusal) = sale.add(row, &mut self.decimals)
        {
            sale.fault.get_or_insert(refusal);
        }
        Ok(())
    }

    /// All sales, in the order of the file.
    pub(super) fn finish(self) -> Vec<Sale> {
        self.sales
    }
}

impl Sale {
    fn new(number: &str, line: u64) -> Self {
        let fault = Text::new(number)
            .err()
            .map(|reason| Refusal::new(reason.code(), Column::Invoice.name(), reason.english()));
        Self {
            number: number.to_owned(),
            line,
            facts: BTreeMap::new(),
            items: Vec::new(),
            payments: Vec::new(),
            fault,
        }
    }

    /// What the rows say of the sale as a whole.
    pub(super) fn fact(&self, column: Column) -> Option<&str> {
        self.facts.get(&column).map(|fact| fact.text.as_str())
    }

    fn add(&mut self, row: &Row, decimals: &mut Decimals) -> Result<(), Refusal> {
        let mut item = Item { line: row.line, cells: Vec::new() };
        for (column, cell) in row.cells() {
            let text = if is_decimal(column) {
                decimals.read(column, cell).map_err(|refusal| on_line(row.line, refusal))?
            } else {
                cell.to_owned()
            };
            match column.subject() {
                Subject::Sale => self.state(column, text, row.line)?,
                Subject::Item => item.cells.push((column, text)),
                Subject::Payment => {}
            }
        }
        let amount = row.cell(Column::PaymentAmount);
        let amount = amount.map(|amount| decimals.read(Column::PaymentAmount, amount)).transpose();
        self.pay(Payment {
            line: row.line,
            method: row.cell(Column::PaymentMethod).map(str::to_owned),
            amount: amount.map_err(|refusal| on_line(row.line, refusal))?,
        });
        if !item.cells.is_empty() {
            self.items.push(item);
        }
        Ok(())
    }

    fn state(&mut self, column: Column, text: String, line: u64) -> Result<(), Refusal> {
        let fact = self.facts.entry(column).or_insert_with(|| Fact { line, text: text.clone() });
        if fact.text == text {
            return Ok(());
        }
        let said = format!(
            "{} is {:?} on line {} and {text:?} on line {line}: rows of one invoice say the same or nothing",
            column.name(),
            fact.text,
            fact.line
        );
        Err(Refusal::new("rows_differ", column.name(), said))
    }

    /// Exports repeat the method on each row: without an amount that is one payment.
    fn pay(&mut self, payment: Payment) {
        let says_nothing = payment.method.is_none() && payment.amount.is_none();
        let is_repeated = payment.amount.is_none()
            && self.payments.iter().any(|other| other.amount.is_none() && other.method == payment.method);
        if !says_nothing && !is_repeated {
            self.payments.push(payment);
        }
    }
}

const fn is_decimal(column: Column) -> bool {
    matches!(column, Column::Quantity | Column::UnitPrice | Column::Total | Column::ExchangeRate)
}

/// Says where in the file.
pub(super) fn on_line(line: u64, refusal: Refusal) -> Refusal {
    Refusal { advice: format!("line {line}: {}", refusal.advice), ..refusal }
}

#[cfg(test)]
mod tests {
    use super::{super::sheet::Sheet, *};

    fn gather(text: &str) -> anyhow::Result<Vec<Sale>> {
        let sheet = Sheet::new(text.as_bytes())?;
        let mut gatherer = Gatherer::new(Decimals::new(sheet.has_commas()));
        sheet.rows(|row| gatherer.add(&row))?;
        Ok(gatherer.finish())
    }

    fn code(sale: &Sale) -> &str {
        sale.fault.as_ref().map_or("", |fault| fault.code.as_str())
    }

    const HEADER: &str = "invoice;timestamp;item_code;quantity;payment_method;payment_amount;total\n";

    #[test]
    fn consecutive_rows_of_one_number_are_items_and_payments_of_one_sale() {
        let sales = gather(&format!(
            "{HEADER}A;t;X;1,5;cash;;10\nA;;Y;2;cash;;10\nB;t;X;1;cash;4,50;\nB;t;;;card;5,50;\n"
        ))
        .unwrap();
        let [a, b] = &sales[..] else { panic!("{}", sales.len()) };
        assert!(a.fault.is_none() && b.fault.is_none());
        assert_eq!((a.line, a.items.len(), a.payments.len(), a.fact(Column::Total)), (2, 2, 1, Some("10")));
        assert_eq!(a.items[0].cells[1], (Column::Quantity, "1.5".to_owned()));
        assert_eq!((b.items.len(), b.payments.len(), b.payments[1].amount.as_deref()), (1, 2, Some("5.50")));
    }

    #[test]
    fn a_number_that_comes_again_later_is_refused_and_told_with_both_lines() {
        let sales = gather(&format!("{HEADER}A;t;X;1;;;\nB;t;X;1;;;\nA;t;X;1;;;\n")).unwrap();
        assert_eq!(sales.iter().map(code).collect::<Vec<_>>(), ["invoice_twice", ""]);
        let mixed = gather(&format!("{HEADER}A;t;X;1;;;\nB;t;X;1;;;\nA;t;X;1;;;\nB;t;Y;1;;;\n")).unwrap();
        assert_eq!(mixed.iter().map(code).collect::<Vec<_>>(), ["invoice_twice", "invoice_twice"]);
        let said = &sales[0].fault.as_ref().unwrap().advice;
        assert!(said.contains("line 2") && said.contains("line 4"), "{said}");
    }

    #[test]
    fn rows_that_contradict_each_other_are_refused() {
        let sales = gather(&format!("{HEADER}A;t;X;1;;;10\nA;t;Y;1;;;11\nB;t;X;1.500,0;;;\n")).unwrap();
        assert_eq!(sales.iter().map(code).collect::<Vec<_>>(), ["rows_differ", "number_grouped"]);
        assert!(sales[1].fault.as_ref().unwrap().advice.starts_with("line 4: "));
    }

    #[test]
    fn a_row_without_a_number_stops_the_whole_file() {
        let fault = gather(&format!("{HEADER}A;t;X;1;;;\n;t;Y;1;;;\n")).map(|_| ()).unwrap_err();
        assert!(fault.to_string().contains("line 3 names no invoice"), "{fault}");
    }
}
