//! The QR code as modules.
//!
//! Error correction level M, which repairs 15 % of the code: a receipt is folded and its print fades. The longest text
//! that there is (460 characters, S5) takes version 17 then, 85 modules and 93 with the quiet zone: 372 dots of the 384
//! of a 58 mm roll at 4 dots (0.5 mm) a module. A terminal has 80 columns and may be too narrow for that; there level L takes over.

use std::fmt::Write;

use qrcode::{Color, EcLevel, QrCode};

/// Light modules that a reader wants around a code.
pub(crate) const QUIET: usize = 4;

/// For [`crate::Receipt::qr_blocks`]: how a terminal shows dark and light.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Black on white by ANSI escape sequences, whatever the terminal's colours are.
    Ansi,
    /// For dark letters on a light ground.
    DarkOnLight,
}

/// A square of modules.
#[derive(Clone, Debug)]
pub(crate) struct Symbol {
    /// In modules, without the quiet zone.
    pub(crate) width: usize,
    dark: Vec<bool>,
}

impl Symbol {
    /// For paper: level M, or L for a text that is wider than the narrowest roll otherwise. None for one that is longer
    /// than any QR code's.
    pub(crate) fn new(text: &str) -> Option<Self> {
        /// Of version 17, which the longest text of ours takes.
        const WIDEST: usize = 85;
        let robust = Self::with_level(text, EcLevel::M).filter(|symbol| symbol.width <= WIDEST);
        robust.or_else(|| Self::with_level(text, EcLevel::L))
    }

    fn with_level(text: &str, level: EcLevel) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text, level).ok()?;
        let width = code.width();
        Some(Self { width, dark: code.into_colors().into_iter().map(|color| color == Color::Dark).collect() })
    }

    /// Whether a module is dark; all around the code are light.
    pub(crate) fn is_dark(&self, column: usize, row: usize) -> bool {
        column < self.width && row < self.width && self.dark[row * self.width + column]
    }

    /// The dark stretches of a row: first column and length, which drawings fill.
    pub(crate) fn stretches(&self, row: usize) -> Vec<(usize, usize)> {
        let mut stretches: Vec<(usize, usize)> = Vec::new();
        for column in (0..self.width).filter(|column| self.is_dark(*column, row)) {
            match stretches.last_mut() {
                Some((first, length)) if *first + *length == column => *length += 1,
                _ => stretches.push((column, 1)),
            }
        }
        stretches
    }
}

/// The code for a terminal, two modules in each character, at most 80 columns.
pub(crate) fn half_blocks(text: &str, ink: Ink) -> Option<String> {
    const COLUMNS: usize = 80;
    let fits = |symbol: &Symbol| symbol.width + 2 * QUIET <= COLUMNS;
    let robust = Symbol::new(text).filter(fits);
    let symbol = robust.or_else(|| Symbol::with_level(text, EcLevel::L))?;
    // The longest texts leave less than four modules of quiet zone; white paper around a phone's view is not at hand here.
    let quiet = QUIET.min(COLUMNS.saturating_sub(symbol.width) / 2);
    let dark = |column: usize, row: usize| {
        column >= quiet && row >= quiet && symbol.is_dark(column - quiet, row - quiet)
    };
    let side = symbol.width + 2 * quiet;
    let mut out = String::new();
    for row in (0..side).step_by(2) {
        let line: String = (0..side)
            .map(|column| {
                let (upper, lower) = (dark(column, row), dark(column, row + 1));
                // Past the last row of an odd side there is nothing, and that is light.
                match (upper, lower) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                }
            })
            .collect();
        // Writing to a String cannot fail.
        let _ = match ink {
            Ink::Ansi => writeln!(out, "\x1b[30;107m{line}\x1b[0m"),
            Ink::DarkOnLight => writeln!(out, "{line}"),
        };
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_text_fits_the_narrowest_paper_at_four_dots_a_module() {
        let longest = "a".repeat(fiscal::Qr::MAX_LENGTH);
        let symbol = Symbol::new(&longest).unwrap();
        assert!((symbol.width + 2 * QUIET) * 4 <= crate::Roll::Mm58.dots(), "{}", symbol.width);
        assert_eq!(symbol.dark, Symbol::with_level(&longest, EcLevel::M).unwrap().dark);
        // And the longest of the authority's.
        let symbol = Symbol::new(&"a".repeat(512)).unwrap();
        assert!((symbol.width + 2 * QUIET) * 4 <= crate::Roll::Mm58.dots(), "{}", symbol.width);
    }

    #[test]
    fn a_terminal_needs_no_more_than_eighty_columns() {
        for (length, columns) in
            [(250, 69), (fiscal::Qr::MAX_LENGTH_ONLINE, 77), (fiscal::Qr::MAX_LENGTH, 79)]
        {
            let blocks = half_blocks(&"a".repeat(length), Ink::DarkOnLight).unwrap();
            assert!(blocks.lines().all(|line| line.chars().count() == columns), "{length}");
        }
    }

    #[test]
    fn stretches_cover_the_dark_modules_and_no_other() {
        let symbol = Symbol::new("BONO-USB-001|105").unwrap();
        for row in 0..symbol.width {
            let mut covered = vec![false; symbol.width];
            for (first, length) in symbol.stretches(row) {
                covered[first..first + length].fill(true);
            }
            assert!((0..symbol.width).all(|column| covered[column] == symbol.is_dark(column, row)));
        }
    }
}
