//! What an export has written: a file beside the parts while it is made, the plan and then a line for each part.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
};

use fiscal::RecordHash;
use serde::{Deserialize, Serialize};
use verify::{ExportPart, PartFile};

use super::{
    ExportStopped,
    folder::Folder,
    plan::{Journal, Plan, PlanLine},
};

pub(super) struct Progress {
    pub(super) plan: Plan,
    folder: Folder,
    lines: Vec<PartLine>,
    file: File,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartLine {
    signer: String,
    file: String,
    sha256: String,
}

impl Progress {
    /// Its file's name.
    pub(super) const FILE: &str = "progress.jsonl";

    /// Of an export that was begun; none when there is none, or it ended before it had a plan.
    pub(super) fn open(folder: &Folder) -> Result<Option<Self>, ExportStopped> {
        let text = match fs::read_to_string(folder.path(Self::FILE)) {
            Ok(text) => text,
            Err(fault) if fault.kind() == ErrorKind::NotFound => return Ok(None),
            Err(fault) => return Err(folder.fault(Self::FILE, fault)),
        };
        let mut lines = text.lines();
        let plan = lines.next().and_then(|line| serde_json::from_str::<PlanLine>(line).ok());
        let strange = || ExportStopped::Folder(folder.path(Self::FILE).display().to_string());
        let plan = plan.and_then(PlanLine::read).ok_or_else(strange)?;
        // A line that was cut short by a crash is of a part that is written again.
        let lines = lines.filter_map(|line| serde_json::from_str(line).ok()).collect();
        let mut progress = Self { plan, folder: folder.clone(), lines, file: folder.append(Self::FILE)? };
        if !text.ends_with('\n') {
            progress.write("\n")?;
        }
        Ok(Some(progress))
    }

    pub(super) fn begin(folder: &Folder, plan: Plan) -> Result<Self, ExportStopped> {
        // Texts and numbers always serialise.
        let text = serde_json::to_string(&PlanLine::of(&plan)).unwrap_or_default() + "\n";
        folder.put(Self::FILE, text.as_bytes())?;
        Ok(Self { plan, folder: folder.clone(), lines: Vec::new(), file: folder.append(Self::FILE)? })
    }

    /// The first parts of a journal, as far as they are what was written.
    pub(super) fn kept(&self, journal: &Journal, folder: &Folder) -> Result<Vec<ExportPart>, ExportStopped> {
        let signer = journal.signer.to_string();
        let mut next = Some(PartFile::FIRST);
        let mut parts: Vec<ExportPart> = Vec::new();
        // A part that was written twice counts as it was written last.
        while let Some(file) = next {
            let name = file.to_string();
            let line = self.lines.iter().rfind(|line| line.signer == signer && line.file == name);
            let Some(line) = line else { break };
            let part = match File::open(folder.path(&name)) {
                Ok(opened) => ExportPart::read(opened, file).ok(),
                Err(fault) if fault.kind() == ErrorKind::NotFound => None,
                Err(fault) => return Err(folder.fault(&name, fault)),
            };
            let part = part.filter(|part| RecordHash(part.sha256).to_string() == line.sha256);
            let Some(part) = part else { break };
            parts.push(part);
            next = file.next();
        }
        Ok(parts)
    }

    pub(super) fn add(&mut self, journal: &Journal, part: &ExportPart) -> Result<(), ExportStopped> {
        let line = PartLine {
            signer: journal.signer.to_string(),
            file: part.file.to_string(),
            sha256: RecordHash(part.sha256).to_string(),
        };
        // Texts always serialise.
        let text = serde_json::to_string(&line).unwrap_or_default() + "\n";
        self.write(&text)
    }

    /// All is written: the folder is the export and nothing else.
    pub(super) fn end(self) -> Result<(), ExportStopped> {
        fs::remove_file(self.folder.path(Self::FILE)).map_err(|fault| self.folder.fault(Self::FILE, fault))
    }

    fn write(&mut self, text: &str) -> Result<(), ExportStopped> {
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(|fault| self.folder.fault(Self::FILE, fault))
    }
}
