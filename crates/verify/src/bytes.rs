//! Fields of tokens: what a device was told, as its records keep it.

/// The next bytes.
pub(crate) fn take<'a, const N: usize>(bytes: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(taken)
}

/// A byte of length, and so many bytes.
pub(crate) fn take_text<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let [length] = *take(bytes)?;
    let (taken, rest) = bytes.split_at_checked(usize::from(length))?;
    *bytes = rest;
    Some(taken)
}
