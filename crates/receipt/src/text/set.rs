use std::sync::Arc;

use super::wrap;
use crate::{
    blocks::{Block, Items, Pair, Placed, Sum, Taxes},
    figures::NO_BREAK,
    symbol::Symbol,
};

/// How far what belongs to a line is moved in.
const INDENT: usize = 2;

/// What is set, from top to bottom.
#[derive(Clone, Debug)]
pub(crate) enum Row {
    /// One line, not wider than the columns.
    Line { text: String, style: Style },
    /// The QR code.
    Symbol { label: String, content: String, symbol: Arc<Symbol> },
}

/// What a printer can do beside its one typeface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) bold: bool,
    /// Twice as high, as wide as before.
    pub(crate) tall: bool,
}

/// So many columns, and how many of them a text takes.
pub(crate) struct Setter {
    pub(crate) columns: usize,
    pub(crate) measure: fn(&str) -> usize,
}

impl Style {
    const PLAIN: Self = Self { bold: false, tall: false };
    const BOLD: Self = Self { bold: true, tall: false };
    const LOUD: Self = Self { bold: true, tall: true };
}

/// Sets all parts, one under the other.
pub(crate) fn set(parts: &[Placed], setter: &Setter) -> Vec<Row> {
    let mut lines = Lines { setter, rows: Vec::new() };
    for part in parts {
        lines.block(&part.block);
    }
    lines.rows
}

struct Lines<'a> {
    setter: &'a Setter,
    rows: Vec<Row>,
}

impl Lines<'_> {
    fn block(&mut self, block: &Block) {
        match block {
            Block::Copy(words) => {
                let framed = format!("*** {words} ***");
                let fits = self.width(&framed) <= self.setter.columns;
                self.centred(if fits { &framed } else { words }, Style::LOUD);
            }
            Block::Merchant { name, lines } => {
                name.iter().for_each(|name| self.centred(name, Style::LOUD));
                lines.iter().for_each(|line| self.centred(line, Style::PLAIN));
            }
            Block::Title(title) => {
                self.rule();
                self.centred(&title.to_uppercase(), Style::BOLD);
            }
            Block::Fiscal { number, facts } => {
                self.pair(number, Style::LOUD);
                facts.iter().for_each(|fact| self.pair(fact, Style::PLAIN));
            }
            Block::Pairs { title, pairs } => {
                self.title(title);
                pairs.iter().for_each(|pair| self.pair(pair, Style::PLAIN));
            }
            Block::Items(items) => self.items(items),
            Block::Taxes(taxes) => self.taxes(taxes),
            Block::Sums { title, sums } => {
                match title {
                    Some(title) => self.title(title),
                    None => self.rule(),
                }
                sums.iter().for_each(|sum| self.sum(sum));
            }
            Block::Notes { title, lines } => {
                self.title(title);
                lines.iter().for_each(|line| self.indented(line, 0, Style::PLAIN));
            }
            Block::Security { title, code, facts } => {
                self.centred(title, Style::BOLD);
                self.centred(&code.label, Style::PLAIN);
                self.centred(&code.value, Style::BOLD);
                facts.iter().for_each(|fact| self.pair(fact, Style::PLAIN));
            }
            Block::Qr { label, content, symbol, hints } => {
                let (label, content, symbol) = (label.clone(), content.clone(), Arc::clone(symbol));
                self.rows.push(Row::Symbol { label, content, symbol });
                hints.iter().for_each(|hint| self.centred(hint, Style::PLAIN));
            }
            Block::Rule => self.rule(),
        }
    }

    fn items(&mut self, items: &Items) {
        self.rule();
        self.indented(&items.mode, 0, Style::PLAIN);
        self.rule();
        for row in &items.rows {
            self.indented(&row.description, 0, Style::BOLD);
            self.indented(&row.details.join(" · "), INDENT, Style::PLAIN);
            // The group's mark is the last column, so that amounts stand under each other.
            let left = format!("{} × {}", row.quantity, row.price);
            self.aligned(&left, &format!("{} {}", row.amount, row.group), INDENT, Style::PLAIN);
        }
    }

    fn taxes(&mut self, taxes: &Taxes) {
        self.rule();
        self.indented(&taxes.title, 0, Style::BOLD);
        for row in &taxes.rows {
            self.aligned(&format!("{} {}", row.group, row.name), &row.rate, 0, Style::PLAIN);
            let (base, tax) = (format!("{} {}", taxes.base, row.base), format!("{} {}", taxes.tax, row.tax));
            self.aligned(&base, &tax, INDENT, Style::PLAIN);
        }
    }

    fn sum(&mut self, sum: &Sum) {
        let style = if sum.strong { Style::LOUD } else { Style::PLAIN };
        self.aligned(&sum.label, &sum.amount, 0, style);
    }

    /// A label with its value at the right, or under it where there is no room.
    fn pair(&mut self, pair: &Pair, style: Style) {
        if self.width(&pair.label) + 1 + self.width(&pair.value) <= self.setter.columns {
            self.aligned(&pair.label, &pair.value, 0, style);
        } else {
            self.indented(&pair.label, 0, Style::PLAIN);
            self.indented(&pair.value, INDENT, style);
        }
    }

    /// Words at the left, on as many lines as they need, and a figure at the right of the last one or under it.
    fn aligned(&mut self, left: &str, right: &str, indent: usize, style: Style) {
        let mut lines = wrap(left, self.setter.columns - indent, self.setter.measure);
        let mut last = lines.pop().unwrap_or_default();
        if indent + self.width(&last) + 1 + self.width(right) > self.setter.columns {
            lines.push(std::mem::take(&mut last));
        }
        lines.iter().for_each(|line| self.push(format!("{:indent$}{line}", ""), style));
        let gap = self.setter.columns.saturating_sub(indent + self.width(&last) + self.width(right));
        self.push(format!("{:indent$}{last}{:gap$}{right}", "", ""), style);
    }

    fn centred(&mut self, text: &str, style: Style) {
        for line in wrap(text, self.setter.columns, self.setter.measure) {
            let margin = (self.setter.columns - self.width(&line).min(self.setter.columns)) / 2;
            self.push(format!("{:margin$}{line}", ""), style);
        }
    }

    fn indented(&mut self, text: &str, indent: usize, style: Style) {
        for line in wrap(text, self.setter.columns - indent, self.setter.measure) {
            self.push(format!("{:indent$}{line}", ""), style);
        }
    }

    fn title(&mut self, title: &str) {
        if !title.is_empty() {
            self.rule();
            self.indented(title, 0, Style::BOLD);
        }
    }

    /// One line, however many parts ask for it.
    fn rule(&mut self) {
        let text = "-".repeat(self.setter.columns);
        if !matches!(self.rows.last(), Some(Row::Line { text: last, .. }) if *last == text) {
            self.push(text, Style::PLAIN);
        }
    }

    fn push(&mut self, text: String, style: Style) {
        self.rows.push(Row::Line { text: text.replace(NO_BREAK, " "), style });
    }

    fn width(&self, text: &str) -> usize {
        (self.setter.measure)(text)
    }
}
