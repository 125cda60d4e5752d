//! What is said to bytes and a key that may be known: the ledger's rules (L4), without a database.

use fiscal::PayloadHash;

/// What is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offered<'a> {
    pub(crate) hash: PayloadHash,
    pub(crate) key: Option<&'a str>,
}

/// A sale that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kept<'a> {
    pub(crate) hash: PayloadHash,
    pub(crate) key: Option<&'a str>,
    pub(crate) is_sealed: bool,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// It is new: seal it.
    New,
    /// The same sale under the same key: its seal again.
    Again,
    /// The same sale under another key, or none: it is sealed already.
    Replay,
    /// The same sale, and it is not known yet what became of it: find out.
    Open,
    /// The key was used for another sale.
    KeyReused,
}

/// Judges what is offered by the sale that has its bytes and the one that has its key.
pub(crate) fn judge(offered: Offered<'_>, same_bytes: Option<Kept<'_>>, same_key: Option<Kept<'_>>) -> Known {
    if same_key.is_some_and(|kept| kept.hash != offered.hash) {
        return Known::KeyReused;
    }
    match same_bytes {
        None => Known::New,
        Some(kept) if !kept.is_sealed => Known::Open,
        Some(kept) if kept.key == offered.key && offered.key.is_some() => Known::Again,
        Some(_) => Known::Replay,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: PayloadHash = PayloadHash([1; 32]);
    const B: PayloadHash = PayloadHash([2; 32]);

    fn kept(hash: PayloadHash, key: Option<&str>, is_sealed: bool) -> Option<Kept<'_>> {
        Some(Kept { hash, key, is_sealed })
    }

    #[test]
    fn the_same_bytes_under_the_same_key_get_the_same_seal() {
        let offered = Offered { hash: A, key: Some("k") };
        assert_eq!(judge(offered, kept(A, Some("k"), true), kept(A, Some("k"), true)), Known::Again);
    }

    #[test]
    fn the_same_bytes_under_another_key_or_none_are_a_replay() {
        assert_eq!(judge(Offered { hash: A, key: Some("l") }, kept(A, Some("k"), true), None), Known::Replay);
        assert_eq!(judge(Offered { hash: A, key: None }, kept(A, Some("k"), true), None), Known::Replay);
        assert_eq!(judge(Offered { hash: A, key: None }, kept(A, None, true), None), Known::Replay);
    }

    #[test]
    fn a_key_that_was_used_for_other_bytes_is_refused_whatever_becomes_of_those() {
        for is_sealed in [false, true] {
            let offered = Offered { hash: A, key: Some("k") };
            assert_eq!(judge(offered, None, kept(B, Some("k"), is_sealed)), Known::KeyReused);
        }
    }

    #[test]
    fn what_is_open_is_found_out_about_before_anything_is_said() {
        assert_eq!(judge(Offered { hash: A, key: Some("l") }, kept(A, Some("k"), false), None), Known::Open);
        assert_eq!(judge(Offered { hash: A, key: None }, None, None), Known::New);
    }
}
