use fiscal::totals::Counted;

/// Rows of invoice types and currencies between two closures.
pub(crate) const KINDS: usize = 64;
/// Rows of tax groups between two closures; the sale that has none left waits for a closure.
pub(crate) const GROUPS: usize = 256;

/// What was sold since the last closure, and today: it grows with each record and is stored with the head, so that no
/// report reads what it sums.
pub(crate) type Books = Counted<KINDS, GROUPS>;

pub(crate) fn to_bytes(books: &Books) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(512);
    books.encode(&mut |part| bytes.extend_from_slice(part));
    bytes
}

/// From a head row; an empty one has none yet.
pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Box<Books>> {
    if bytes.is_empty() { Some(Box::new(Books::new())) } else { Books::decode(bytes).map(Box::new) }
}
