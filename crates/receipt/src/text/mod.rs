//! The receipt in columns of characters, for displays and for printers that set their own type.

mod set;
mod wrap;

pub(crate) use set::{Row, Setter, Style, set};
pub(crate) use wrap::wrap;

use unicode_width::UnicodeWidthStr;

use crate::{blocks::Placed, figures, paper::Roll};

/// Plain text, no line wider than the roll's columns; the QR code's content stands in it as text.
pub(crate) fn plain(parts: &[Placed], roll: Roll) -> String {
    let setter = Setter { columns: roll.columns(), measure: |text| text.width() };
    let mut out = String::new();
    for row in set(parts, &setter) {
        match row {
            Row::Line { text, .. } => line(&mut out, &text),
            Row::Symbol { label, content, .. } => {
                line(&mut out, &label);
                wrap(&content, roll.columns(), setter.measure).iter().for_each(|part| line(&mut out, part));
            }
        }
    }
    out
}

fn line(out: &mut String, text: &str) {
    out.push_str(text.replace(figures::NO_BREAK, " ").trim_end());
    out.push('\n');
}
