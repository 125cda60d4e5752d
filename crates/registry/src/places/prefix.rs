use fiscal::{OutletId, Prefix};

/// The highest number behind a prefix that others have.
const MOST: u32 = 999;

/// What an outlet's fiscal numbers may begin with when nobody chose: its id's letters and digits in capitals, and where
/// others have that, with a number in the place of its end.
pub(super) fn prefixes_like(outlet: OutletId) -> impl Iterator<Item = Prefix> {
    let letters: String = outlet
        .as_str()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_uppercase())
        .take(Prefix::MAX_LENGTH)
        .collect();
    let plain = format!("{letters:0<width$}", width = Prefix::MIN_LENGTH);
    let numbered = (2..=MOST).map(move |number| {
        let number = number.to_string();
        let kept = letters.len().min(Prefix::MAX_LENGTH - number.len());
        format!("{}{number:0>width$}", &letters[..kept], width = Prefix::MIN_LENGTH.saturating_sub(kept))
    });
    // All have the form of a prefix.
    std::iter::once(plain).chain(numbered).filter_map(|text| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(outlet: &str, count: usize) -> Vec<String> {
        prefixes_like(outlet.parse().unwrap()).take(count).map(|prefix| prefix.to_string()).collect()
    }

    #[test]
    fn a_prefix_is_the_ids_letters_and_digits_then_the_same_with_a_number() {
        assert_eq!(first("KIN-GOMBE-01", 3), ["KINGOMBE01", "KINGOMBE02", "KINGOMBE03"]);
        assert_eq!(first("Shop-Kinshasa-Nord", 3), ["SHOPKINSHA", "SHOPKINSH2", "SHOPKINSH3"]);
        assert_eq!(first("gombe", 3), ["GOMBE", "GOMBE2", "GOMBE3"]);
    }

    #[test]
    fn what_is_too_short_is_filled_with_zeros() {
        assert_eq!(first("A", 3), ["A000", "A002", "A003"]);
        assert_eq!(first("-", 3), ["0000", "0002", "0003"]);
        assert_eq!(first("A.b_3", 2), ["AB30", "AB32"]);
    }

    #[test]
    fn every_outlet_has_hundreds_of_prefixes_to_try() {
        for outlet in ["A", "-", "KIN-GOMBE-01", "Shop-Kinshasa-Nord-9", "0", "99999999999999999999"] {
            let mut all = first(outlet, usize::MAX);
            assert_eq!(all.len(), 999, "{outlet}");
            all.sort();
            all.dedup();
            assert!(all.len() >= 900, "{outlet}: {}", all.len());
        }
    }
}
