use std::ops::{Index, IndexMut};

use fiscal::DgiLetter;

/// One value for each of the authority's tax groups, A to P.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PerLetter<T>([T; 16]);

impl<T> PerLetter<T> {
    /// Each letter's value as a function gives it.
    pub fn new(mut value: impl FnMut(DgiLetter) -> T) -> Self {
        Self(std::array::from_fn(|index| value(letter_at(index))))
    }

    /// In the order of the letters.
    pub fn iter(&self) -> impl Iterator<Item = (DgiLetter, &T)> {
        self.0.iter().enumerate().map(|(index, value)| (letter_at(index), value))
    }

    /// In the order of the letters, to change.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (DgiLetter, &mut T)> {
        self.0.iter_mut().enumerate().map(|(index, value)| (letter_at(index), value))
    }
}

impl<T> PerLetter<Option<T>> {
    /// Those that have a value, in the order of the letters.
    pub fn present(&self) -> impl Iterator<Item = (DgiLetter, &T)> {
        self.iter().filter_map(|(letter, value)| value.as_ref().map(|value| (letter, value)))
    }
}

impl<T> Index<DgiLetter> for PerLetter<T> {
    type Output = T;

    fn index(&self, letter: DgiLetter) -> &T {
        &self.0[index_of(letter)]
    }
}

impl<T> IndexMut<DgiLetter> for PerLetter<T> {
    fn index_mut(&mut self, letter: DgiLetter) -> &mut T {
        &mut self.0[index_of(letter)]
    }
}

/// Below 16, for a letter is none other than A to P.
fn index_of(letter: DgiLetter) -> usize {
    (letter.as_char() as usize).wrapping_sub('A' as usize) % 16
}

fn letter_at(index: usize) -> DgiLetter {
    const FIRST: DgiLetter = match DgiLetter::new(b'A') {
        Some(letter) => letter,
        None => unreachable!(),
    };
    u8::try_from(index).ok().and_then(|index| DgiLetter::new(b'A' + index)).unwrap_or(FIRST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_letter_has_its_own_value() {
        let letters = PerLetter::new(DgiLetter::as_char);
        let all: String = letters
            .iter()
            .map(|(letter, own)| {
                assert_eq!(letter.as_char(), *own);
                *own
            })
            .collect();
        assert_eq!(all, "ABCDEFGHIJKLMNOP");
        for byte in b'A'..=b'P' {
            assert_eq!(letters[DgiLetter::new(byte).unwrap()], char::from(byte));
        }
    }
}
