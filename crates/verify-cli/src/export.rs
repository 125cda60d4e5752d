//! A folder with an export, and what is asked of it.

use std::{
    cell::RefCell,
    fs::File,
    io,
    path::{Path, PathBuf},
};

use verify::{ExportFault, ExportManifest, ExportPart, ExportVerdict, SignatureCheck, Trust};

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

/// The records of one signer: the folder itself, or one in it that is named after its signer.
struct Chain {
    name: String,
    folder: PathBuf,
    /// None where the attester's key did not sign it.
    manifest: Option<ExportManifest>,
}

impl Question<'_> {
    pub(crate) fn ask(
        &self,
        trust: &Trust,
        audit: &AuditArgs,
        check: &dyn SignatureCheck,
    ) -> Result<ExportVerdict, InputFault> {
        let own = self.chain(String::new(), self.folder.to_owned())?;
        let Some(manifest) = &own.manifest else { return Ok(ExportVerdict::of_a_false_list()) };
        let audit = audit.audit(trust, check, Some(manifest.list().outlet))?;
        if self.part.is_some() {
            let progress = RefCell::new(Progress::on_terminal(Some(own.length())));
            let verdict = audit.export(manifest, own.open(&progress));
            return verdict.map_err(|cause| audit_fault(self.folder, cause));
        }
        let chains: Vec<Chain> = std::iter::once(Ok(own)).chain(self.others()?).collect::<Result<_, _>>()?;
        let total = chains.iter().map(Chain::length).sum();
        let progress = RefCell::new(Progress::on_terminal(Some(total)));
        let mut outlet = audit.outlet();
        for chain in &chains {
            match &chain.manifest {
                Some(manifest) => outlet
                    .export(&chain.name, manifest, chain.open(&progress))
                    .map_err(|cause| audit_fault(&chain.folder, cause))?,
                None => outlet.false_list(&chain.name),
            }
        }
        outlet.conclude().map_err(|cause| audit_fault(self.folder, cause))
    }

    /// The folders of other signers, in the order of their names.
    fn others(&self) -> Result<impl Iterator<Item = Result<Chain, InputFault>> + '_, InputFault> {
        let fault = |cause| InputFault::File { path: self.folder.to_owned(), cause };
        let entries = self.folder.read_dir().and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut folders: Vec<PathBuf> =
            entries.map_err(fault)?.into_iter().map(|entry| entry.path()).collect();
        folders.retain(|path| path.join(ExportManifest::FILE).is_file());
        folders.sort();
        Ok(folders.into_iter().map(|folder| {
            let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
            self.chain(name.unwrap_or_default(), folder)
        }))
    }

    fn chain(&self, name: String, folder: PathBuf) -> Result<Chain, InputFault> {
        let manifest = match self.read_manifest(&folder.join(ExportManifest::FILE)) {
            Ok(manifest) => Some(manifest),
            Err(InputFault::Export { cause: ExportFault::SignatureFalse, .. }) => None,
            Err(fault) => return Err(fault),
        };
        Ok(Chain { name, folder, manifest })
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

impl Chain {
    fn file(&self, part: &ExportPart) -> PathBuf {
        self.folder.join(part.file.to_string())
    }

    fn length(&self) -> u64 {
        let parts = self.manifest.iter().flat_map(|manifest| &manifest.list().parts);
        parts.filter_map(|part| length(&self.file(part))).sum()
    }

    fn open<'p, W: io::Write>(
        &'p self,
        progress: &'p RefCell<Progress<W>>,
    ) -> impl FnMut(&ExportPart) -> io::Result<Option<Counted<'p, File, W>>> {
        move |part| {
            let opened = open_if_there(&self.file(part))?;
            Ok(opened.map(|file| Counted { file, progress }))
        }
    }
}
