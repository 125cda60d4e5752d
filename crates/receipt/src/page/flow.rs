use super::{Anchor, Face, MODULE, Mark, Page, Text, Tone, Um, style::Style};
use crate::blocks::Side;

/// What stands together on one page.
#[derive(Clone, Debug, Default)]
pub(super) struct Piece {
    pub(super) height: Um,
    /// Only where so much more fits under it.
    pub(super) followed_by: Um,
    /// From the upper left corner of the piece.
    pub(super) marks: Vec<Mark>,
}

/// A part as pieces, with what stands over each page's first one.
#[derive(Clone, Debug, Default)]
pub(super) struct Laid {
    pub(super) header: Option<Piece>,
    pub(super) pieces: Vec<Piece>,
}

/// Where a part goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    x: Um,
    pub(super) width: Um,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cursor {
    page: usize,
    y: Um,
}

/// Puts pieces under and beside each other, on as many pages as they need.
pub(super) struct Flow<'a> {
    style: &'a Style,
    pages: Vec<Vec<Mark>>,
    left: Cursor,
    right: Cursor,
}

impl Piece {
    pub(super) fn push(&mut self, mark: Mark) {
        self.marks.push(mark);
    }

    /// Puts another one under this one, so that they stay together.
    pub(super) fn append(&mut self, below: Self) {
        let height = self.height;
        self.marks.extend(below.marks.into_iter().map(|mark| mark.moved(0, height)));
        self.height += below.height;
    }
}

impl<'a> Flow<'a> {
    /// What the foot of a page takes.
    const FOOT: Um = 6_000;

    pub(super) fn new(style: &'a Style) -> Self {
        let top = Cursor { page: 0, y: style.margin_end };
        Self { style, pages: Vec::new(), left: top, right: top }
    }

    pub(super) fn column(&self, side: Side) -> Column {
        let (margin, width) = (self.style.margin, self.style.width());
        match (side, self.style.beside) {
            (Side::Full, _) | (_, None) => Column { x: margin, width },
            (Side::Left, Some((right, gap))) => Column { x: margin, width: width - right - gap },
            (Side::Right, Some((right, _))) => Column { x: margin + width - right, width: right },
        }
    }

    pub(super) fn put(&mut self, column: Column, side: Side, laid: Laid) {
        let together = side == Side::Full || self.style.beside.is_none();
        let mut cursor = match side {
            _ if together => self.left.max(self.right),
            Side::Right => self.right,
            _ => self.left,
        };
        let mut header = laid.header.clone();
        for piece in laid.pieces {
            let above = header.as_ref().map_or(0, |header| header.height);
            if self.is_full(cursor, above + piece.height + piece.followed_by) {
                cursor = Cursor { page: cursor.page + 1, y: self.style.margin_end };
                header.clone_from(&laid.header);
            }
            for part in header.take().into_iter().chain([piece]) {
                self.stamp(&mut cursor, column.x, part);
            }
        }
        cursor.y += self.style.gap;
        if together || side == Side::Left {
            self.left = cursor;
        }
        if together || side == Side::Right {
            self.right = cursor;
        }
    }

    fn stamp(&mut self, cursor: &mut Cursor, x: Um, piece: Piece) {
        while self.pages.len() <= cursor.page {
            self.pages.push(Vec::new());
        }
        self.pages[cursor.page].extend(piece.marks.into_iter().map(|mark| mark.moved(x, cursor.y)));
        cursor.y += piece.height;
    }

    fn is_full(&self, cursor: Cursor, needed: Um) -> bool {
        let bottom = self.style.paper_height.map(|height| height - self.style.margin_end - Self::FOOT);
        // What is taller than a page begins at its top and is cut: no piece is, for the longest item is some lines.
        bottom.is_some_and(|bottom| cursor.y + needed > bottom && cursor.y > self.style.margin_end)
    }

    /// The pages, with `words` and the page's number at the foot of each.
    pub(super) fn finish(self, words: Option<String>) -> Vec<Page> {
        let end = self.left.max(self.right).y - self.style.gap + self.style.margin_end;
        // A whole millimetre, so that pictures end at a whole pixel.
        let height = self.style.paper_height.unwrap_or((end + 999) / 1_000 * 1_000);
        let count = self.pages.len();
        let page = |(index, mut marks): (usize, Vec<Mark>)| {
            if let Some(words) = &words {
                marks.extend(foot(self.style, words, index + 1, count));
            }
            Page { width: self.style.paper_width, height, unprintable: self.style.unprintable, marks }
        };
        self.pages.into_iter().enumerate().map(page).collect()
    }
}

fn foot(style: &Style, words: &str, page: usize, pages: usize) -> [Mark; 3] {
    let bottom = style.paper_height.unwrap_or_default() - style.margin_end;
    let text = |x, anchor, words| {
        Mark::Text(Text {
            x,
            y: bottom,
            anchor,
            size: style.small,
            face: Face::Regular,
            tone: Tone::Grey,
            words,
        })
    };
    [
        Mark::Rect {
            x: style.margin,
            y: bottom - 4_000,
            width: style.width(),
            height: style.thin,
            tone: Tone::Grey,
        },
        text(style.margin, Anchor::Start, words.to_owned()),
        text(style.paper_width - style.margin, Anchor::End, format!("{page} / {pages}")),
    ]
}

impl Mark {
    pub(super) fn moved(self, right: Um, down: Um) -> Self {
        match self {
            Self::Text(text) => Self::Text(Text { x: text.x + right, y: text.y + down, ..text }),
            Self::Rect { x, y, width, height, tone } => {
                Self::Rect { x: x + right, y: y + down, width, height, tone }
            }
            // On whole modules, so that each is as many whole pixels.
            Self::Symbol { x, y, symbol } => {
                Self::Symbol { x: (x + right) / MODULE * MODULE, y: (y + down) / MODULE * MODULE, symbol }
            }
        }
    }
}
