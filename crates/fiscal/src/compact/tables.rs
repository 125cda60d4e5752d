//! What one byte can say in version 1. None of this ever changes, or journals that were written before could not be
//! read: a longer table is another version.

use crate::manifest::{DEFAULT_MANIFEST, ManifestGroup};

/// The digits of base 40; one place is not used.
pub(super) const ID_DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ.-_";
pub(super) const ID_BASE: u16 = 40;

/// Fewer than 65, so that a place is never a capital letter.
pub(super) const CURRENCIES: &[&str] = &["CDF", "USD", "EUR", "XAF", "ZMW", "AOA", "RWF"];

/// Units of which 50.00 has so many: most prices in CDF are whole ones.
pub(super) const FIFTY: i64 = 5_000;

/// Texts that stand alone on many invoices, at most 95, with one space between them.
const WORDS: &str = "unit unité pièce pce pc u kg g t tonne l cl ml litre m cm km m² m³ mètre sac sachet boîte bouteille \
    bidon bocal brique pot canette casier caisse carton colis fût seau flacon tube tasse verre plat \
    portion repas lot pack paquet palette paire douzaine plateau plaquette comprimé ampoule dose barre \
    botte feuille tôle planche rouleau rame ramette kit jeu set forfait service prestation course voyage \
    trajet billet ticket carte recharge bon heure jour nuit nuitée semaine mois an année séance visite \
    consultation personne chambre bottle box bag piece hour day night";

/// Those texts, in the order of their places.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    WORDS.split(' ')
}

/// The groups that an invoice's group can be a place of.
pub(super) fn groups() -> &'static [ManifestGroup<'static>] {
    DEFAULT_MANIFEST.groups
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};
    use std::{format, string::ToString};

    use super::*;
    use crate::seal::PayloadHash;

    /// When the default manifest has to change, keep the sixteen entries of today here.
    #[test]
    fn the_tables_of_version_1_never_change() {
        let mut hasher = Sha256::new();
        words().chain(CURRENCIES.iter().copied()).for_each(|word| hasher.update(format!("{word}\n")));
        hasher.update(ID_DIGITS);
        for ManifestGroup { code, french, english, rate, .. } in groups() {
            hasher.update(format!("{code}|{french}|{english}|{rate}\n"));
        }
        let version_1 = "c0bf5323135737249f405c9a6182736386285885b73c51eb044d0201d10689df";
        assert_eq!(PayloadHash(hasher.finalize().into()).to_string(), version_1);
    }

    #[test]
    fn each_table_fits_its_byte() {
        assert!(words().count() <= 95 && CURRENCIES.len() <= 64 && groups().len() == 16);
        for (place, word) in words().enumerate() {
            assert_eq!(words().position(|other| other == word), Some(place), "{word} is there twice");
        }
    }
}
