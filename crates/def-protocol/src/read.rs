//! The two forms of numbers that commands and replies share with nothing else.

/// Exactly `2 × N` hexadecimal digits, in either case.
pub(crate) fn hex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != 2 * N {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    for (byte, &[high, low]) in bytes.iter_mut().zip(text.as_chunks().0) {
        *byte = u8::try_from(digit(high)? << 4 | digit(low)?).ok()?;
    }
    Some(bytes)
}

/// Digits without a leading zero, at most 2^53 − 1.
pub(crate) fn plain_integer(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    let number = if plain { text.parse().ok()? } else { return None };
    (number <= MAX_INTEGER).then_some(number)
}

/// The largest integer that every JSON reader in the field holds exactly: 2^53 − 1.
pub(crate) const MAX_INTEGER: u64 = (1 << 53) - 1;
