//! What is wrong with a payload, and at which member.

mod path;
mod reason;

use core::fmt;

use self::path::Segment;

pub use self::path::{Member, Path};
pub use self::reason::Reason;

/// Why a payload is refused: a member and a rule that it breaks.
///
/// A device answers `SCHEMA_INVALID` with this as the `detail`; the referee prints it in French and English.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The member at fault, or the nearest one that could be named.
    pub path: Path,
    /// The rule that it breaks.
    pub reason: Reason,
}

impl Fault {
    /// A fault of the member `member`.
    pub const fn at(member: Member, reason: Reason) -> Self {
        Self { path: Path::ROOT.then(Segment::Member(member)), reason }
    }

    /// A fault of the payload as a whole.
    pub const fn whole(reason: Reason) -> Self {
        Self { path: Path::ROOT, reason }
    }

    /// The same fault, seen from the object that holds `member`.
    #[cold]
    pub(crate) fn within(mut self, member: Member) -> Self {
        self.path = self.path.within(Segment::Member(member));
        self
    }

    /// The same fault, seen from the array that holds the element `index`.
    #[cold]
    pub(crate) fn within_element(mut self, index: usize) -> Self {
        self.path = self.path.within(Segment::element(index));
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path != Path::ROOT {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(self.reason.english())
    }
}

impl core::error::Error for Fault {}

/// Adds to a rule the member that broke it.
pub(crate) trait InMember<T> {
    fn at(self, member: Member) -> Result<T, Fault>;
}

impl<T> InMember<T> for Result<T, Reason> {
    fn at(self, member: Member) -> Result<T, Fault> {
        self.map_err(|reason| Fault::at(member, reason))
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn a_path_reads_like_the_member_that_it_names() {
        let fault = Fault::at(Member::OriginalPrice, Reason::PriceForm)
            .within_element(2)
            .within(Member::Items)
            .within(Member::Annex);
        assert_eq!(fault.path.to_string(), "annex.items[2].original_price");
        assert!(fault.to_string().starts_with("annex.items[2].original_price: a unit price"));
    }

    #[test]
    fn a_path_is_the_same_from_the_outside_and_from_the_inside() {
        let inside = Fault::at(Member::UnitPrice, Reason::PriceForm).within_element(7).within(Member::Items);
        assert_eq!(inside.path, Path::ROOT.member(Member::Items).element(7).member(Member::UnitPrice));
    }
}
