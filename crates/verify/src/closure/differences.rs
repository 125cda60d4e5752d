use std::fmt::Display;

use crate::finding::{Difference, Finding, Rule};

/// Figures that a closure states otherwise than its records.
#[derive(Debug, Default)]
pub(super) struct Differences(pub(super) Vec<Finding>);

impl Differences {
    /// Notes a figure that differs.
    pub(super) fn check<T: PartialEq + Display>(
        &mut self,
        rule: Rule,
        member: impl Into<String>,
        stated: T,
        counted: T,
    ) {
        if stated != counted {
            self.note(rule, member, stated, counted);
        }
    }

    /// The same of a figure that may be null.
    pub(super) fn check_option<T: PartialEq + Display>(
        &mut self,
        rule: Rule,
        member: &str,
        stated: Option<T>,
        counted: Option<T>,
    ) {
        let written =
            |figure: Option<T>| figure.map_or_else(|| "null".to_owned(), |figure| figure.to_string());
        self.check(rule, member, written(stated), written(counted));
    }

    pub(super) fn note(
        &mut self,
        rule: Rule,
        member: impl Into<String>,
        stated: impl ToString,
        counted: impl ToString,
    ) {
        let difference = Difference { stated: stated.to_string(), counted: counted.to_string() };
        self.0.push(Finding { rule, place: member.into(), difference: Some(difference) });
    }
}
