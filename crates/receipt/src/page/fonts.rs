use skrifa::{
    FontRef, GlyphId, MetadataProvider,
    charmap::Charmap,
    metrics::GlyphMetrics,
    outline::OutlineGlyphCollection,
    prelude::{LocationRef, Size},
};
use unicode_width::UnicodeWidthChar;

use super::{Anchor, Text, Um};

/// A cut of the one typeface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Face {
    Regular,
    Bold,
}

impl Face {
    pub(crate) const BOTH: [Self; 2] = [Self::Regular, Self::Bold];

    pub(crate) const fn true_type(self) -> &'static [u8] {
        match self {
            Self::Regular => include_bytes!("../../fonts/NotoSans-Regular.ttf"),
            Self::Bold => include_bytes!("../../fonts/NotoSans-Bold.ttf"),
        }
    }

    pub(crate) const fn woff2(self) -> &'static [u8] {
        match self {
            Self::Regular => include_bytes!("../../fonts/NotoSans-Regular.woff2"),
            Self::Bold => include_bytes!("../../fonts/NotoSans-Bold.woff2"),
        }
    }
}

/// Both cuts, read. They have no kerning and no ligatures, so that a text is as wide as its characters together.
pub(crate) struct Fonts<'a> {
    regular: Font<'a>,
    bold: Font<'a>,
}

struct Font<'a> {
    characters: Charmap<'a>,
    metrics: GlyphMetrics<'a>,
    outlines: OutlineGlyphCollection<'a>,
}

/// A character drawn. Lengths are in thousandths of the size.
pub(crate) struct Glyph {
    pub(crate) id: GlyphId,
    pub(crate) advance: i32,
    /// How far to the right and up from the base line, for marks on a letter.
    pub(crate) offset: (i32, i32),
    /// Where its character stands in the text, in bytes.
    pub(crate) at: std::ops::Range<usize>,
}

impl Fonts<'static> {
    /// None if the fonts of this crate cannot be read, which its tests exclude.
    pub(crate) fn open() -> Option<Self> {
        Some(Self { regular: Font::open(Face::Regular)?, bold: Font::open(Face::Bold)? })
    }
}

impl<'a> Fonts<'a> {
    const UNITS: i64 = 1_000;

    /// What is drawn for a text. A character that the font lacks becomes the replacement character, one that is not to
    /// be seen nothing.
    pub(crate) fn glyphs(&self, text: &str, face: Face) -> Vec<Glyph> {
        let font = self.font(face);
        let mut glyphs: Vec<Glyph> = Vec::new();
        let mut letter = None;
        for (at, character) in text.char_indices() {
            let invisible = character.width() == Some(0);
            let known = font.characters.map(character);
            let Some(id) =
                known.or_else(|| font.characters.map(char::REPLACEMENT_CHARACTER).filter(|_| !invisible))
            else {
                continue;
            };
            let advance = whole(font.metrics.advance_width(id).unwrap_or_default());
            let offset = match letter {
                Some((letter, width)) if invisible => font.mark(id, letter, width),
                _ => (0, 0),
            };
            if !invisible {
                letter = Some((id, advance));
            }
            glyphs.push(Glyph { id, advance, offset, at: at..at + character.len_utf8() });
        }
        glyphs
    }

    pub(crate) fn width(&self, text: &str, face: Face, size: Um) -> Um {
        let units: i64 = self.glyphs(text, face).iter().map(|glyph| i64::from(glyph.advance)).sum();
        Um::try_from((units * i64::from(size) + Self::UNITS - 1) / Self::UNITS).unwrap_or(Um::MAX)
    }

    /// Where the first character of a text stands.
    pub(crate) fn start(&self, text: &Text) -> Um {
        let width = || self.width(&text.words, text.face, text.size);
        match text.anchor {
            Anchor::Start => text.x,
            Anchor::Middle => text.x - width() / 2,
            Anchor::End => text.x - width(),
        }
    }

    pub(crate) const fn outlines(&self, face: Face) -> &OutlineGlyphCollection<'a> {
        &self.font(face).outlines
    }

    const fn font(&self, face: Face) -> &Font<'a> {
        match face {
            Face::Regular => &self.regular,
            Face::Bold => &self.bold,
        }
    }
}

