//! Binary values as text: RFC 4648 base64url without padding, in its one form.

use core::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};

/// Shows bytes in base64url.
#[derive(Clone, Copy, Debug)]
pub struct Base64Url<'a>(pub &'a [u8]);

impl fmt::Display for Base64Url<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const BYTES: usize = 48;
        const CHARACTERS: usize = 64;
        for chunk in self.0.chunks(BYTES) {
            let mut characters = [0; CHARACTERS];
            f.write_str(Base64UrlUnpadded::encode(chunk, &mut characters).map_err(|_| fmt::Error)?)?;
        }
        Ok(())
    }
}

/// The bytes that a text stands for, in a buffer; none when it is not in its one form or does not fit.
pub(crate) fn decode<'b>(text: &[u8], buffer: &'b mut [u8]) -> Option<&'b [u8]> {
    Base64UrlUnpadded::decode(text, buffer).ok()
}

#[cfg(test)]
mod tests {
    use std::{format, vec::Vec};

    use base64ct::{Base64UrlUnpadded, Encoding};

    use super::*;

    #[test]
    fn bytes_of_every_length_are_written_as_one_piece() {
        let bytes: Vec<u8> = (0..=255).collect();
        for length in 0..=bytes.len() {
            let text = format!("{}", Base64Url(&bytes[..length]));
            let mut buffer = [0; 256];
            assert_eq!(decode(text.as_bytes(), &mut buffer), Some(&bytes[..length]));
            let mut whole = [0; 400];
            assert_eq!(text, Base64UrlUnpadded::encode(&bytes[..length], &mut whole).unwrap());
        }
    }

    #[test]
    fn only_the_one_form_is_read() {
        for wrong in ["AB==", "A", "AB", "A+A_", "AA\n"] {
            let mut buffer = [0; 16];
            let strict = decode(wrong.as_bytes(), &mut buffer);
            assert_eq!(strict, None, "{wrong:?}");
        }
    }
}
