//! A strict thermal printer: it prints what the specification of ESC/POS says, and refuses every command that it does not
//! know, every byte that is none, and whatever is wider than its paper.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]
#![allow(dead_code, reason = "each test file is a crate of its own and uses a part")]

use encoding_rs::WINDOWS_1252;

/// A character of font A, in dots.
const CHARACTER: (usize, usize) = (12, 24);

#[derive(Clone, Debug, Default)]
pub(crate) struct Printout {
    pub(crate) lines: Vec<Line>,
    pub(crate) pictures: Vec<Picture>,
    /// Dots of paper in all.
    pub(crate) height: usize,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) bold: bool,
    pub(crate) tall: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Picture {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// At the left, in dots.
    pub(crate) margin: usize,
    pub(crate) greys: Vec<u8>,
}

struct Printer<'a> {
    rest: &'a [u8],
    dots: usize,
    ready: bool,
    code_page: bool,
    centred: bool,
    bold: bool,
    tall: bool,
    line: Vec<u8>,
    out: Printout,
}

/// Prints, or says what is wrong.
pub(crate) fn print(bytes: &[u8], dots: usize) -> Result<Printout, String> {
    let mut printer = Printer {
        rest: bytes,
        dots,
        ready: false,
        code_page: false,
        centred: false,
        bold: false,
        tall: false,
        line: Vec::new(),
        out: Printout::default(),
    };
    while let Some(byte) = printer.next() {
        match byte {
            0x1B => printer.escape()?,
            0x1D => {
                if printer.group()? {
                    return if printer.rest.is_empty() {
                        Ok(printer.out)
                    } else {
                        Err("bytes after the cut".to_owned())
                    };
                }
            }
            b'\n' => printer.end_line()?,
            0x20..=0x7E => printer.line.push(byte),
            0x80..=0xFF if printer.code_page => printer.line.push(byte),
            other => return Err(format!("byte {other:#04x}")),
        }
    }
    Err("no cut".to_owned())
}

impl Printer<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn argument(&mut self) -> Result<u8, String> {
        self.next().ok_or_else(|| "the end within a command".to_owned())
    }

    fn escape(&mut self) -> Result<(), String> {
        let command = self.argument()?;
        if command == b'@' {
            self.ready = true;
            return Ok(());
        }
        let argument = self.argument()?;
        match (command, argument) {
            _ if !self.ready => return Err("not initialised".to_owned()),
            (b't', 16) => self.code_page = true,
            (b'E', 0 | 1) => self.bold = argument == 1,
            (b'a', 0 | 1) if self.line.is_empty() => self.centred = argument == 1,
            (b'd', lines) if self.line.is_empty() => self.out.height += usize::from(lines) * CHARACTER.1,
            other => return Err(format!("ESC {other:?}")),
        }
        Ok(())
    }

    /// Whether the paper was cut.
    fn group(&mut self) -> Result<bool, String> {
        match (self.argument()?, self.argument()?) {
            _ if !self.ready => return Err("not initialised".to_owned()),
            (b'!', size @ (0 | 1)) => self.tall = size == 1,
            (b'v', b'0') => self.picture()?,
            (b'V', 66) => return self.argument().map(|_| true),
            other => return Err(format!("GS {other:?}")),
        }
        Ok(false)
    }

    fn picture(&mut self) -> Result<(), String> {
        if !self.line.is_empty() || self.argument()? != 0 {
            return Err("a picture within a line, or scaled".to_owned());
        }
        let mut size =
            || Ok::<_, String>(usize::from(u16::from_le_bytes([self.argument()?, self.argument()?])));
        let (row_bytes, height) = (size()?, size()?);
        let width = row_bytes * 8;
        if width > self.dots || self.rest.len() < row_bytes * height {
            return Err(format!("a picture {width} dots wide and {height} high"));
        }
        let (data, rest) = self.rest.split_at(row_bytes * height);
        self.rest = rest;
        let grey = |bit: usize| if data[bit / 8] & (0x80 >> (bit % 8)) == 0 { 255 } else { 0 };
        let greys = (0..width * height).map(grey).collect();
        let margin = if self.centred { (self.dots - width) / 2 } else { 0 };
        self.out.pictures.push(Picture { width, height, margin, greys });
        self.out.height += height;
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), String> {
        if self.line.len() * CHARACTER.0 > self.dots {
            return Err(format!("a line of {} characters", self.line.len()));
        }
        let (text, _, wrong) = WINDOWS_1252.decode(&self.line);
        if wrong || text.chars().any(char::is_control) {
            return Err(format!("{text:?} is not of the code page"));
        }
        self.out.lines.push(Line { text: text.into_owned(), bold: self.bold, tall: self.tall });
        self.out.height += CHARACTER.1 * if self.tall { 2 } else { 1 };
        self.line.clear();
        Ok(())
    }
}
