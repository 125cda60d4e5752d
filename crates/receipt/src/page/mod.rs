//! The receipt drawn: parts become pieces, pieces are put on pages, and each output draws the same marks.
//!
//! Lengths are in micrometres (µm), whole ones: 125 µm is a dot of a thermal printer.

mod flow;
mod fonts;
mod lay;
mod style;
mod table;

pub(crate) use fonts::{Face, Fonts};

use std::sync::Arc;

use crate::{
    blocks::{Block, Placed},
    paper::Paper,
    symbol::Symbol,
};

/// Micrometres.
pub(crate) type Um = i32;

/// A module of the QR code: 4 dots of a thermal printer, and whole pixels in every [`crate::Raster`].
pub(crate) const MODULE: Um = 500;

/// One sheet, all of it.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) width: Um,
    pub(crate) height: Um,
    /// The strip at each side on which a thermal printer cannot print.
    pub(crate) unprintable: Um,
    pub(crate) marks: Vec<Mark>,
}

/// Something drawn, from the upper left corner of the page.
#[derive(Clone, Debug)]
pub(crate) enum Mark {
    Text(Text),
    /// A filled rectangle.
    Rect {
        x: Um,
        y: Um,
        width: Um,
        height: Um,
        tone: Tone,
    },
    /// A QR code without its quiet zone, [`MODULE`] by [`MODULE`].
    Symbol {
        x: Um,
        y: Um,
        symbol: Arc<Symbol>,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Text {
    /// Of the anchor.
    pub(crate) x: Um,
    /// Of the base line.
    pub(crate) y: Um,
    pub(crate) anchor: Anchor,
    pub(crate) size: Um,
    pub(crate) face: Face,
    pub(crate) tone: Tone,
    pub(crate) words: String,
}

/// Which point of a text stands at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// How dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Black,
    /// For labels, on paper that is not thermal.
    Grey,
    /// A ground under words.
    Wash,
}

impl Tone {
    /// 0 is black, 255 white.
    pub(crate) const fn lightness(self) -> u8 {
        match self {
            Self::Black => 0,
            Self::Grey => 0x5C,
            Self::Wash => 0xEE,
        }
    }
}

/// Draws all parts on paper.
pub(crate) fn pages(parts: &[Placed], paper: Paper, fonts: &Fonts<'_>) -> Vec<Page> {
    let style = style::Style::of(paper);
    let mut flow = flow::Flow::new(&style);
    for part in parts {
        let column = flow.column(part.side);
        let laid = lay::Lay { fonts, style: &style, width: column.width }.block(&part.block);
        flow.put(column, part.side, laid);
    }
    let words = style.footer.then(|| number(parts)).flatten();
    flow.finish(words)
}

/// What the foot of each page says.
fn number(parts: &[Placed]) -> Option<String> {
    parts.iter().find_map(|part| match &part.block {
        Block::Fiscal { number, .. } => Some(format!("{} {}", number.label, number.value)),
        _ => None,
    })
}
