use crate::problem::{Words, words};

/// What serde says of a member, in sentences of both languages: its own are English only.
pub(super) fn member(said: &str) -> Words {
    words(french("ce membre est erroné", said), format!("this member is wrong ({said}): mend it"))
}

/// The same of a query.
pub(super) fn query(said: &str) -> Words {
    words(french("la requête est erronée", said), format!("the query is wrong ({said}): mend its parameters"))
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
        for (text, expected) in [
            ("{}", "il y manque « count »"),
            (r#"{"count":1,"colour":2}"#, "« colour » n'y est pas connu"),
            (r#"{"count":1,"count":2}"#, "« count » y est deux fois"),
            (r#"{"count":"1"}"#, "un autre type est attendu"),
            (r#"{"count":1,"kind":"two"}"#, "« two » n'est aucune des valeurs permises"),
            (r#"{"count":1000}"#, "voyez sa forme"),
        ] {
            let said = serde_json::from_str::<Thing>(text).unwrap_err().to_string();
            for words in [member(&said), query(&said)] {
                let french = words.in_language(Language::French);
                assert!(french.contains(expected), "{said}: {french}");
                for english in ["field", "expected", "invalid", "line", "variant", "column"] {
                    assert!(!french.contains(english), "{french}");
                }
                assert!(words.in_language(Language::English).contains(&said));
            }
        }
    }
}
