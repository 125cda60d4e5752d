use std::sync::Arc;

use super::{
    Anchor, Face, Fonts, MODULE, Mark, Text, Tone, Um,
    flow::{Laid, Piece},
    style::Style,
    table,
};
use crate::{
    blocks::{Block, Pair, Sum},
    symbol::{QUIET, Symbol},
    text::wrap,
};

/// Lays the parts out in a column.
pub(super) struct Lay<'a> {
    pub(super) fonts: &'a Fonts<'a>,
    pub(super) style: &'a Style,
    pub(super) width: Um,
}

/// How words look.
#[derive(Clone, Copy)]
pub(super) struct Type {
    pub(super) size: Um,
    pub(super) face: Face,
    pub(super) tone: Tone,
}

impl Lay<'_> {
    /// No line across at the foot of a page, with what it opens on the next.
    const AFTER_RULE: Um = 60_000;

    pub(super) fn block(&self, block: &Block) -> Laid {
        match block {
            Block::Items(items) => return table::items(self, items),
            Block::Taxes(taxes) => return table::taxes(self, taxes),
            _ => {}
        }
        let pieces = match block {
            Block::Copy(words) => vec![self.copy(words)],
            Block::Merchant { name, lines } => self.merchant(name.as_deref(), lines),
            Block::Title(title) => self.words(title, self.bold(self.style.title), self.middle()),
            Block::Fiscal { number, facts } => vec![self.fiscal(number, facts)],
            Block::Pairs { title, pairs } => self.titled(title, self.pairs(pairs)),
            Block::Sums { title, sums } => {
                let rows = sums.iter().map(|sum| self.sum(sum)).collect();
                self.titled(title.as_deref().unwrap_or_default(), rows)
            }
            Block::Notes { title, lines } => {
                let lines = lines.iter().flat_map(|line| self.words(line, self.body(), Anchor::Start));
                self.titled(title, lines.collect())
            }
            Block::Security { title, code, facts } => vec![self.security(title, code, facts)],
            Block::Qr { symbol, hints, .. } => vec![self.qr(symbol, hints)],
            Block::Rule => vec![Piece { followed_by: Self::AFTER_RULE, ..self.rule(self.style.thick) }],
            Block::Items(_) | Block::Taxes(_) => Vec::new(),
        };
        Laid { header: None, pieces }
    }

    /// A frame across the column that nobody overlooks.
    fn copy(&self, words: &str) -> Piece {
        let (thick, pad) = (self.style.thick, self.style.gap / 2);
        let look = self.shrunk(words, self.bold(self.style.huge), self.width - 4 * thick);
        let mut piece = Piece { height: thick + pad, ..Piece::default() };
        piece.append(self.line(words, look, Anchor::Middle));
        piece.height += pad + thick;
        let height = piece.height;
        let sides = [(0, 0, self.width, thick), (0, height - thick, self.width, thick)];
        let ends = [(0, 0, thick, height), (self.width - thick, 0, thick, height)];
        for (x, y, width, height) in sides.into_iter().chain(ends) {
            piece.push(Mark::Rect { x, y, width, height, tone: Tone::Black });
        }
        piece
    }

    fn merchant(&self, name: Option<&str>, lines: &[String]) -> Vec<Piece> {
        let name = name.into_iter().flat_map(|name| self.words(name, self.name_type(name), self.middle()));
        let lines = lines.iter().flat_map(|line| self.words(line, self.body(), self.middle()));
        name.chain(lines).collect()
    }

    /// A little smaller if that saves a line.
    fn name_type(&self, name: &str) -> Type {
        let look = self.bold(self.style.huge);
        let shrunk = self.shrunk(name, look, self.width);
        if shrunk.size >= look.size * 7 / 10 { shrunk } else { look }
    }

    /// On wide paper on a ground of its own.
    fn fiscal(&self, number: &Pair, facts: &[Pair]) -> Piece {
        let pad = if self.style.is_roll() { 0 } else { 2_500 };
        let inner = Lay { width: self.width - 2 * pad, ..*self };
        let look = inner.shrunk(&number.value, self.bold(self.style.huge), inner.width);
        let mut content = inner.line(&number.label, self.label(), self.middle());
        content.append(inner.line(&number.value, look, self.middle()));
        content.height += self.style.gap / 3;
        inner.pairs(facts).into_iter().for_each(|pair| content.append(pair));
        if pad == 0 {
            return content;
        }
        let mut piece = Piece::default();
        let height = content.height + 2 * pad;
        piece.push(Mark::Rect { x: 0, y: 0, width: self.width, height, tone: Tone::Wash });
        piece.marks.extend(content.marks.into_iter().map(|mark| mark.moved(pad, pad)));
        piece.height = height;
        piece
    }

    /// Labels in a column and values in another; on a roll the values at the right.
    fn pairs(&self, pairs: &[Pair]) -> Vec<Piece> {
        let look = Type { tone: self.style.label, ..self.body() };
        let widest = pairs.iter().map(|pair| self.width_of(&pair.label, look)).max().unwrap_or_default();
        let labels = widest + 3_000;
        if self.style.is_roll() {
            return pairs.iter().flat_map(|pair| self.pair_apart(pair)).collect();
        }
        if labels > self.width * 9 / 20 {
            return pairs.iter().flat_map(|pair| self.pair_below(pair)).collect();
        }
        let row = |pair: &Pair| {
            let mut values = self.wrapped(&pair.value, self.body(), self.width - labels).into_iter();
            let mut first =
                self.line_at(labels, &values.next().unwrap_or_default(), self.body(), Anchor::Start);
            let label = self.line(&pair.label, look, Anchor::Start);
            first.marks.extend(label.marks);
            values.for_each(|value| first.append(self.line_at(labels, &value, self.body(), Anchor::Start)));
            first
        };
        pairs.iter().map(row).collect()
    }

    fn pair_apart(&self, pair: &Pair) -> Vec<Piece> {
        let together =
            self.width_of(&pair.label, self.body()) + self.width_of(&pair.value, self.body()) + 2_000;
        if together > self.width {
            return self.pair_below(pair);
        }
        let mut row = self.line(&pair.label, self.body(), Anchor::Start);
        row.marks.extend(self.line_at(self.width, &pair.value, self.body(), Anchor::End).marks);
        vec![row]
    }

    /// The value under its label, on a roll at the right where other values are.
    fn pair_below(&self, pair: &Pair) -> Vec<Piece> {
        let indent = self.style.body;
        let (x, anchor) =
            if self.style.is_roll() { (self.width, Anchor::End) } else { (indent, Anchor::Start) };
        let label = self.words(&pair.label, Type { tone: self.style.label, ..self.body() }, Anchor::Start);
        let values = self.wrapped(&pair.value, self.body(), self.width - indent);
        let values = values.iter().map(|value| self.line_at(x, value, self.body(), anchor));
        label.into_iter().chain(values).collect()
    }

    fn sum(&self, sum: &Sum) -> Piece {
        let look = if sum.strong { self.bold(self.style.huge) } else { self.body() };
        if !sum.strong {
            return self.apart(&sum.label, &sum.amount, look);
        }
        let pad = self.style.gap / 4;
        let mut piece = Piece { height: pad, ..Piece::default() };
        piece.append(self.rule(self.style.thick));
        piece.height += pad;
        let room = self.width - self.width_of(&sum.label, look) - 2_000;
        let amount = self.shrunk(&sum.amount, look, room);
        let mut row = self.line(&sum.label, look, Anchor::Start);
        row.marks.extend(self.line_in(row.height, self.width, &sum.amount, amount, Anchor::End).marks);
        piece.append(row);
        piece.height += pad;
        piece.append(self.rule(self.style.thick));
        piece
    }

    /// Words at the left, on as many lines as they need, and a figure at the right of the last one or under it.
    pub(super) fn apart(&self, words: &str, figure: &str, look: Type) -> Piece {
        let mut piece = Piece::default();
        let mut lines = self.words(words, look, Anchor::Start);
        let last = lines.pop().unwrap_or_default();
        lines.into_iter().for_each(|line| piece.append(line));
        let mut end = self.line_at(self.width, figure, look, Anchor::End);
        let taken: Um = last.marks.iter().map(|mark| self.width_of_mark(mark)).sum();
        if taken + 2_000 + self.width_of(figure, look) <= self.width {
            end.marks.extend(last.marks);
        } else {
            piece.append(last);
        }
        piece.append(end);
        piece
    }

    fn width_of_mark(&self, mark: &Mark) -> Um {
        match mark {
            Mark::Text(text) => self.fonts.width(&text.words, text.face, text.size),
            Mark::Rect { width, .. } => *width,
            Mark::Symbol { .. } => 0,
        }
    }

    fn security(&self, title: &str, code: &Pair, facts: &[Pair]) -> Piece {
        let mut piece = self.line(title, self.bold(self.style.body), self.middle());
        piece.height += self.style.gap / 3;
        piece.append(self.line(&code.label, self.label(), self.middle()));
        let look = self.shrunk(&code.value, self.bold(self.style.huge), self.width);
        piece.append(self.line(&code.value, look, self.middle()));
        piece.height += self.style.gap / 3;
        self.pairs(facts).into_iter().for_each(|fact| piece.append(fact));
        piece
    }

    fn qr(&self, symbol: &Arc<Symbol>, hints: &[String]) -> Piece {
        let modules = |count: usize| Um::try_from(count).unwrap_or_default() * MODULE;
        let (side, quiet) = (modules(symbol.width), modules(QUIET));
        // On wide paper its edge is the column's, and the page's margin is its quiet zone.
        let x = if self.style.is_roll() { (self.width - side) / 2 } else { self.width - side };
        let mut piece = Piece { height: side + 2 * quiet, ..Piece::default() };
        piece.push(Mark::Symbol { x, y: quiet, symbol: Arc::clone(symbol) });
        if !self.style.is_roll() {
            // There the gap before it and the paper under it are quiet too.
            let marks = vec![Mark::Symbol { x, y: 0, symbol: Arc::clone(symbol) }];
            piece = Piece { height: side + quiet, followed_by: 0, marks };
        }
        let anchor = if self.style.is_roll() { Anchor::Middle } else { Anchor::End };
        let hints = hints.iter().flat_map(|hint| self.words(hint, self.label(), anchor));
        hints.for_each(|line| piece.append(line));
        piece
    }

    fn rule(&self, height: Um) -> Piece {
        let mark = Mark::Rect { x: 0, y: 0, width: self.width, height, tone: Tone::Black };
        Piece { height, followed_by: 0, marks: vec![mark] }
    }

    /// A title that stays with what is first under it.
    fn titled(&self, title: &str, rows: Vec<Piece>) -> Vec<Piece> {
        if title.is_empty() {
            return rows;
        }
        let mut rows = rows.into_iter();
        let mut first = self.heading(title);
        rows.next().into_iter().for_each(|row| first.append(row));
        std::iter::once(first).chain(rows).collect()
    }

    pub(super) fn heading(&self, title: &str) -> Piece {
        let mut piece = Piece::default();
        for line in self.words(title, self.bold(self.style.body), Anchor::Start) {
            piece.append(line);
        }
        piece.height += self.style.gap / 4;
        piece
    }

    /// Words on as many lines as they need.
    pub(super) fn words(&self, words: &str, look: Type, anchor: Anchor) -> Vec<Piece> {
        self.wrapped(words, look, self.width).iter().map(|line| self.line(line, look, anchor)).collect()
    }

    pub(super) fn wrapped(&self, words: &str, look: Type, width: Um) -> Vec<String> {
        let measure = |text: &str| usize::try_from(self.width_of(text, look)).unwrap_or_default();
        wrap(words, usize::try_from(width).unwrap_or_default(), measure)
    }

    /// One line at the edge of the column that the anchor says.
    pub(super) fn line(&self, words: &str, look: Type, anchor: Anchor) -> Piece {
        let x = match anchor {
            Anchor::Start => 0,
            Anchor::Middle => self.width / 2,
            Anchor::End => self.width,
        };
        self.line_at(x, words, look, anchor)
    }

    pub(super) fn line_at(&self, x: Um, words: &str, look: Type, anchor: Anchor) -> Piece {
        self.line_in(look.size * 27 / 20, x, words, look, anchor)
    }

    /// With the base line where a line of this height has it.
    fn line_in(&self, height: Um, x: Um, words: &str, look: Type, anchor: Anchor) -> Piece {
        let Type { size, face, tone } = look;
        let text = Text { x, y: height * 3 / 4, anchor, size, face, tone, words: words.to_owned() };
        Piece { height, followed_by: 0, marks: vec![Mark::Text(text)] }
    }

    /// The same type, smaller if the words do not fit otherwise.
    pub(super) fn shrunk(&self, words: &str, look: Type, width: Um) -> Type {
        let needed = i64::from(self.width_of(words, look).max(1));
        let size = i64::from(look.size) * i64::from(width.max(0)) / needed;
        Type { size: look.size.min(Um::try_from(size).unwrap_or(look.size)), ..look }
    }

    pub(super) fn width_of(&self, words: &str, look: Type) -> Um {
        self.fonts.width(words, look.face, look.size)
    }

    pub(super) const fn body(&self) -> Type {
        Type { size: self.style.body, face: Face::Regular, tone: Tone::Black }
    }

    pub(super) const fn label(&self) -> Type {
        Type { size: self.style.small, face: Face::Regular, tone: self.style.label }
    }

    pub(super) const fn bold(&self, size: Um) -> Type {
        Type { size, face: Face::Bold, tone: Tone::Black }
    }

    /// A roll is centred, wide paper is not.
    const fn middle(&self) -> Anchor {
        if self.style.is_roll() { Anchor::Middle } else { Anchor::Start }
    }
}
