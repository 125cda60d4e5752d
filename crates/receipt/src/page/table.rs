//! Items and taxes: columns on wide paper, lines under each other on a roll.

use super::{
    Anchor, Mark, Tone, Um,
    flow::{Laid, Piece},
    lay::{Lay, Type},
};
use crate::blocks::{ItemRow, Items, TaxRow, Taxes};

/// The right edge of a column of figures, and the room to its left.
#[derive(Clone, Copy)]
struct Figures {
    edge: Um,
    room: Um,
}

pub(super) fn items(lay: &Lay<'_>, items: &Items) -> Laid {
    if lay.style.is_roll() {
        let mut header = rule(lay);
        header.height += lay.style.gap / 4;
        lay.words(&items.mode, lay.label(), Anchor::Start).into_iter().for_each(|line| header.append(line));
        header.height += lay.style.gap / 4;
        let pieces = items.rows.iter().map(|row| stacked_item(lay, row));
        return Laid { header: None, pieces: std::iter::once(header).chain(pieces).collect() };
    }
    let columns = ItemColumns::of(lay.width);
    let heads = &items.heads;
    let mut header = lay.line(&format!("{} – {}", heads.item, items.mode), head(lay), Anchor::Start);
    for (column, word) in
        [(columns.quantity, heads.quantity), (columns.price, heads.price), (columns.amount, heads.amount)]
    {
        header.marks.extend(figure(lay, column, word, head(lay)).marks);
    }
    header.marks.extend(lay.line_at(columns.group, heads.group, head(lay), Anchor::Middle).marks);
    header.append(rule(lay));
    header.height += lay.style.gap / 3;
    Laid { header: Some(header), pieces: items.rows.iter().map(|row| item(lay, columns, row)).collect() }
}

#[derive(Clone, Copy)]
struct ItemColumns {
    description: Um,
    quantity: Figures,
    price: Figures,
    /// The middle of the mark.
    group: Um,
    amount: Figures,
}

impl ItemColumns {
    const fn of(width: Um) -> Self {
        Self {
            description: width - 97_000,
            quantity: Figures { edge: width - 68_000, room: 27_000 },
            price: Figures { edge: width - 39_000, room: 27_000 },
            group: width - 34_000,
            amount: Figures { edge: width, room: 29_000 },
        }
    }
}

fn item(lay: &Lay<'_>, columns: ItemColumns, row: &ItemRow) -> Piece {
    let mut piece = Piece::default();
    for line in lay.wrapped(&row.description, lay.body(), columns.description) {
        piece.append(lay.line(&line, lay.body(), Anchor::Start));
    }
    for line in lay.wrapped(&row.details.join(" · "), lay.label(), columns.description) {
        piece.append(lay.line(&line, lay.label(), Anchor::Start));
    }
    for (column, text) in
        [(columns.quantity, &row.quantity), (columns.price, &row.price), (columns.amount, &row.amount)]
    {
        piece.marks.extend(figure(lay, column, text, lay.body()).marks);
    }
    piece.marks.extend(lay.line_at(columns.group, &row.group, lay.body(), Anchor::Middle).marks);
    piece.height += lay.style.gap / 4;
    let (width, tone) = (lay.width, Tone::Wash);
    piece.push(Mark::Rect { x: 0, y: piece.height, width, height: lay.style.thin, tone });
    piece.height += lay.style.thin + lay.style.gap / 4;
    piece
}

fn stacked_item(lay: &Lay<'_>, row: &ItemRow) -> Piece {
    let mut piece = Piece::default();
    let mark = lay.style.body * 3 / 2;
    let parts = [(row.description.clone(), lay.bold(lay.style.body)), (row.details.join(" · "), lay.label())];
    for (words, look) in &parts {
        lay.words(words, *look, Anchor::Start).into_iter().for_each(|line| piece.append(line));
    }
    // The group's mark has a column of its own, so that amounts stand under each other.
    let amounts = Lay { width: lay.width - mark, ..*lay };
    let line = amounts.apart(&format!("{} × {}", row.quantity, row.price), &row.amount, lay.body());
    let height = line.height;
    piece.append(line);
    let group = lay.line(&row.group, lay.body(), Anchor::End);
    let mut last = Piece { height: piece.height - group.height, ..Piece::default() };
    debug_assert!(height >= group.height);
    last.append(group);
    piece.marks.extend(last.marks);
    piece.height += lay.style.gap / 2;
    piece
}

