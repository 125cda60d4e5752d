//! Sets of invoice types and client classes as one byte, and as the slices that `fiscal` compares with.

use fiscal::{Classification, InvoiceType};

macro_rules! masks {
    ($table:ident, $read:ident, $write:ident: $item:ty, $count:literal, $first:expr) => {
        /// The members of each set come first, in their order.
        static $table: [([$item; $count], usize); 1 << $count] = {
            let mut table = [([$first; $count], 0); 1 << $count];
            let mut mask = 0;
            while mask < table.len() {
                let mut place = 0;
                while place < $count {
                    if mask & 1 << place != 0 {
                        table[mask].0[table[mask].1] = <$item>::ALL[place];
                        table[mask].1 += 1;
                    }
                    place += 1;
                }
                mask += 1;
            }
            table
        };

        /// The set of a byte; none when it has unknown bits.
        pub(super) fn $read(mask: u8) -> Option<&'static [$item]> {
            let (members, length) = $table.get(usize::from(mask))?;
            Some(&members[..*length])
        }

        /// Bit n stands for the nth of `ALL`.
        pub(super) fn $write(set: &[$item]) -> u8 {
            let bits = <$item>::ALL.iter().zip(0..);
            bits.filter(|(item, _)| set.contains(item)).fold(0, |mask, (_, place)| mask | 1 << place)
        }
    };
}

masks!(INVOICE_TYPES, invoice_types, invoice_type_mask: InvoiceType, 6, InvoiceType::Sale);
masks!(CLASSIFICATIONS, classifications, classification_mask: Classification, 5, Classification::Individual);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_is_read_as_it_is_written_and_unknown_bits_are_refused() {
        for mask in 0..1 << InvoiceType::ALL.len() {
            assert_eq!(invoice_type_mask(invoice_types(mask).unwrap()), mask);
        }
        for mask in 0..1 << Classification::ALL.len() {
            assert_eq!(classification_mask(classifications(mask).unwrap()), mask);
        }
        assert_eq!(invoice_types(1 << InvoiceType::ALL.len()), None);
        assert_eq!(classifications(1 << Classification::ALL.len()), None);
        assert_eq!(invoice_types(0b10_0001), Some(&[InvoiceType::Sale, InvoiceType::ExportCredit][..]));
    }
}
