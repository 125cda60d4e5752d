//! Answers in JSON: what was asked for, or why not.

use serde::Serialize;
use verify::{Language, Report, Trust};

use crate::{
    fault::Fault,
    picture,
    question::{self, GivenTrust, Question},
};

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Verdict(Report),
    Bundle { issued: String, root: String },
    Keys { keys: Vec<String> },
    Codes { texts: Vec<String>, unreadable: usize },
    Fault { error: String },
}

/// The verdict on a text.
pub(crate) fn verify_qr(question: &[u8]) -> Vec<u8> {
    answer(question, |question, language| {
        let trust = question.trust.read()?;
        // A pasted text brings white space along, and no QR code begins or ends with any.
        let verdict = verify::verify_qr(question.text.trim(), &trust);
        Ok(Answer::Verdict(Report::of_qr(&verdict, &trust, language)))
    })
}

/// Which keys these are.
pub(crate) fn read_trust(question: &[u8]) -> Vec<u8> {
    answer(question, |question, _| match (question.trust.read()?, &question.trust) {
        (Trust::Bundle(bundle), GivenTrust::Bundle { root, .. }) => {
            let root = question::read_root(root)?.id().to_string();
            Ok(Answer::Bundle { issued: bundle.issued().to_string(), root })
        }
        (Trust::Keys(keys), _) => {
            Ok(Answer::Keys { keys: keys.iter().map(|key| key.id().to_string()).collect() })
        }
        (Trust::Bundle(_), GivenTrust::Keys { .. }) | (Trust::Signers(_), _) => Err(Fault::Question),
    })
}

/// The texts in a picture. A fault of the picture is the page's to word, so the language does not matter.
pub(crate) fn scan(pixels: &[u8], width: usize, height: usize) -> Vec<u8> {
    let codes = picture::read(pixels, width, height);
    to_json(
        codes.map(|codes| Answer::Codes { texts: codes.texts, unreadable: codes.unreadable }),
        Language::French,
    )
}

fn answer(question: &[u8], find: impl FnOnce(&Question, Language) -> Result<Answer, Fault>) -> Vec<u8> {
    match serde_json::from_slice::<Question>(question) {
        Ok(question) => {
            let language = question.language.into();
            to_json(find(&question, language), language)
        }
        Err(_) => to_json(Err(Fault::Question), Language::default()),
    }
}

