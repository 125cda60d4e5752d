use fiscal::FiscalNumber;

/// What is not in a file: how many invoices, and of the first of them which and why.
#[derive(Clone, Debug, Default)]
pub struct LeftOut {
    count: usize,
    named: Vec<(FiscalNumber, String)>,
}

/// So many are named.
const NAMED: usize = 1_000;

impl LeftOut {
    /// How many.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// The first of them, and why.
    pub fn named(&self) -> &[(FiscalNumber, String)] {
        &self.named
    }

    pub(super) fn push(&mut self, fiscal: FiscalNumber, why: String) {
        self.count += 1;
        if self.named.len() < NAMED {
            self.named.push((fiscal, why));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_the_first_are_named() {
        let mut left_out = LeftOut::default();
        let fiscal: FiscalNumber = "A0000001-0-00000001".parse().unwrap();
        for _ in 0..=NAMED {
            left_out.push(fiscal, "why".to_owned());
        }
        assert_eq!((left_out.count(), left_out.named().len()), (NAMED + 1, NAMED));
    }
}
