//! Whatever a till can sell is printed, with all five elements, on whatever paper.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

#[path = "../../fiscal/tests/support/mod.rs"]
mod made;
#[path = "support/printer.rs"]
mod printer;
mod support;

use proptest::prelude::*;
use receipt::{Language, Paper, Print, Roll};
use support::{print, read_qr, seal};
use unicode_width::UnicodeWidthStr;

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn every_valid_invoice_gives_every_output(made in made::made(), english: bool) {
        // A seal is two seconds later than its payload; there is nothing after the last second.
        prop_assume!(made.timestamp < fiscal::Timestamp::LATEST.unix() - 100_000);
        let sold = seal("made", &made.payload());
        let language = if english { Language::English } else { Language::French };
        let receipt = sold.receipt(&Print { language, ..print() });
        for roll in [Roll::Mm58, Roll::Mm80] {
            let text = receipt.text(roll);
            prop_assert!(text.lines().all(|line| line.width() <= roll.columns()), "{}", text);
            let solid: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            prop_assert!(solid.contains(sold.qr()));
            for line in &made.lines {
                let description: String = line.description.chars().filter(|c| !c.is_whitespace()).collect();
                prop_assert!(solid.contains(&description), "{} in {}", description, text);
            }
            let printout = printer::print(&receipt.escpos(roll), roll.dots());
            let printout = printout.map_err(TestCaseError::fail)?;
            let picture = &printout.pictures[0];
            prop_assert_eq!(read_qr(picture.width, picture.height, &picture.greys), [sold.qr()]);
            let printed: String = printout.lines.iter().map(|line| line.text.replace(' ', "")).collect();
            for element in [&sold.elements.fiscal_number, &sold.elements.device_id, &sold.elements.auth_code] {
                prop_assert!(printed.contains(element.as_deref().unwrap_or("absent")));
            }
        }
        for paper in [Paper::A4, Paper::Roll(Roll::Mm58)] {
            for page in receipt.svg(paper).map_err(|refusal| TestCaseError::fail(refusal.to_string()))? {
                prop_assert!(roxmltree::Document::parse(&page).is_ok());
            }
            prop_assert!(receipt.pdf(paper).is_ok());
        }
    }
}
