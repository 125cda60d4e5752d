//! What is wrong with a friendly invoice.

use draft::DraftFault;

use super::{Item, Kind, Problem, words};

impl From<DraftFault> for Problem {
    fn from(fault: DraftFault) -> Self {
        let detail = words(fault.french(), fault.english());
        let item = Item { member: fault.member(), reason: Some(fault.code()), detail: detail.clone() };
        Self::new(Kind::SchemaInvalid, detail).with_item(item)
    }
}
