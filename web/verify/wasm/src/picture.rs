//! QR codes in a picture.

use rqrr::PreparedImage;

use crate::fault::Fault;

/// Within it, `rqrr`'s geometry stays in 32 bits.
const LONGEST_SIDE: usize = 4096;

/// What a picture shows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Codes {
    /// What can be read.
    pub(crate) texts: Vec<String>,
    /// How many codes are there, but too blurred, small or damaged to read.
    pub(crate) unreadable: usize,
}

/// Reads the QR codes among 8-bit grey pixels.
pub(crate) fn read(pixels: &[u8], width: usize, height: usize) -> Result<Codes, Fault> {
    let sides = 1..=LONGEST_SIDE;
    if !sides.contains(&width) || !sides.contains(&height) || pixels.len() != width * height {
        return Err(Fault::Picture);
    }
    let mut picture = PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
    let mut codes = Codes::default();
    for grid in picture.detect_grids() {
        match grid.decode() {
            Ok((_, text)) => codes.texts.push(text),
            Err(_) => codes.unreadable += 1,
        }
    }
    Ok(codes)
}

#[cfg(test)]
mod tests {
    use qrcode::{Color, EcLevel, QrCode};

    use super::*;

    /// A printed code with a quiet zone, and the length of its side.
    fn print(text: &str, scale: usize) -> (Vec<u8>, usize) {
        const QUIET: usize = 4;
        let code = QrCode::with_error_correction_level(text, EcLevel::M).unwrap();
        let side = (code.width() + 2 * QUIET) * scale;
        let inside = QUIET..QUIET + code.width();
        let pixel = |at: usize| {
            let (x, y) = (at % side / scale, at / side / scale);
            let dark =
                inside.contains(&x) && inside.contains(&y) && code[(x - QUIET, y - QUIET)] == Color::Dark;
            if dark { 40 } else { 220 }
        };
        ((0..side * side).map(pixel).collect(), side)
    }

    #[test]
    fn a_printed_code_is_read() {
        for text in ["BONO|1|é", &"0123456789abcdef|".repeat(27)] {
            let (pixels, side) = print(text, 4);
            assert_eq!(read(&pixels, side, side).unwrap().texts, [text]);
        }
    }

    #[test]
    fn a_torn_code_is_seen_but_not_read() {
        let (mut pixels, side) = print(&"0123456789abcdef|".repeat(20), 4);
        let torn = side * 7 / 20..side * 13 / 20;
        for row in torn {
            for column in side / 6..side {
                pixels[row * side + column] = 220;
            }
        }
        let codes = read(&pixels, side, side).unwrap();
        assert_eq!(codes, Codes { texts: Vec::new(), unreadable: 1 });
    }

    #[test]
    fn a_picture_without_a_code_has_none() {
        for pixels in
            [vec![0; 12_000], vec![255; 12_000], (0..12_000).map(|at| (at * 7_919 % 251) as u8).collect()]
        {
            assert_eq!(read(&pixels, 120, 100), Ok(Codes::default()));
        }
    }

    #[test]
    fn a_size_that_is_not_the_pictures_is_refused() {
        let pixels = [0; 12];
        for (width, height) in [(0, 0), (12, 0), (5, 2), (usize::MAX, usize::MAX), (1 << 31, 2), (6, 3)] {
            assert_eq!(read(&pixels, width, height), Err(Fault::Picture), "{width} x {height}");
        }
        assert!(read(&pixels, 12, 1).is_ok());
        assert!(read(&pixels, 1, 12).is_ok());
    }
}
