//! Examples: a comment `<!-- example: NAME -->`, and the block of code that follows it.

const MARK: &str = "<!-- example: ";

/// The names of all examples, in their order.
pub(super) fn names(document: &str) -> impl Iterator<Item = &str> {
    document.split(MARK).skip(1).filter_map(|rest| rest.split_once(" -->")).map(|(name, _)| name)
}

/// The block that follows the mark of an example, without its fences.
pub(super) fn named<'d>(document: &'d str, name: &str) -> Option<&'d str> {
    let rest = document.split(MARK).skip(1).find(|rest| rest.split(" -->").next() == Some(name))?;
    let (_, block) = rest.split_once("```")?;
    let (_, block) = block.split_once('\n')?;
    block.split_once("\n```").map(|(block, _)| block)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str =
        "a\n\n<!-- example: one -->\n```text\nQRY|STATUS\n```\n\n<!-- example: two -->\n```json\n{\n}\n```\n";

    #[test]
    fn an_example_is_the_block_after_its_mark() {
        assert_eq!(named(DOCUMENT, "one"), Some("QRY|STATUS"));
        assert_eq!(named(DOCUMENT, "two"), Some("{\n}"));
        assert_eq!(named(DOCUMENT, "on"), None);
    }

    #[test]
    fn examples_are_listed_in_their_order() {
        assert_eq!(names(DOCUMENT).collect::<Vec<_>>(), ["one", "two"]);
    }
}
