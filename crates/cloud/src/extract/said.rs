use crate::problem::{Words, words};

/// What serde says of a member, in sentences of both languages: its own are English only.
pub(super) fn member(said: &str) -> Words {
    words(french("ce membre est erroné", said), english("this member is wrong", said))
}

/// The same of a query.
pub(super) fn query(said: &str) -> Words {
    words(french("la requête est erronée", said), english("the query is wrong", said))
}

/// In English, too, without what serde calls things.
fn english(what: &str, said: &str) -> String {
    let named = said.split('`').nth(1).unwrap_or_default();
    let is = |kind: &str| said.contains(kind);
    if is("missing field") {
        format!("{what}: \"{named}\" is missing, add it")
    } else if is("unknown field") {
        format!("{what}: \"{named}\" is not known there, leave it out")
    } else if is("duplicate field") {
        format!("{what}: \"{named}\" is there twice, keep one")
    } else if is("invalid type") {
        format!("{what}: another type is expected, see the documentation")
    } else if is("unknown variant") {
        let known: Vec<&str> = said.split('`').skip(3).step_by(2).collect();
        let known = known.join(", ");
        format!("{what}: \"{named}\" is none of its values: {known}")
    } else {
        format!("{what}: see its form in the documentation")
    }
}

/// By what serde's sentences begin with; its tests say when another version has others.
fn french(what: &str, said: &str) -> String {
    let named = said.split('`').nth(1).unwrap_or_default();
    let is = |kind: &str| said.contains(kind);
    if is("missing field") {
        format!("{what} : il y manque « {named} », ajoutez-le")
    } else if is("unknown field") {
        format!("{what} : « {named} » n'y est pas connu, retirez-le")
    } else if is("duplicate field") {
        format!("{what} : « {named} » y est deux fois, gardez-en un")
    } else if is("invalid type") {
        format!("{what} : un autre type est attendu, voyez la documentation")
    } else if is("unknown variant") {
        format!("{what} : « {named} » n'est aucune des valeurs permises, voyez la documentation")
    } else {
        format!("{what} : voyez sa forme dans la documentation")
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::Language;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Thing {
        #[serde(rename = "count")]
        _count: u8,
        #[serde(rename = "kind")]
        _kind: Option<Kind>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        One,
    }

    #[test]
    fn what_is_wrong_is_said_in_french_without_a_word_of_english() {
        for (text, expected, in_english) in [
            ("{}", "il y manque « count »", "\"count\" is missing"),
            (r#"{"count":1,"colour":2}"#, "« colour » n'y est pas connu", "\"colour\" is not known there"),
            (r#"{"count":1,"count":2}"#, "« count » y est deux fois", "\"count\" is there twice"),
            (r#"{"count":"1"}"#, "un autre type est attendu", "another type is expected"),
            (
                r#"{"count":1,"kind":"two"}"#,
                "« two » n'est aucune des valeurs permises",
                "none of its values: one",
            ),
            (r#"{"count":1000}"#, "voyez sa forme", "see its form"),
        ] {
            let said = serde_json::from_str::<Thing>(text).unwrap_err().to_string();
            for words in [member(&said), query(&said)] {
                let french = words.in_language(Language::French);
                assert!(french.contains(expected), "{said}: {french}");
                for english in ["field", "expected", "invalid", "line", "variant", "column"] {
                    assert!(!french.contains(english), "{french}");
                }
                let english = words.in_language(Language::English);
                assert!(english.contains(in_english), "{said}: {english}");
                for serdes in ["field", "variant", "line", "column", "u8"] {
                    assert!(!english.contains(serdes), "{english}");
                }
            }
        }
    }
}
