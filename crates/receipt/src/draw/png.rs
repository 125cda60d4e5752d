//! One PNG for each page, in greys: a renderer of our marks, and the few chunks that a PNG needs.

use std::{collections::BTreeMap, io::Write};

use flate2::{Compression, Crc, write::ZlibEncoder};
use skrifa::{
    GlyphId,
    outline::{DrawSettings, OutlinePen},
    prelude::{LocationRef, Size},
};
use tiny_skia::{Color, FillRule, Paint, Path, PathBuilder, Pixmap, Rect, Transform};

use crate::{
    Raster, Refusal,
    page::{Face, Fonts, MODULE, Mark, Page, Text, Tone, Um},
    symbol::Symbol,
};

pub(crate) fn png(page: &Page, fonts: &Fonts<'_>, raster: Raster) -> Result<Vec<u8>, Refusal> {
    let edge = if raster == Raster::Thermal { page.unprintable } else { 0 };
    let scale = Scale { per_mm: raster.per_mm(), edge };
    let size = |length: Um| u32::try_from(scale.pixels(length)).unwrap_or_default();
    let pixels = Pixmap::new(size(page.width - 2 * edge), size(page.height));
    let mut pixels = pixels.ok_or_else(|| Refusal::Drawing("the picture is too large".to_owned()))?;
    pixels.fill(Color::WHITE);
    let mut canvas = Canvas { pixels, scale, fonts, glyphs: BTreeMap::new() };
    for mark in &page.marks {
        match mark {
            Mark::Text(text) => canvas.text(text),
            Mark::Rect { x, y, width, height, tone } => canvas.rect(*x, *y, *width, *height, *tone),
            Mark::Symbol { x, y, symbol } => canvas.symbol(symbol, *x, *y),
        }
    }
    let (width, height) = (canvas.pixels.width(), canvas.pixels.height());
    let greys: Vec<u8> = canvas.pixels.pixels().iter().map(|pixel| pixel.red()).collect();
    encode(width, height, &greys).map_err(|error| Refusal::Drawing(error.to_string()))
}

/// From micrometres to pixels.
#[derive(Clone, Copy)]
struct Scale {
    per_mm: i32,
    /// What is left out at the left.
    edge: Um,
}

struct Canvas<'a> {
    pixels: Pixmap,
    scale: Scale,
    fonts: &'a Fonts<'a>,
    glyphs: BTreeMap<(Face, GlyphId), Option<Path>>,
}

impl Scale {
    /// To the nearest pixel.
    const fn pixels(self, length: Um) -> i32 {
        (length * self.per_mm + 500).div_euclid(1_000)
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::float_arithmetic,
        reason = "anti-aliased text has no whole pixels"
    )]
    fn exact(self, length: Um) -> f32 {
        (length * self.per_mm) as f32 / 1_000.0
    }

    /// From font units, a thousandth of the size, to pixels.
    #[expect(clippy::float_arithmetic, reason = "outlines are floating-point numbers")]
    fn glyph(self, size: Um, x: Um, y: Um) -> Transform {
        let unit = self.exact(size) / 1_000.0;
        Transform::from_row(unit, 0.0, 0.0, -unit, self.exact(x - self.edge), self.exact(y))
    }
}

