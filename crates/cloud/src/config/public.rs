use serde::Deserialize;

use super::ConfigFault;

/// Where others find this cloud.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicConfig {
    /// Before the path of each link that it hands out, without a slash at the end: `https://fiscal.example.cd`.
    pub base_url: Option<String>,
}

/// As it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PublicSection {
    base_url: Option<String>,
}

/// A link is printed, and read by a camera.
const LONGEST: usize = 200;

impl PublicSection {
    pub(crate) fn check(self) -> Result<PublicConfig, ConfigFault> {
        let Some(text) = self.base_url else { return Ok(PublicConfig::default()) };
        match base_url(&text) {
            Some(url) => Ok(PublicConfig { base_url: Some(url.to_owned()) }),
            None => Err(ConfigFault::member(
                "public.base_url",
                "an address without a question or a password is expected, as https://fiscal.example.cd",
            )),
        }
    }
}

fn base_url(text: &str) -> Option<&str> {
    let text = text.strip_suffix('/').unwrap_or(text);
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let of_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte);
    let of_path = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let named = host.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'[');
    let fits = text.len() <= LONGEST && named && host.bytes().all(of_host) && path.bytes().all(of_path);
    (fits && !text.ends_with('/')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_begins_with_a_host_and_ends_without_a_slash() {
        for (text, url) in [
            ("https://fiscal.example.cd", "https://fiscal.example.cd"),
            ("https://fiscal.example.cd/", "https://fiscal.example.cd"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("https://[::1]:8443/stelala", "https://[::1]:8443/stelala"),
        ] {
            assert_eq!(base_url(text), Some(url));
        }
        for text in [
            "",
            "fiscal.example.cd",
            "ftp://fiscal.example.cd",
            "https://",
            "https:///x",
            "https://a//",
            "https://user@a",
            "https://a?b",
            "https://a#b",
            "https://a b",
            "https://é.cd",
            "https://a/\u{7f}",
        ] {
            assert_eq!(base_url(text), None, "{text:?}");
        }
    }
}
