use unicode_width::UnicodeWidthChar;

/// Breaks a text at its spaces, and within words that are too wide, into lines that are not. What `measure` gives and
/// `width` are of one unit. Nothing is lost but spaces at breaks; an empty text has no lines.
pub(crate) fn wrap(text: &str, width: usize, measure: impl Fn(&str) -> usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if measure(&longer) <= width {
            line = longer;
            continue;
        }
        lines.push(std::mem::take(&mut line));
        let mut rest = word;
        while measure(rest) > width {
            let (head, tail) = rest.split_at(longest_prefix(rest, width, &measure));
            lines.push(head.to_owned());
            rest = tail;
        }
        line = rest.to_owned();
    }
    lines.push(line);
    lines.retain(|line| !line.trim().is_empty());
    lines
}

/// Where to cut: never between a character and a mark that combines with it, and after one character at least.
fn longest_prefix(word: &str, width: usize, measure: &impl Fn(&str) -> usize) -> usize {
    const JOINER: char = '\u{200D}';
    let mut cut = 0;
    let mut before = JOINER;
    for (at, character) in word.char_indices() {
        let joins = before == JOINER || character.width() == Some(0);
        if at > 0 && !joins {
            if cut > 0 && measure(&word[..at]) > width {
                return cut;
            }
            cut = at;
        }
        before = character;
    }
    // The last cluster is what did not fit; a word of a single one stays whole.
    if cut == 0 { word.len() } else { cut }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    use super::*;

    fn columns(text: &str, width: usize) -> Vec<String> {
        wrap(text, width, |text| text.width())
    }

    #[test]
    fn a_text_breaks_at_its_spaces() {
        assert_eq!(columns("Riz long grain sac de 25 kg", 12), ["Riz long", "grain sac de", "25 kg"]);
        assert_eq!(columns("", 12), Vec::<String>::new());
        assert_eq!(columns("   ", 2), Vec::<String>::new());
    }

    #[test]
    fn a_word_that_is_too_wide_breaks_within() {
        assert_eq!(columns("un abcdefghij", 4), ["un", "abcd", "efgh", "ij"]);
        assert_eq!(columns("abcdefgh", 4), ["abcd", "efgh"]);
    }

    #[test]
    fn a_mark_stays_with_its_letter_and_a_wide_letter_is_two_columns() {
        assert_eq!(columns("ɛ\u{301}ɔ\u{302}ɛ\u{301}ɔ\u{302}", 3), ["ɛ\u{301}ɔ\u{302}ɛ\u{301}", "ɔ\u{302}"]);
        assert_eq!(columns("米饭米饭", 5), ["米饭", "米饭"]);
        // A sign and the mark that makes it a picture, two columns wide.
        assert_eq!(columns("a☎\u{FE0F}", 2), ["a", "☎\u{FE0F}"]);
    }

    #[test]
    fn what_is_wider_than_any_line_has_one_of_its_own() {
        assert_eq!(columns("米饭", 1), ["米", "饭"]);
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_nothing_but_spaces_is_lost(text in "[a-zé ɛ\u{301}米😀\u{200D}-]{0,60}", width in 8_usize..40) {
            let lines = columns(&text, width);
            prop_assert!(lines.iter().all(|line| line.width() <= width), "{lines:?}");
            prop_assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
        }
    }
}