impl Canvas<'_> {
    fn text(&mut self, text: &Text) {
        let start = self.fonts.start(text);
        let mut units = 0;
        for glyph in self.fonts.glyphs(&text.words, text.face) {
            let fonts = self.fonts;
            let outline = self
                .glyphs
                .entry((text.face, glyph.id))
                .or_insert_with(|| outline(fonts, text.face, glyph.id));
            if let Some(path) = outline {
                let (right, up) = glyph.offset;
                let x = start + (units + right) * text.size / 1_000;
                let transform = self.scale.glyph(text.size, x, text.y - up * text.size / 1_000);
                self.pixels.fill_path(path, &ink(text.tone, true), FillRule::Winding, transform, None);
            }
            units += glyph.advance;
        }
    }

    /// From whole pixel to whole pixel, and at least one.
    fn rect(&mut self, x: Um, y: Um, width: Um, height: Um, tone: Tone) {
        let x = x - self.scale.edge;
        let (left, top) = (self.scale.pixels(x), self.scale.pixels(y));
        let right = self.scale.pixels(x + width).max(left + 1);
        let bottom = self.scale.pixels(y + height).max(top + 1);
        #[expect(clippy::cast_precision_loss, reason = "a page has a few thousand pixels")]
        let rect = Rect::from_ltrb(left as f32, top as f32, right as f32, bottom as f32);
        if let Some(rect) = rect {
            self.pixels.fill_rect(rect, &ink(tone, false), Transform::identity(), None);
        }
    }

    fn symbol(&mut self, symbol: &Symbol, x: Um, y: Um) {
        let at = |modules: usize| Um::try_from(modules).unwrap_or_default() * MODULE;
        for row in 0..symbol.width {
            for (column, length) in symbol.stretches(row) {
                self.rect(x + at(column), y + at(row), at(length), MODULE, Tone::Black);
            }
        }
    }
}

fn ink(tone: Tone, anti_alias: bool) -> Paint<'static> {
    let mut paint = Paint { anti_alias, ..Paint::default() };
    let lightness = tone.lightness();
    paint.set_color_rgba8(lightness, lightness, lightness, 0xFF);
    paint
}

/// None for a space, which has none.
fn outline(fonts: &Fonts<'_>, face: Face, glyph: GlyphId) -> Option<Path> {
    let mut pen = Pen(PathBuilder::new());
    let settings = DrawSettings::unhinted(Size::unscaled(), LocationRef::default());
    fonts.outlines(face).get(glyph)?.draw(settings, &mut pen).ok()?;
    pen.0.finish()
}

struct Pen(PathBuilder);

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.0.line_to(x, y);
    }

    fn quad_to(&mut self, cx0: f32, cy0: f32, x: f32, y: f32) {
        self.0.quad_to(cx0, cy0, x, y);
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        self.0.cubic_to(cx0, cy0, cx1, cy1, x, y);
    }

    fn close(&mut self) {
        self.0.close();
    }
}

/// Eight-bit grey, no interlace. Each row is as it is or, if it equals the one above, written as no change, which is
/// what most of a receipt's white is.
fn encode(width: u32, height: u32, greys: &[u8]) -> std::io::Result<Vec<u8>> {
    const NONE: u8 = 0;
    const UP: u8 = 2;
    let row_length = usize::try_from(width).unwrap_or(usize::MAX);
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    let mut above: &[u8] = &[];
    let unchanged = vec![0; row_length];
    for row in greys.chunks_exact(row_length) {
        if row == above {
            zlib.write_all(&[UP])?;
            zlib.write_all(&unchanged)?;
        } else {
            zlib.write_all(&[NONE])?;
            zlib.write_all(row)?;
        }
        above = row;
    }
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", header), (b"IDAT", zlib.finish()?), (b"IEND", Vec::new())] {
        chunk(&mut out, kind, &data);
    }
    Ok(out)
}

/// Length, kind, data, check.
fn chunk(out: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    let mut check = Crc::new();
    check.update(kind);
    check.update(data);
    // A receipt is far below 4 GiB.
    out.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend(kind);
    out.extend(data);
    out.extend(check.sum().to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_drawn_as_the_nearest_whole_pixels() {
        let scale = |per_mm| Scale { per_mm, edge: 0 };
        for (per_mm, length, pixels) in
            [(8, 125, 1), (6, 125, 1), (12, 125, 2), (12, 500, 6), (6, 250, 2), (6, 80, 0)]
        {
            assert_eq!(scale(per_mm).pixels(length), pixels, "{length} at {per_mm}");
        }
    }
}
