//! The receipt for a thermal printer that speaks ESC/POS and sets its own type.
//!
//! The commands are those that every such printer knows:
//!
//! | bytes | command |
//! |---|---|
//! | `1B 40` | ESC @: initialise |
//! | `1B 74 10` | ESC t 16: code page WPC1252 |
//! | `1B 45 n` | ESC E: bold |
//! | `1D 21 n` | GS !: 0 plain, 1 twice as high |
//! | `1B 61 n` | ESC a: 0 left, 1 centred |
//! | `1D 76 30 00 xL xH yL yH …` | GS v 0: a picture, eight dots in a byte |
//! | `1B 64 n` | ESC d: feed lines |
//! | `1D 56 42 00` | GS V 66 0: feed to the knife and cut, leaving a point |
//! | `0A` | LF: print the line |

mod codepage;

use crate::{
    blocks::Placed,
    paper::Roll,
    symbol::{QUIET, Symbol},
    text::{Row, Setter, Style, set},
};

const INITIALISE: &[u8] = b"\x1b@";
const CODE_PAGE_1252: &[u8] = b"\x1bt\x10";
const CENTRED: &[u8] = b"\x1ba\x01";
const LEFT: &[u8] = b"\x1ba\x00";
const FEED: &[u8] = b"\x1bd\x03";
const CUT: &[u8] = b"\x1dVB\x00";

/// Dots of a module: no more than these, so that the code does not take half of the roll.
const LARGEST_MODULE: usize = 5;

pub(crate) fn bytes(parts: &[Placed], roll: Roll) -> Vec<u8> {
    let setter = Setter { columns: roll.columns(), measure: |text| codepage::encode(text).len() };
    let mut out = [INITIALISE, CODE_PAGE_1252].concat();
    let mut style = Style::default();
    for row in set(parts, &setter) {
        match row {
            Row::Line { text, style: wanted } => {
                switch(&mut out, &mut style, wanted);
                out.extend(codepage::encode(text.trim_end()));
                out.push(b'\n');
            }
            Row::Symbol { symbol, .. } => {
                switch(&mut out, &mut style, Style::default());
                out.extend(CENTRED);
                out.extend(raster(&symbol, roll));
                out.extend(LEFT);
            }
        }
    }
    switch(&mut out, &mut style, Style::default());
    out.extend(FEED);
    out.extend(CUT);
    out
}

fn switch(out: &mut Vec<u8>, from: &mut Style, to: Style) {
    if from.bold != to.bold {
        out.extend([0x1B, b'E', u8::from(to.bold)]);
    }
    if from.tall != to.tall {
        out.extend([0x1D, b'!', u8::from(to.tall)]);
    }
    *from = to;
}

/// The QR code as a picture of whole dots, with its quiet zone.
fn raster(symbol: &Symbol, roll: Roll) -> Vec<u8> {
    let modules = symbol.width + 2 * QUIET;
    // `Symbol::new` has the widest code: 93 modules, 4 dots each on the narrowest roll.
    let module = (roll.dots() / modules).clamp(1, LARGEST_MODULE);
    let (dots, row_bytes) = (modules * module, (modules * module).div_ceil(8));
    let length = |count: usize| u16::try_from(count).unwrap_or(u16::MAX).to_le_bytes();
    let mut out = b"\x1dv0\x00".to_vec();
    out.extend(length(row_bytes));
    out.extend(length(dots));
    for y in 0..dots {
        let mut row = vec![0_u8; row_bytes];
        for x in (0..dots).filter(|x| in_symbol(symbol, x / module, y / module)) {
            row[x / 8] |= 0x80 >> (x % 8);
        }
        out.extend(row);
    }
    out
}

fn in_symbol(symbol: &Symbol, column: usize, row: usize) -> bool {
    column >= QUIET && row >= QUIET && symbol.is_dark(column - QUIET, row - QUIET)
}
