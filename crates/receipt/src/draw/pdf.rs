//! A PDF of all pages, as PDF/A-2b: it is to be read for as long as the law wants an invoice kept.

use fiscal::Timestamp;
use krilla::{
    Document, SerializeSettings,
    color::luma,
    configure::{Archival, ConfigurationBuilder},
    geom::{PathBuilder, Point, Rect, Transform},
    metadata::{DateTime, Metadata},
    page::PageSettings,
    paint::Fill,
    surface::Surface,
    text::{Font, GlyphId, KrillaGlyph},
};

use crate::{
    Refusal,
    page::{Face, Fonts, MODULE, Mark, Page, Text, Tone, Um},
    symbol::Symbol,
};

/// What a reader of the file shows about it. There is no clock here: its date is the seal's.
pub(crate) struct About<'a> {
    pub(crate) title: &'a str,
    pub(crate) language: &'a str,
    pub(crate) sealed: Timestamp,
}

pub(crate) fn pdf(pages: &[Page], fonts: &Fonts<'_>, about: &About<'_>) -> Result<Vec<u8>, Refusal> {
    let failed = |why: &dyn std::fmt::Debug| Refusal::Drawing(format!("{why:?}"));
    let configuration = ConfigurationBuilder::new().with_archival_validator(Archival::A2_B).finish();
    let configuration = configuration.map_err(|error| failed(&error))?;
    let mut document =
        Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    document.set_metadata(metadata(about));
    let face = |face: Face| Font::new(face.true_type().into(), 0).ok_or_else(|| failed(&"font"));
    let canvas = Canvas { regular: face(Face::Regular)?, bold: face(Face::Bold)?, fonts };
    for page in pages {
        let size = PageSettings::from_wh(points(page.width), points(page.height));
        let mut sheet = document.start_page_with(size.ok_or_else(|| failed(&"size"))?);
        let mut surface = sheet.surface();
        page.marks.iter().for_each(|mark| canvas.draw(&mut surface, mark));
    }
    document.finish().map_err(|error| failed(&error))
}

struct Canvas<'a> {
    regular: Font,
    bold: Font,
    fonts: &'a Fonts<'a>,
}

impl Canvas<'_> {
    fn draw(&self, surface: &mut Surface<'_>, mark: &Mark) {
        match mark {
            Mark::Text(text) => self.text(surface, text),
            Mark::Rect { x, y, width, height, tone } => {
                let mut path = PathBuilder::new();
                let rect = Rect::from_xywh(points(*x), points(*y), points(*width), points(*height));
                rect.into_iter().for_each(|rect| path.push_rect(rect));
                fill(surface, path, *tone);
            }
            Mark::Symbol { x, y, symbol } => {
                let module = points(MODULE);
                surface.push_transform(&Transform::from_row(
                    module,
                    0.0,
                    0.0,
                    module,
                    points(*x),
                    points(*y),
                ));
                fill(surface, modules(symbol), Tone::Black);
                surface.pop();
            }
        }
    }

    fn text(&self, surface: &mut Surface<'_>, text: &Text) {
        let glyphs = self.fonts.glyphs(&text.words, text.face).into_iter().map(|glyph| {
            let id = GlyphId::new(glyph.id.to_u32());
            let (right, up) = (thousandths(glyph.offset.0), thousandths(glyph.offset.1));
            KrillaGlyph::new(id, thousandths(glyph.advance), right, up, 0.0, glyph.at, None)
        });
        let glyphs: Vec<KrillaGlyph> = glyphs.collect();
        let font = match text.face {
            Face::Regular => &self.regular,
            Face::Bold => &self.bold,
        };
        surface.set_fill(Some(paint(text.tone)));
        let start = Point::from_xy(points(self.fonts.start(text)), points(text.y));
        surface.draw_glyphs(start, &glyphs, font.clone(), &text.words, points(text.size), false);
    }
}

/// In modules.
#[expect(clippy::cast_precision_loss, reason = "a code has at most 177 modules a side")]
fn modules(symbol: &Symbol) -> PathBuilder {
    let mut path = PathBuilder::new();
    for row in 0..symbol.width {
        for (column, length) in symbol.stretches(row) {
            let rect = Rect::from_xywh(column as f32, row as f32, length as f32, 1.0);
            rect.into_iter().for_each(|rect| path.push_rect(rect));
        }
    }
    path
}

fn fill(surface: &mut Surface<'_>, path: PathBuilder, tone: Tone) {
    surface.set_fill(Some(paint(tone)));
    path.finish().iter().for_each(|path| surface.draw_path(path));
}

fn paint(tone: Tone) -> Fill {
    Fill { paint: luma::Color::new(tone.lightness()).into(), ..Fill::default() }
}

/// A point is 1/72 inch, 352 7/9 µm.
#[expect(clippy::cast_precision_loss, clippy::float_arithmetic, reason = "PDF counts in points")]
fn points(length: Um) -> f32 {
    length as f32 * 72.0 / 25_400.0
}

#[expect(clippy::cast_precision_loss, clippy::float_arithmetic, reason = "PDF counts in parts of the size")]
fn thousandths(advance: i32) -> f32 {
    advance as f32 / 1_000.0
}

fn metadata(about: &About<'_>) -> Metadata {
    Metadata::new()
        .title(about.title.to_owned())
        .language(about.language.to_owned())
        .creator("Stelala".to_owned())
        .document_id(about.title.to_owned())
        .creation_date(date(about.sealed))
}

/// `2026-02-04T10:15:32`, in UTC.
fn date(time: Timestamp) -> DateTime {
    let written = time.to_string();
    let number = |from: usize, to: usize| written[from..to].parse::<u16>().unwrap_or_default();
    let small = |from: usize| u8::try_from(number(from, from + 2)).unwrap_or_default();
    DateTime::new(number(0, 4))
        .month(small(5))
        .day(small(8))
        .hour(small(11))
        .minute(small(14))
        .second(small(17))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}
