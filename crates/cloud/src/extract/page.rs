use std::str::FromStr;

use crate::problem::{Kind, Problem, words};

/// Which part of a list.
pub(crate) struct Page<T> {
    limit: usize,
    /// What the page before ended with.
    pub(crate) after: Option<T>,
}

impl<T: FromStr> Page<T> {
    const LIMIT: u16 = 50;
    const MOST: u16 = 200;

    /// By the parameters of a query.
    pub(crate) fn read(limit: Option<u16>, cursor: Option<&str>) -> Result<Self, Problem> {
        let limit = limit.unwrap_or(Self::LIMIT);
        if !(1..=Self::MOST).contains(&limit) {
            return Err(wrong("limit"));
        }
        let after = cursor.map(|cursor| cursor.parse().map_err(|_| wrong("cursor"))).transpose()?;
        Ok(Self { limit: limit.into(), after })
    }

    /// How many to ask for: one more than are shown says that there are more.
    pub(crate) const fn most(&self) -> usize {
        self.limit + 1
    }

    /// What is shown of what was found, and where the next page begins.
    pub(crate) fn cut<I>(&self, mut found: Vec<I>, id: impl Fn(&I) -> String) -> (Vec<I>, Option<String>) {
        let is_more = found.len() > self.limit;
        found.truncate(self.limit);
        let next = found.last().filter(|_| is_more).map(id);
        (found, next)
    }
}

fn wrong(member: &str) -> Problem {
    Problem::of_member(
        Kind::RequestInvalid,
        member,
        words(
            format!("{member} est erroné : voyez sa forme dans la documentation"),
            format!("{member} is wrong: see its form in the documentation"),
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_followed_by_another_exactly_when_there_is_more() {
        let page = Page::<u32>::read(Some(2), Some("7")).unwrap_or_else(|_| panic!("it is right"));
        assert_eq!((page.after, page.most()), (Some(7), 3));
        let cut = |found: &[u32]| page.cut(found.to_vec(), ToString::to_string);
        assert_eq!(cut(&[]), (vec![], None));
        assert_eq!(cut(&[8, 9]), (vec![8, 9], None));
        assert_eq!(cut(&[8, 9, 10]), (vec![8, 9], Some("9".to_owned())));
    }

    #[test]
    fn a_page_has_1_to_200_and_begins_behind_what_a_page_said() {
        for (limit, cursor, is_right) in [
            (Some(0), None, false),
            (Some(1), None, true),
            (Some(200), None, true),
            (Some(201), None, false),
            (None, Some("x"), false),
            (None, None, true),
        ] {
            assert_eq!(Page::<u32>::read(limit, cursor).is_ok(), is_right, "{limit:?} {cursor:?}");
        }
    }
}
