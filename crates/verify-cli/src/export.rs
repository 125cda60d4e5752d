//! A folder with an export, and what is asked of it.

use std::{cell::RefCell, path::Path};

use verify::{ExportFault, ExportManifest, ExportVerdict, SignatureCheck, Trust};

use crate::{
    audit_args::{AuditArgs, length, open_if_there},
    input::{InputFault, audit_fault, read_text},
    progress::{Counted, Progress},
    trust_args::read_key,
};

pub(crate) struct Question<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) attester: Option<&'a Path>,
    pub(crate) part: Option<&'a str>,
}

impl Question<'_> {
    pub(crate) fn ask(
        &self,
        trust: &Trust,
        audit: &AuditArgs,
        check: &dyn SignatureCheck,
    ) -> Result<ExportVerdict, InputFault> {
        let path = self.folder.join(ExportManifest::FILE);
        let manifest = match self.read_manifest(&path) {
            Ok(manifest) => manifest,
            Err(InputFault::Export { cause: ExportFault::SignatureFalse, .. }) => {
                return Ok(ExportVerdict::of_a_false_list());
            }
            Err(fault) => return Err(fault),
        };
        let list = manifest.list();
        let audit = audit.audit(trust, check, Some(list.outlet))?;
        let file = |part: &verify::ExportPart| self.folder.join(part.file.to_string());
        let total = list.parts.iter().filter_map(|part| length(&file(part))).sum();
        let progress = RefCell::new(Progress::on_terminal(Some(total)));
        let verdict = audit.export(&manifest, |part| {
            let opened = open_if_there(&file(part))?;
            Ok(opened.map(|file| Counted { file, progress: &progress }))
        });
        verdict.map_err(|cause| audit_fault(self.folder, cause))
    }

    fn read_manifest(&self, path: &Path) -> Result<ExportManifest, InputFault> {
        let fault = |cause| InputFault::Export { path: path.to_owned(), cause };
        let jws = read_text(path)?;
        let manifest = match self.attester {
            Some(key) => ExportManifest::read(&jws, &read_key(key)?),
            None => ExportManifest::read_unproven(&jws),
        };
        let manifest = manifest.map_err(fault)?;
        match self.part {
            None => Ok(manifest),
            Some(name) => manifest.only(name.parse().map_err(|()| InputFault::PartName)?).map_err(fault),
        }
    }
}
