use fiscal::{OutletId, Prefix};
use sha2::{Digest, Sha256};

use crate::MerchantId;

/// The highest number behind a prefix that others have.
const MOST: u32 = 999;
/// How many are tried that are like nothing. Among two million outlets, one is taken with a chance of one in a billion.
const HASHED: u32 = 16;

/// What an outlet's fiscal numbers may begin with when nobody chose: one like its id, and where others have all of these,
/// one like nothing. Nobody takes these away beforehand: he would have to know the merchant's id, which is random.
pub(super) fn prefixes(outlet: OutletId, merchant: &MerchantId) -> impl Iterator<Item = Prefix> {
    prefixes_like(outlet).chain(prefixes_like_nothing(outlet, merchant))
}

fn prefixes_like_nothing(outlet: OutletId, merchant: &MerchantId) -> impl Iterator<Item = Prefix> {
    const SIGNS: &[u8; 36] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    (0..HASHED).filter_map(move |number| {
        let hash = Sha256::digest(format!("stelala-prefix-1 {merchant} {outlet} {number}"));
        let signs = hash.iter().map(|byte| char::from(SIGNS[usize::from(byte % 36)]));
        // All have the form of a prefix.
        signs.take(Prefix::MAX_LENGTH).collect::<String>().parse().ok()
    })
}

/// The id's letters and digits in capitals, and then with a number in the place of its end.
fn prefixes_like(outlet: OutletId) -> impl Iterator<Item = Prefix> {
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
    fn after_those_like_its_id_an_outlet_has_prefixes_that_only_its_merchants_id_tells() {
        let hashed = |outlet: &str, merchant: u8| -> Vec<Prefix> {
            let merchant = MerchantId::new([merchant; 20]);
            prefixes(outlet.parse().unwrap(), &merchant).skip(999).collect()
        };
        let all = [hashed("KIN-GOMBE-01", 1), hashed("KIN-GOMBE-01", 2), hashed("KIN-GOMBE-02", 1)];
        assert!(all.iter().all(|prefixes| prefixes.len() == 16), "{all:?}");
        let mut distinct = all.concat();
        distinct.sort_unstable_by_key(Prefix::to_string);
        distinct.dedup();
        assert_eq!(distinct.len(), 48, "{all:?}");
        assert_eq!(all[0], hashed("KIN-GOMBE-01", 1), "the same each time");
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
