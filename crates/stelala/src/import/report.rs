//! What became of each invoice: a file for a spreadsheet.

use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use tempfile::NamedTempFile;

use super::entry::{Entry, Fate};

/// A report that is not written yet, in a place where it can be.
pub(super) struct Report {
    path: PathBuf,
}

const HEADER: [&str; 7] = ["invoice", "result", "fiscal_number", "auth_code", "code", "member", "what_to_do"];

impl Report {
    /// Looks for its place before anything is sealed: what cannot be reported is not begun.
    pub(super) fn open(path: Option<&Path>, imported: &Path) -> anyhow::Result<Self> {
        let path = path.map_or_else(|| imported.with_extension("report.csv"), Path::to_owned);
        let same = |one: &Path, other: &Path| {
            fs::canonicalize(one).ok().is_some_and(|one| fs::canonicalize(other).ok() == Some(one))
        };
        if path == imported || same(&path, imported) {
            bail!("the report would take the place of what is imported: name another file with --report");
        }
        let report = Self { path };
        report.beside().with_context(|| {
            format!("{}: the report has no place here; name one with --report", report.path.display())
        })?;
        Ok(report)
    }

    /// Writes all of it or nothing; says where.
    pub(super) fn write(self, entries: &[Entry]) -> anyhow::Result<PathBuf> {
        self.write_all(entries).with_context(|| self.path.display().to_string())?;
        Ok(self.path)
    }

    fn write_all(&self, entries: &[Entry]) -> anyhow::Result<()> {
        let mut file = self.beside()?;
        let mut out = csv::Writer::from_writer(file.as_file_mut());
        out.write_record(HEADER)?;
        for entry in entries {
            out.write_record(row(entry).map(|cell| harmless(&cell)))?;
        }
        out.flush()?;
        drop(out);
        file.as_file().sync_all()?;
        file.persist(&self.path)?;
        Ok(())
    }

    /// A file that takes its place once it is whole.
    fn beside(&self) -> io::Result<NamedTempFile> {
        let folder = self.path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        tempfile::Builder::new()
            .prefix(".report")
            .permissions(Permissions::from_mode(0o644))
            .tempfile_in(folder)
    }
}

fn row(entry: &Entry) -> [String; 7] {
    let (mut number, mut auth, mut code, mut member, mut todo) = Default::default();
    match &entry.fate {
        Fate::Sealed { seal, .. } => {
            (number, auth) = (seal.fiscal_number.to_string(), seal.auth_code.clone())
        }
        Fate::Refused(refusal) => {
            (code, member, todo) = (refusal.code.clone(), refusal.member.clone(), refusal.advice.clone());
        }
        Fate::Unknown(why) => todo = format!("import the file again: {why}"),
        Fate::Unsent(_) => todo = "it was not sent: import the file again".to_owned(),
    }
    [entry.number.clone(), entry.fate.name().to_owned(), number, auth, code, member, todo]
}

/// A spreadsheet takes none of it for a formula, and no control character gets through.
fn harmless(cell: &str) -> String {
    let text = plain(cell);
    let is_formula = text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    if is_formula { format!("'{text}") } else { text }
}

/// Without control characters: a terminal obeys them.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::refusal::Refusal, *};

    fn refused(number: &str, advice: &str) -> Entry {
        Entry { number: number.to_owned(), line: 2, fate: Fate::Refused(Refusal::new("c", "m", advice)) }
    }

    #[test]
    fn a_report_is_written_whole_and_holds_no_formula() {
        let folder = tempfile::TempDir::new().unwrap();
        let imported = folder.path().join("day.csv");
        fs::write(&imported, "x").unwrap();
        let entries =
            [refused("=1+1", "a \"quote\", and\ta tab"), refused(" @cmd", "-2"), refused("A-1", "")];
        let path = Report::open(None, &imported).unwrap().write(&entries).unwrap();
        assert_eq!(path, folder.path().join("day.report.csv"));
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            "invoice,result,fiscal_number,auth_code,code,member,what_to_do\n\
             '=1+1,refused,,,c,m,\"a \"\"quote\"\", and\u{fffd}a tab\"\n\
             ' @cmd,refused,,,c,m,'-2\n\
             A-1,refused,,,c,m,\n"
        );
        Report::open(None, &imported).map(drop).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left lying about");
    }

    #[test]
    fn a_report_never_takes_the_place_of_the_file() {
        let folder = tempfile::TempDir::new().unwrap();
        let imported = folder.path().join("day.csv");
        fs::write(&imported, "x").unwrap();
        let other = folder.path().join(".").join("day.csv");
        assert!(Report::open(Some(&other), &imported).is_err());
        assert!(Report::open(Some(Path::new("/nowhere/report.csv")), &imported).is_err());
    }
}
