//! The parts of one folder of an export, each against what the list says of it, and all as one journal.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

use super::{
    AuditFault, OutletAudit,
    journal::fill_from,
    pipeline::{Batch, Source, run},
};
use crate::{
    export::{ExportManifest, ExportPart, PartFigures},
    finding::{Finding, Rule},
    journal::Examined,
    lines::Lines,
};

/// Reads the parts of one folder. Those of others than the ledger's own have its name before theirs.
pub(super) fn read<R: Read>(
    audit: &mut OutletAudit<'_>,
    folder: &str,
    manifest: &ExportManifest,
    open: impl FnMut(&ExportPart) -> io::Result<Option<R>>,
) -> Result<(), AuditFault> {
    let (trust, check, threads) = (audit.trust, audit.check, audit.threads);
    let (referee, list) = (&mut audit.referee, manifest.list());
    let parts = &list.parts;
    let name = |part: &ExportPart| match folder {
        "" => part.file.to_string(),
        folder => format!("{folder}/{}", part.file),
    };
    let mut source = PartSource { parts, next: 0, open, reading: None, digests: vec![None; parts.len()] };
    let mut met = Met { figures: vec![PartFigures::default(); parts.len()], current: None };
    let examine = |line: &[u8]| Examined::of(line, trust, check);
    let mut judge = |part: usize, line: Examined| {
        if met.meet(part, &line) {
            referee.begin_part(&name(&parts[part]));
        }
        referee.judge(line).map_err(AuditFault::Scratch)
    };
    run(&mut source, threads, &examine, &mut judge)?;
    let (outlet, nif) = referee.owner();
    if outlet.is_some_and(|outlet| outlet != list.outlet) || nif.is_some_and(|nif| nif != list.nif) {
        audit.findings.push(Finding { place: folder.to_owned(), ..Rule::ManifestOwner.into() });
    }
    for ((part, digest), figures) in parts.iter().zip(source.digests).zip(met.figures) {
        let rule = match digest {
            None => Some(Rule::PartMissing),
            Some(digest) if digest != part.sha256 => Some(Rule::PartChanged),
            // The list's word against that of the very bytes that it names.
            Some(_) if !figures.are_those_of(part) => Some(Rule::PartRange),
            Some(_) => None,
        };
        audit.findings.extend(rule.map(|rule| Finding { place: name(part), ..rule.into() }));
    }
    audit.verdict.add(manifest);
    Ok(())
}

/// Reads part after part, and hashes what it reads.
struct PartSource<'m, R, F> {
    parts: &'m [ExportPart],
    next: usize,
    open: F,
    reading: Option<(usize, Lines<Hashing<R>>)>,
    /// Of the parts that were read to their ends.
    digests: Vec<Option<[u8; 32]>>,
}

impl<R: Read, F: FnMut(&ExportPart) -> io::Result<Option<R>>> Source for PartSource<'_, R, F> {
    fn fill(&mut self, batch: &mut Batch) -> Result<bool, AuditFault> {
        loop {
            if let Some((at, lines)) = &mut self.reading {
                batch.part = *at;
                let fault = |cause| AuditFault::Part { part: self.parts[*at].file.to_string(), cause };
                if fill_from(lines, batch).map_err(fault)? {
                    return Ok(true);
                }
                if let Some((at, lines)) = self.reading.take() {
                    self.digests[at] = Some(lines.into_inner().hasher.finalize().into());
                }
            }
            let Some(part) = self.parts.get(self.next) else { return Ok(false) };
            let opened = (self.open)(part);
            let opened = opened
                .map_err(|cause| AuditFault::Part { part: part.file.to_string(), cause: cause.into() })?;
            self.reading =
                opened.map(|file| (self.next, Lines::new(Hashing { file, hasher: Sha256::new() })));
            self.next += 1;
        }
    }
}

struct Hashing<R> {
    file: R,
    hasher: Sha256,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read(buffer)?;
        self.hasher.update(&buffer[..length]);
        Ok(length)
    }
}

/// What each part turned out to hold.
struct Met {
    figures: Vec<PartFigures>,
    current: Option<usize>,
}

impl Met {
    /// Says whether the line is the first of its part.
    fn meet(&mut self, part: usize, line: &Examined) -> bool {
        self.figures[part].add(line.record());
        self.current.replace(part) != Some(part)
    }
}
