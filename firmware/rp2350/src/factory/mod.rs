//! What the factory needs, on a computer: images from the linked program, and checks of the reviewed files.
//!
//! `cargo run -p rp2350 --example image` is the command around it.

pub mod image;
pub mod locks;
pub mod otp;
pub mod partitions;
pub mod sizes;
pub mod uf2;

/// The OTP settings of the product, loaded last but one.
pub const OTP_JSON: &str = include_str!("../../otp.json");
/// The locks of OTP pages, loaded last.
pub const LOCKS_JSON: &str = include_str!("../../otp-locks.json");
/// The partition table.
pub const PARTITIONS_JSON: &str = include_str!("../../partitions.json");

/// Checks the three reviewed files.
pub fn check_files() -> Result<(), String> {
    otp::check(OTP_JSON).map_err(|fault| format!("otp.json: {fault}"))?;
    locks::check(LOCKS_JSON).map_err(|fault| format!("otp-locks.json: {fault}"))?;
    partitions::check(PARTITIONS_JSON).map_err(|fault| format!("partitions.json: {fault}"))
}

#[cfg(test)]
pub(crate) mod tests {
    use def_engine::FactoryPage;
    use def_protocol::token::Realm;
    use fiscal::PublicKey;

    /// A device's page, with the generator of P-256 as its root (SEC 2).
    pub(crate) fn page() -> FactoryPage {
        let x = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
        let mut root = vec![3];
        root.extend((0..32).map(|at| u8::from_str_radix(&x[2 * at..2 * at + 2], 16).unwrap()));
        FactoryPage {
            serial: "DEF-000001".parse().unwrap(),
            realm: Realm::Production,
            root: PublicKey::from_sec1(&root).unwrap(),
            sectors: 16_384,
        }
    }

    #[test]
    fn the_files_of_this_folder_are_as_they_must_be() {
        assert_eq!(super::check_files(), Ok(()));
    }
}
