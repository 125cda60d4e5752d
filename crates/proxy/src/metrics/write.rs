use std::fmt::{Display, Write};

/// The text form of Prometheus, version 0.0.4.
#[derive(Default)]
pub(super) struct Text {
    text: String,
    name: &'static str,
}

impl Text {
    /// Begins a family of samples.
    pub(super) fn family(&mut self, name: &'static str, kind: &str, help: &str) {
        self.name = name;
        // A String takes everything.
        let _ = write!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    pub(super) fn sample(&mut self, labels: &[(&str, &str)], value: impl Display) {
        self.named("", labels, value);
    }

    /// A sample whose name has an ending. No label has a quote or a line end in it.
    pub(super) fn named(&mut self, ending: &str, labels: &[(&str, &str)], value: impl Display) {
        self.text.push_str(self.name);
        self.text.push_str(ending);
        let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.text, "{labels} {value}");
    }

    pub(super) fn into_string(self) -> String {
        self.text
    }
}
