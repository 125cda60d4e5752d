use axum::http::{HeaderMap, header};

/// In which language a client reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// French.
    French,
    /// English, unless French is asked for.
    #[default]
    English,
}

impl Language {
    /// The one of the two that `Accept-Language` prefers.
    pub fn of(headers: &HeaderMap) -> Self {
        let accepted =
            headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (mut french, mut english) = (0, 0);
        for range in accepted.split(',') {
            let (tag, weight) = range.split_once(';').unwrap_or((range, ""));
            let weight = thousandths(weight);
            match tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
                "fr" => french = french.max(weight),
                "en" => english = english.max(weight),
                _ => {}
            }
        }
        if french > english { Self::French } else { Self::English }
    }

    /// As `Content-Language` has it.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::French => "fr",
            Self::English => "en",
        }
    }
}

/// `q=0.85` is 850; without a weight it is 1,000.
pub(crate) fn thousandths(weight: &str) -> u32 {
    let Some(digits) = weight.trim().strip_prefix("q=") else { return 1_000 };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction: String = fraction.chars().chain("000".chars()).take(3).collect();
    let number = |text: &str| text.parse::<u32>().unwrap_or(0);
    number(whole).min(1) * 1_000 + if whole == "0" { number(&fraction) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_one_that_the_client_prefers_and_english_otherwise() {
        for (accepted, french) in [
            ("fr", true),
            ("fr-CD, en;q=0.8", true),
            ("en, fr;q=0.9", false),
            ("en;q=0.5, FR;q=0.85", true),
            ("fr;q=0", false),
            ("ln, sw", false),
            ("", false),
            ("fr;q=0.5, en;q=0.5", false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, accepted.parse().unwrap())]);
            assert_eq!(Language::of(&headers) == Language::French, french, "{accepted}");
        }
        assert_eq!(Language::of(&HeaderMap::new()), Language::English);
    }
}
