//! Where the newest credit notes are, so that what is left of an original is found without a search (D5).

use super::codec::{Decoder, Encoder};
use crate::{content::OriginalDigest, journal::Place};

/// Into so many chains the notes are sorted by their originals.
pub(crate) const BUCKETS: usize = 64;

/// The newest note of each chain; each note says where the one before it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notes([Option<Place>; BUCKETS]);

impl Notes {
    pub(crate) const NONE: Self = Self([None; BUCKETS]);

    /// The newest note in an original's chain.
    pub(crate) fn newest(&self, original: OriginalDigest) -> Option<Place> {
        self.0[bucket(original)]
    }

    /// A note of this original was sealed.
    pub(crate) fn add(&mut self, original: OriginalDigest, place: Place) {
        self.0[bucket(original)] = Some(place);
    }

    pub(crate) fn encode(&self, out: &mut Encoder<'_>) {
        self.0.iter().for_each(|place| out.place(*place));
    }

    pub(crate) fn decode(input: &mut Decoder<'_>) -> Option<Self> {
        let mut notes = Self::NONE;
        for place in &mut notes.0 {
            *place = input.place()?;
        }
        Some(notes)
    }
}

const fn bucket(original: OriginalDigest) -> usize {
    original.0[0] as usize % BUCKETS
}
