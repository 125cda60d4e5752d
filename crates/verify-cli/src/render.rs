//! A report as a terminal shows it.

use std::fmt::Write;

use verify::{Language, Report};

pub(crate) fn to_text(report: &Report, language: Language) -> String {
    let (proves, does_not_prove, is_false) = match language {
        Language::French => ("Ce que cela prouve", "Ce que cela ne prouve pas", "Ce qui est faux"),
        Language::English => ("What this proves", "What this does not prove", "What is false"),
    };
    let mut text = format!("{}\n", report.title);
    let findings: Vec<String> = report
        .findings
        .iter()
        .map(|finding| {
            let place = if finding.place.is_empty() { String::new() } else { format!("{}: ", finding.place) };
            format!("{place}{} [{}]", finding.sentence, finding.code)
        })
        .collect();
    list(&mut text, is_false, &findings);
    if !report.facts.is_empty() {
        text.push('\n');
        if !report.caution.is_empty() {
            text.push_str(&report.caution);
            text.push('\n');
        }
        let width = report.facts.iter().map(|fact| fact.name.chars().count()).max().unwrap_or_default();
        for fact in &report.facts {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {:<width$}  {}", fact.name, fact.value);
        }
    }
    list(&mut text, proves, &report.proves);
    list(&mut text, does_not_prove, &report.does_not_prove);
    text
}

fn list(text: &mut String, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{title}");
    for line in lines {
        let _ = writeln!(text, "  - {line}");
    }
}
