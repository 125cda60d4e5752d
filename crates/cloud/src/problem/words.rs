use super::Language;

/// A sentence in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    french: String,
    english: String,
}

/// A sentence in both languages, French first.
pub fn words(french: impl Into<String>, english: impl Into<String>) -> Words {
    Words { french: french.into(), english: english.into() }
}

impl Words {
    /// In one of them.
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::French => &self.french,
            Language::English => &self.english,
        }
    }
}
