//! One SVG for each page, with the fonts in it: it looks the same everywhere, and its text is text.

use std::fmt::{self, Display, Write};

use base64ct::{Base64, Encoding};

use crate::{
    page::{Anchor, Face, MODULE, Mark, Page, Text, Tone, Um},
    symbol::Symbol,
};

pub(crate) fn svg(page: &Page, title: &str, language: &str) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut out, page, title, language);
    out
}

/// User units are millimetres.
fn write(out: &mut String, page: &Page, title: &str, language: &str) -> fmt::Result {
    let (width, height) = (Mm(page.width), Mm(page.height));
    writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" xml:lang="{language}" width="{width}mm" height="{height}mm" viewBox="0 0 {width} {height}">"#
    )?;
    writeln!(out, "<title>{}</title>", Escaped(title))?;
    writeln!(out, "<style>{}text{{font-family:'Noto Sans',sans-serif;white-space:pre}}</style>", fonts())?;
    writeln!(out, r##"<rect width="{width}" height="{height}" fill="#fff"/>"##)?;
    for mark in &page.marks {
        match mark {
            Mark::Text(text) => write_text(out, text)?,
            Mark::Rect { x, y, width, height, tone } => writeln!(
                out,
                r#"<rect x="{}" y="{}" width="{}" height="{}" fill="{}"/>"#,
                Mm(*x),
                Mm(*y),
                Mm(*width),
                Mm(*height),
                Fill(*tone)
            )?,
            Mark::Symbol { x, y, symbol } => write_symbol(out, symbol, *x, *y)?,
        }
    }
    out.write_str("</svg>\n")
}

fn write_text(out: &mut String, text: &Text) -> fmt::Result {
    let anchor = match text.anchor {
        Anchor::Start => "",
        Anchor::Middle => r#" text-anchor="middle""#,
        Anchor::End => r#" text-anchor="end""#,
    };
    let weight = match text.face {
        Face::Regular => "",
        Face::Bold => r#" font-weight="700""#,
    };
    writeln!(
        out,
        r#"<text x="{}" y="{}" font-size="{}"{anchor}{weight} fill="{}">{}</text>"#,
        Mm(text.x),
        Mm(text.y),
        Mm(text.size),
        Fill(text.tone),
        Escaped(&text.words)
    )
}

fn write_symbol(out: &mut String, symbol: &Symbol, x: Um, y: Um) -> fmt::Result {
    write!(
        out,
        r#"<path shape-rendering="crispEdges" transform="translate({} {}) scale({})" d=""#,
        Mm(x),
        Mm(y),
        Mm(MODULE)
    )?;
    for row in 0..symbol.width {
        for (column, length) in symbol.stretches(row) {
            write!(out, "M{column} {row}h{length}v1h-{length}z")?;
        }
    }
    writeln!(out, r#""/>"#)
}

fn fonts() -> String {
    let face = |face: Face| {
        let weight = if face == Face::Bold { 700 } else { 400 };
        let data = Base64::encode_string(face.woff2());
        format!(
            "@font-face{{font-family:'Noto Sans';font-weight:{weight};src:url(data:font/woff2;base64,{data}) format('woff2')}}"
        )
    };
    Face::BOTH.map(face).concat()
}

/// Millimetres, without trailing zeros.
struct Mm(Um);

impl Display for Mm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, fraction) = (self.0.unsigned_abs() / 1_000, self.0.unsigned_abs() % 1_000);
        if fraction == 0 {
            return write!(f, "{sign}{whole}");
        }
        let fraction = format!("{fraction:03}");
        write!(f, "{sign}{whole}.{}", fraction.trim_end_matches('0'))
    }
}

struct Fill(Tone);

impl Display for Fill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lightness = self.0.lightness();
        write!(f, "#{lightness:02x}{lightness:02x}{lightness:02x}")
    }
}

/// A text in which nothing is markup, and nothing is what XML 1.0 does not allow.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\u{FFFE}' | '\u{FFFF}' => f.write_char(char::REPLACEMENT_CHARACTER)?,
                control if control.is_control() => f.write_char(' ')?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_text_stays_text() {
        assert_eq!(
            Escaped("<script>alert(\"1\")</script> & 'x' \u{1}\u{FFFF}").to_string(),
            "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;  \u{FFFD}"
        );
    }

    #[test]
    fn micrometres_are_written_as_millimetres() {
        for (um, mm) in [(0, "0"), (500, "0.5"), (-1_250, "-1.25"), (210_000, "210"), (1, "0.001")] {
            assert_eq!(Mm(um).to_string(), mm);
        }
    }
}
