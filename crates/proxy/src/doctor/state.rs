//! What the proxy keeps: whether it can, and what waits there.

use std::{fs, io::ErrorKind, os::unix::fs::MetadataExt, path::Path};

use rustix::fs::{Access, access, statvfs};
use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};

use super::{About, Finding, Sight, Told, certificate, counted, plain, port};
use crate::Config;

/// A day of a busy shop takes a few megabytes.
const FEW_BYTES: u64 = 512 * 1024 * 1024;
const TOO_FEW_BYTES: u64 = 32 * 1024 * 1024;
const MEGABYTE: u64 = 1024 * 1024;

pub(super) fn examine(config: &Config, told: Option<&Told>, sight: &Sight) -> Vec<Finding> {
    let folder = &config.state.folder;
    let mut findings = vec![place(folder, sight)];
    findings.extend(room(folder, sight));
    findings.extend(device_certificate(&config.state.certificate(), sight));
    if let Some(told) = told {
        findings.extend(waiting(told, sight));
    }
    findings
}

fn place(folder: &Path, sight: &Sight) -> Finding {
    let language = sight.language;
    let name = folder.display();
    let found = match folder.metadata() {
        Ok(found) => found,
        Err(fault) if fault.kind() == ErrorKind::NotFound => {
            let sentence = say!(
                language,
                "{name} n'existe pas encore : le proxy le fait à son premier démarrage",
                "{name} is not there yet: the proxy makes it when it starts first"
            );
            return Finding::good(About::State, sentence);
        }
        Err(fault) => {
            let sentence = say!(
                language,
                "{name} : {fault} ; lancez `sudo stelala proxy doctor`",
                "{name}: {fault}; run `sudo stelala proxy doctor`"
            );
            return Finding::warning(About::State, sentence);
        }
    };
    if !found.is_dir() {
        let sentence = say!(
            language,
            "{name} n'est pas un dossier : changez state.folder",
            "{name} is no folder: set state.folder"
        );
        return Finding::bad(About::State, sentence);
    }
    let is_services = port::service_user(sight).map(|user| user == found.uid());
    // Root may write anywhere; what the service may is told by the owner.
    let may = is_services.unwrap_or_else(|| access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok());
    if !may {
        let sentence = say!(
            language,
            "le proxy ne peut pas écrire dans {name} : `sudo chown -R stelala-proxy: {name}`",
            "the proxy cannot write in {name}: `sudo chown -R stelala-proxy: {name}`"
        );
        return Finding::bad(About::State, sentence);
    }
    let sentence = say!(language, "{name} garde ce qui est vendu", "{name} keeps what is sold");
    Finding::good(About::State, sentence)
}

fn room(folder: &Path, sight: &Sight) -> Option<Finding> {
    let language = sight.language;
    let there = folder.ancestors().find(|folder| folder.is_dir())?;
    let found = statvfs(there).ok()?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let megabytes = free / MEGABYTE;
    if found.f_files > 0 && found.f_favail == 0 {
        let sentence = say!(
            language,
            "le disque n'a plus de place pour un fichier : supprimez des fichiers",
            "the disk has no room for another file: delete files"
        );
        return Some(Finding::bad(About::State, sentence));
    }
    if free < TOO_FEW_BYTES {
        let sentence = say!(
            language,
            "le disque est plein ({megabytes} Mo libres), rien ne se vend plus : faites de la place",
            "the disk is full ({megabytes} MB free), nothing is sold any more: make room"
        );
        return Some(Finding::bad(About::State, sentence));
    }
    (free < FEW_BYTES).then(|| {
        let sentence = say!(
            language,
            "le disque est presque plein ({megabytes} Mo libres) : faites de la place",
            "the disk is nearly full ({megabytes} MB free): make room"
        );
        Finding::warning(About::State, sentence)
    })
}

/// The device's certificate, which the cloud renews by itself while it is reached.
fn device_certificate(file: &Path, sight: &Sight) -> Option<Finding> {
    let text = fs::read(file).ok()?;
    let validity =
        CertificateDer::from_pem_slice(&text).ok().and_then(|first| certificate::Validity::read(&first));
    Some(certificate::finding(About::Device, &plain(&file.display().to_string()), validity, sight))
}

fn waiting(told: &Told, sight: &Sight) -> Vec<Finding> {
    let language = sight.language;
    let mut findings = Vec::new();
    let unresolved = told.spool.unresolved;
    if unresolved > 0 {
        let sales = counted(
            unresolved,
            language,
            ["vente est sans réponse certaine", "ventes sont sans réponse certaine"],
            ["sale has no certain answer", "sales have no certain answer"],
        );
        let sentence = say!(
            language,
            "{sales} : laissez l'appareil branché, le proxy cherche ce qui s'est passé",
            "{sales}: leave the device plugged in, the proxy finds out what became of them"
        );
        findings.push(Finding::warning(About::State, sentence));
    }
    let waiting = told.spool.waiting;
    if waiting > 0 {
        let records = counted(
            waiting,
            language,
            ["enregistrement attend le cloud", "enregistrements attendent le cloud"],
            ["record waits for the cloud", "records wait for the cloud"],
        );
        let sentence = say!(
            language,
            "{records} : tout est gardé ici et dans l'appareil, et part dès qu'il est joint",
            "{records}: all is kept here and in the device, and leaves as soon as it is reached"
        );
        findings.push(Finding::warning(About::State, sentence));
    }
    findings
}