impl Font<'_> {
    /// What a mark without a width is moved by, to stand over the middle of the letter before it, and above tall ones.
    /// Lingala writes tones so, on letters that have no character with the mark in it (ɛ́, ɔ̂).
    fn mark(&self, mark: GlyphId, letter: GlyphId, width: i32) -> (i32, i32) {
        let (Some(mark), Some(letter)) = (self.metrics.bounds(mark), self.metrics.bounds(letter)) else {
            return (0, 0);
        };
        let right = -width / 2 - (whole(mark.x_min) + whole(mark.x_max)) / 2;
        let above = whole(mark.y_min) >= Self::LOW_LETTER;
        (right, if above { (whole(letter.y_max) - Self::LOW_LETTER).max(0) } else { 0 })
    }

    /// How high a letter without an ascender is, a curved one at most.
    const LOW_LETTER: i32 = 560;
}

#[expect(clippy::cast_possible_truncation, reason = "whole font units, a few thousand at most")]
fn whole(units: f32) -> i32 {
    units as i32
}

impl Font<'static> {
    fn open(face: Face) -> Option<Self> {
        let font = FontRef::new(face.true_type()).ok()?;
        Some(Self {
            characters: font.charmap(),
            metrics: font.glyph_metrics(Size::unscaled(), LocationRef::default()),
            outlines: font.outline_glyphs(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fonts_have_what_people_here_write() {
        let fonts = Fonts::open().unwrap();
        for face in Face::BOTH {
            let replaced = fonts.font(face).characters.map(char::REPLACEMENT_CHARACTER).unwrap();
            for text in [
                "ÀÂÇÉÈÊËÎÏÔŒÙÛÜŸàâçéèêëîïôœùûüÿæ’«»…–—",
                "ɛɔƐƆŋŊɛ\u{301}ɔ\u{302}ɛ\u{30C}",
                "€₣№×·%&<>\"'\u{A0}\u{202F}",
            ] {
                let glyphs = fonts.glyphs(text, face);
                assert_eq!(glyphs.len(), text.chars().count(), "{text}");
                assert!(glyphs.iter().all(|glyph| glyph.id != replaced), "{text}");
            }
            assert_eq!(fonts.glyphs("米", face)[0].id, replaced);
            assert!(fonts.glyphs("\u{FE0F}", face).is_empty());
        }
    }

    #[test]
    fn a_mark_stands_over_the_middle_of_its_letter_and_above_a_tall_one() {
        let fonts = Fonts::open().unwrap();
        for face in Face::BOTH {
            let [low, tall, below] =
                ["ɔ\u{302}", "Ɔ\u{302}", "ɔ\u{323}"].map(|text| fonts.glyphs(text, face));
            let font = fonts.font(face);
            for glyphs in [&low, &tall, &below] {
                let bounds = font.metrics.bounds(glyphs[1].id).unwrap();
                let middle = (whole(bounds.x_min) + whole(bounds.x_max)) / 2;
                let over = glyphs[0].advance + glyphs[1].offset.0 + middle;
                assert!((over - glyphs[0].advance / 2).abs() <= 1, "{over}");
                assert_eq!((glyphs[0].offset, glyphs[1].advance), ((0, 0), 0));
            }
            assert!(low[1].offset.1 < 30 && tall[1].offset.1 > 100 && below[1].offset.1 == 0);
        }
        assert_eq!(fonts.glyphs("\u{302}", Face::Regular)[0].offset, (0, 0));
    }

    #[test]
    fn digits_are_equally_wide_so_that_amounts_stand_under_each_other() {
        let fonts = Fonts::open().unwrap();
        for face in Face::BOTH {
            let widths: Vec<Um> = ('0'..='9').map(|d| fonts.width(&d.to_string(), face, 1_000)).collect();
            assert!(widths.iter().all(|width| *width == widths[0]), "{widths:?}");
        }
        assert_eq!(fonts.width("1234567890", Face::Regular, 3_000), 10 * 572 * 3);
    }
}
