//! Windows code page 1252, and ASCII letters for what it does not have.

use unicode_width::UnicodeWidthChar;

/// 0x80 to 0x9F; the other characters stand at their own code.
#[rustfmt::skip]
const UPPER_CONTROLS: [Option<char>; 32] = [
    Some('€'), None, Some('‚'), Some('ƒ'), Some('„'), Some('…'), Some('†'), Some('‡'),
    Some('ˆ'), Some('‰'), Some('Š'), Some('‹'), Some('Œ'), None, Some('Ž'), None,
    None, Some('‘'), Some('’'), Some('“'), Some('”'), Some('•'), Some('–'), Some('—'),
    Some('˜'), Some('™'), Some('š'), Some('›'), Some('œ'), None, Some('ž'), Some('Ÿ'),
];

/// Letters that the languages of the country, or names from elsewhere, have and the code page has not.
#[rustfmt::skip]
const NEAREST: &[(&str, &str)] = &[
    ("ɛɇēĕėęěẹẽếềệǝə", "e"), ("ƐĒĔĖĘĚẸẼ", "E"),
    ("ɔōŏőọơ", "o"), ("ƆŌŎŐỌƠ", "O"),
    ("āăąǎạảấầ", "a"), ("ĀĂĄǍẠ", "A"),
    ("īĭįıǐịĩ", "i"), ("ĪĬĮİǏỊĨ", "I"),
    ("ūŭůűųǔụũʉư", "u"), ("ŪŬŮŰŲǓỤŨ", "U"),
    ("ŋńņňǹ", "n"), ("ŊŃŅŇǸ", "N"),
    ("ɓ", "b"), ("Ɓ", "B"), ("ćĉċč", "c"), ("ĆĈĊČ", "C"), ("ɗďđɖ", "d"), ("ƊĎĐƉ", "D"),
    ("ĝğġģɣǧ", "g"), ("ĜĞĠĢƔǦ", "G"), ("ĥħ", "h"), ("ĤĦ", "H"), ("ķƙ", "k"), ("ĶƘ", "K"),
    ("ĺļľł", "l"), ("ĹĻĽŁ", "L"), ("ŕŗř", "r"), ("ŔŖŘ", "R"), ("śŝşșṣ", "s"), ("ŚŜŞȘṢ", "S"),
    ("ţťŧț", "t"), ("ŢŤŦȚ", "T"), ("ʋ", "v"), ("ŵ", "w"), ("Ŵ", "W"), ("ŷƴ", "y"), ("ŶƳ", "Y"),
    ("źżẓ", "z"), ("ŹŻẒ", "Z"), ("\u{2010}\u{2011}\u{2012}\u{2212}", "-"), ("\u{2007}\u{2009}\u{200A}\u{202F}", " "),
    ("′ʼ", "'"), ("″", "\""), ("₣", "F"), ("№", "No"), ("≤", "<="), ("≥", ">="), ("→", "->"),
];

/// One byte for each character that the code page has, the nearest letters for others, and `?` for what is none of
/// these. No control character comes out, whatever goes in.
pub(super) fn encode(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for character in text.chars() {
        match byte(character) {
            // A printer's 0xA0 may be anything.
            Some(0xA0) => out.push(b' '),
            Some(byte) => out.push(byte),
            None => match NEAREST.iter().find(|(letters, _)| letters.contains(character)) {
                Some((_, ascii)) => out.extend(ascii.bytes()),
                // Marks that combine with a letter, and joiners.
                None if character.width() == Some(0) => {}
                None => out.push(b'?'),
            },
        }
    }
    out
}

fn byte(character: char) -> Option<u8> {
    match character {
        ' '..='~' | '\u{A0}'..='\u{FF}' => u8::try_from(u32::from(character)).ok(),
        _ => {
            let place = UPPER_CONTROLS.iter().position(|known| *known == Some(character))?;
            u8::try_from(0x80 + place).ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn french_goes_through_and_lingala_is_near() {
        assert_eq!(encode("Café 5 €, œuf"), b"Caf\xE9 5 \x80, \x9Cuf");
        assert_eq!(encode("Mb\u{254}\u{301}t\u{25B}"), b"Mbote");
        assert_eq!(encode("№ 19\u{A0}500"), b"No 19 500");
        assert_eq!(encode("米😀"), b"??");
    }

    #[test]
    fn nothing_that_a_printer_obeys_comes_out() {
        let every = (0..=0x2_FFFF).filter_map(char::from_u32);
        for character in every {
            let bytes = encode(&character.to_string());
            assert!(bytes.iter().all(|byte| *byte >= 0x20 && *byte != 0x7F), "{character:?}: {bytes:?}");
        }
    }
}