pub(super) fn taxes(lay: &Lay<'_>, taxes: &Taxes) -> Laid {
    if lay.style.is_roll() {
        let rows = taxes.rows.iter().map(|row| stacked_tax(lay, taxes, row));
        let mut first = rule(lay);
        first.height += lay.style.gap / 4;
        first.append(lay.heading(&taxes.title));
        return Laid { header: None, pieces: std::iter::once(first).chain(rows).collect() };
    }
    let columns = TaxColumns::of(lay.width);
    let mut header = lay.heading(&taxes.title);
    let mut heads = lay.line(taxes.group, head(lay), Anchor::Start);
    for (column, word) in [(columns.rate, taxes.rate), (columns.base, taxes.base), (columns.tax, taxes.tax)] {
        heads.marks.extend(figure(lay, column, word, head(lay)).marks);
    }
    header.append(heads);
    header.append(rule(lay));
    header.height += lay.style.gap / 4;
    Laid { header: Some(header), pieces: taxes.rows.iter().map(|row| tax(lay, columns, row)).collect() }
}

#[derive(Clone, Copy)]
struct TaxColumns {
    name: Um,
    rate: Figures,
    base: Figures,
    tax: Figures,
}

impl TaxColumns {
    const fn of(width: Um) -> Self {
        Self {
            name: width - 60_000,
            rate: Figures { edge: width - 48_000, room: 11_000 },
            base: Figures { edge: width - 24_000, room: 22_000 },
            tax: Figures { edge: width, room: 22_000 },
        }
    }
}

fn tax(lay: &Lay<'_>, columns: TaxColumns, row: &TaxRow) -> Piece {
    let mark = lay.style.body * 3 / 2;
    let mut piece = Piece::default();
    for line in lay.wrapped(&row.name, lay.body(), columns.name - mark) {
        piece.append(lay.line_at(mark, &line, lay.body(), Anchor::Start));
    }
    piece.marks.extend(lay.line(&row.group, lay.body(), Anchor::Start).marks);
    for (column, text) in [(columns.rate, &row.rate), (columns.base, &row.base), (columns.tax, &row.tax)] {
        piece.marks.extend(figure(lay, column, text, lay.body()).marks);
    }
    piece
}

fn stacked_tax(lay: &Lay<'_>, taxes: &Taxes, row: &TaxRow) -> Piece {
    let mut piece = lay.apart(&format!("{} {}", row.group, row.name), &row.rate, lay.body());
    let (base, tax) = (format!("{} {}", taxes.base, row.base), format!("{} {}", taxes.tax, row.tax));
    piece.append(lay.apart(&base, &tax, lay.label()));
    piece.height += lay.style.gap / 4;
    piece
}

/// A figure at the right edge of its column, smaller if it is a long one.
fn figure(lay: &Lay<'_>, column: Figures, text: &str, look: Type) -> Piece {
    let mut piece = lay.line_at(column.edge, text, look, Anchor::End);
    let shrunk = lay.shrunk(text, look, column.room).size;
    piece.marks.iter_mut().for_each(|mark| {
        if let Mark::Text(text) = mark {
            text.size = shrunk;
        }
    });
    piece
}

fn rule(lay: &Lay<'_>) -> Piece {
    let mark = Mark::Rect { x: 0, y: 0, width: lay.width, height: lay.style.thin, tone: Tone::Black };
    Piece { height: lay.style.thin, followed_by: 0, marks: vec![mark] }
}

fn head(lay: &Lay<'_>) -> Type {
    lay.bold(lay.style.small)
}