fn to_json(answer: Result<Answer, Fault>, language: Language) -> Vec<u8> {
    let answer = answer.unwrap_or_else(|fault| Answer::Fault { error: fault.sentence(language) });
    // An answer is made of strings, numbers and truth values, which always serialise.
    serde_json::to_vec(&answer).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const DOCUMENT: &str = include_str!("../../../../docs/formats.md");

    /// An example of `docs/formats.md`.
    fn example(name: &str) -> &'static str {
        let (_, rest) = DOCUMENT.split_once(&format!("<!-- example: {name} -->\n```text\n")).unwrap();
        rest.split_once("\n```").unwrap().0
    }

    fn by_key() -> Value {
        json!({ "keys": [example("public-key")] })
    }

    fn by_bundle() -> Value {
        json!({ "bundle": example("bundle"), "root": example("root-key") })
    }

    fn asked(text: &str, trust: Value, language: &str) -> Value {
        let question = json!({ "text": text, "trust": trust, "language": language });
        serde_json::from_slice(&verify_qr(question.to_string().as_bytes())).unwrap()
    }

    fn trusted(trust: Value) -> Value {
        serde_json::from_slice(&read_trust(json!({ "trust": trust }).to_string().as_bytes())).unwrap()
    }

    fn title(language: &str, text: &str) -> String {
        asked(text, by_key(), language)["title"].as_str().unwrap().to_owned()
    }

    #[test]
    fn a_true_seal_is_true_in_both_languages() {
        assert_eq!(title("fr", example("qr")), "VRAI : ce sceau est valide");
        assert_eq!(title("en", example("qr")), "TRUE: this seal is valid");
        let verdict = asked(example("qr"), by_key(), "fr");
        assert_eq!(verdict["valid"], true);
        assert!(verdict["facts"].to_string().contains("116.00 CDF"));
        assert!(verdict["does_not_prove"].to_string().contains("Que la clé est celle de ce vendeur"));
    }

    #[test]
    fn white_space_around_a_pasted_text_is_no_part_of_it() {
        assert_eq!(asked(&format!(" \n{}\r\n ", example("qr")), by_key(), "fr")["valid"], true);
    }

    #[test]
    fn a_changed_total_is_false() {
        let verdict = asked(&example("qr").replace("|116.00|", "|117.00|"), by_key(), "fr");
        assert_eq!(verdict["valid"], false);
        assert_eq!(verdict["findings"][0]["code"], "signature_false");
    }

    #[test]
    fn a_list_of_keys_proves_whose_the_key_is_and_until_when_it_was_known() {
        for name in ["qr", "delegated-qr"] {
            let verdict = asked(example(name), by_bundle(), "en");
            assert_eq!(verdict["valid"], true, "{name}");
            assert!(verdict["proves"].to_string().contains("2026-02-01T00:00:00"), "{name}");
        }
    }

    #[test]
    fn the_keys_that_are_loaded_are_named() {
        let both = format!("{}\r\n\r\n{}\n", example("public-key"), example("issuer-key"));
        let keys = trusted(json!({ "keys": [both] }));
        assert_eq!(keys["keys"].as_array().unwrap().len(), 2);
        assert_eq!(keys["keys"][0], example("key-id"));
        assert_eq!(
            trusted(by_bundle()),
            json!({ "issued": "2026-02-01T00:00:00", "root": "21b520e60c344841" })
        );
    }

    #[test]
    fn keys_that_cannot_be_relied_on_are_refused_with_advice() {
        let faults = [
            (json!({ "keys": [] }), "Il n'y a pas de clé de confiance"),
            (json!({ "keys": ["  \n"] }), "Il n'y a pas de clé de confiance"),
            (json!({ "keys": ["x"] }), "La clé n'est pas une clé publique PEM"),
            (json!({ "keys": [format!("x {}", &example("public-key")[1..])] }), "La clé n'est pas"),
            (json!({ "bundle": "x", "root": example("root-key") }), "Ce fichier n'est pas une liste signée"),
            (
                json!({ "bundle": example("bundle"), "root": "" }),
                "La clé racine n'est pas une clé publique PEM",
            ),
            (
                json!({ "bundle": example("bundle"), "root": example("public-key") }),
                "La clé racine n'a pas signé cette liste",
            ),
        ];
        for (trust, sentence) in faults {
            let error = trusted(trust.clone())["error"].as_str().unwrap().to_owned();
            assert!(error.starts_with(sentence), "{trust}: {error}");
            assert_eq!(asked(example("qr"), trust, "fr")["error"], error);
        }
    }

    #[test]
    fn any_bytes_have_an_answer() {
        let deep = "[".repeat(100_000);
        let huge = json!({ "text": "|".repeat(1_000_000), "trust": by_key() }).to_string();
        let inputs: [&[u8]; 7] =
            [b"", b"\xff\xfe", b"{}", b"null", b"{\"trust\":7}", deep.as_bytes(), huge.as_bytes()];
        for input in inputs {
            for answer in [verify_qr(input), read_trust(input), scan(input, input.len(), 1)] {
                assert!(serde_json::from_slice::<Value>(&answer).unwrap().is_object());
            }
        }
        assert_eq!(asked(&"|".repeat(1_000_000), by_key(), "fr")["findings"][0]["code"], "qr_too_long");
    }

    #[test]
    fn a_cut_or_altered_text_never_panics_and_is_never_true() {
        let text = example("delegated-qr");
        for at in (0..text.len()).step_by(7) {
            assert_eq!(asked(&text[..at], by_bundle(), "fr")["valid"], false, "cut at {at}");
            let other = if &text[at..=at] == "0" { "1" } else { "0" };
            let altered = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            assert_eq!(asked(&altered, by_bundle(), "fr")["valid"], false, "altered at {at}");
        }
    }
}
