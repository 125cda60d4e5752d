//! Whether a serial port may be used, by us and by the service, and who has it.

use std::{
    ffi::OsString,
    fs::{self, Metadata},
    io::{ErrorKind, IsTerminal},
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::{Path, PathBuf},
};

use rustix::fs::{Access, Mode, OFlags, access, open};

use super::{About, Finding, Sight, plain, service};

/// Who the service is.
const USER: &str = "stelala-proxy";
/// `stelala-proxy` runs as the group of this name, too.
const GROUP: &str = "stelala-proxy";

/// What keeps a port from being used; nothing when nothing does. A port that the proxy holds is not looked for among
/// other programs.
pub(super) fn examine(path: &Path, is_running: bool, sight: &Sight) -> Vec<Finding> {
    let language = sight.language;
    let name = path.display();
    let found = match path.metadata() {
        Ok(found) => found,
        Err(fault) if fault.kind() == ErrorKind::NotFound => {
            let sentence = say!(
                language,
                "il n'y a pas de port {name} : branchez l'appareil, ou changez device.port",
                "there is no port {name}: plug the device in, or set device.port"
            );
            return vec![Finding::bad(About::Device, sentence)];
        }
        Err(fault) => {
            let sentence = say!(language, "{name} : {fault}", "{name}: {fault}");
            return vec![Finding::bad(About::Device, sentence)];
        }
    };
    if let Some(finding) = for_service(path, &found, sight) {
        return vec![finding];
    }
    if is_running {
        return Vec::new();
    }
    if access(path, Access::READ_OK | Access::WRITE_OK).is_err() {
        let group = group_name(found.gid(), sight).unwrap_or_else(|| found.gid().to_string());
        let sentence = say!(
            language,
            "{name} appartient au groupe {group}, dont vous n'êtes pas : lancez `sudo stelala proxy doctor`, ou `sudo adduser \
             $USER {group}`",
            "{name} belongs to the group {group}, and you are not in it: run `sudo stelala proxy doctor`, or `sudo adduser \
             $USER {group}`"
        );
        return vec![Finding::bad(About::Device, sentence)];
    }
    if found.file_type().is_char_device() && is_serial(path) == Some(false) {
        return vec![Finding::bad(About::Device, no_serial(&name.to_string(), sight))];
    }
    let holders = holders(path, sight);
    if holders.is_empty() {
        return Vec::new();
    }
    vec![Finding::bad(About::Device, held(&name.to_string(), &holders, sight))]
}

/// What the service may do is what counts, whoever asks here.
fn for_service(path: &Path, found: &Metadata, sight: &Sight) -> Option<Finding> {
    let user = service::is_installed(sight).then(|| user_id(USER, sight)).flatten()?;
    let group = group_id(GROUP, sight);
    let mode = found.mode();
    let may = (found.uid() == user && mode & 0o600 == 0o600)
        || (Some(found.gid()) == group && mode & 0o060 == 0o060)
        || mode & 0o006 == 0o006;
    if may {
        return None;
    }
    let name = path.display();
    let owner = group_name(found.gid(), sight).unwrap_or_else(|| found.gid().to_string());
    let sentence = say!(
        sight.language,
        "le service {USER} n'a pas droit au port {name} (groupe {owner}) : la règle 60-stelala-def.rules le donne au groupe {GROUP} ; \
         `sudo udevadm control --reload && sudo udevadm trigger`, ou rebranchez l'appareil",
        "the service {USER} may not use the port {name} (group {owner}): the rule 60-stelala-def.rules gives it to the group {GROUP}; \
         `sudo udevadm control --reload && sudo udevadm trigger`, or plug the device in again"
    );
    Some(Finding::bad(About::Device, sentence))
}

/// Whether it is a terminal, which serial ports are; not known of one that somebody has for himself.
fn is_serial(path: &Path) -> Option<bool> {
    // It must not become this process's own terminal, and nobody waits for a carrier.
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let port = open(path, flags, Mode::empty()).ok()?;
    Some(port.is_terminal())
}

/// What stands there is something else.
fn no_serial(port: &str, sight: &Sight) -> String {
    say!(
        sight.language,
        "{port} n'est pas un port série : changez device.port",
        "{port} is no serial port: set device.port"
    )
}

/// A port that other programs have.
pub(super) fn held(port: &str, holders: &[String], sight: &Sight) -> String {
    /// Nobody reads more of them.
    const MOST: usize = 3;
    let more = if holders.len() > MOST { ", …" } else { "" };
    let holders = &holders[..holders.len().min(MOST)];
    let list = if holders.is_empty() { String::new() } else { format!(" ({}{more})", holders.join(", ")) };
    say!(
        sight.language,
        "un autre programme tient {port}{list} : terminez-le",
        "another program has {port}{list}: end it"
    )
}

/// Programs that have the port open, as far as we may see: `ModemManager 812`. Who is at the other end of a
/// pseudo-terminal is the device itself.
fn holders(path: &Path, sight: &Sight) -> Vec<String> {
    let Ok(port) = fs::canonicalize(path) else { return Vec::new() };
    let own = std::process::id().to_string();
    let Ok(processes) = fs::read_dir(sight.root.join("proc")) else { return Vec::new() };
    let mut holders = Vec::new();
    for process in processes.flatten() {
        let id = process.file_name().to_string_lossy().into_owned();
        if id == own || !id.bytes().all(|digit| digit.is_ascii_digit()) {
            continue;
        }
        let Ok(open) = fs::read_dir(process.path().join("fd")) else { continue };
        let open: Vec<_> = open
            .flatten()
            .filter_map(|file| Some((file.file_name(), fs::read_link(file.path()).ok()?)))
            .collect();
        let is_other_end = |(file, to): &(OsString, PathBuf)| {
            is_master(to) && index(&process.path().join("fdinfo").join(file)) == slave(&port)
        };
        if slave(&port).is_some() && open.iter().any(is_other_end) {
            continue;
        }
        if open.iter().any(|(_, to)| *to == port) {
            let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            holders.push(format!("{} {id}", plain(name.trim())));
        }
    }
    holders.sort();
    holders
}

/// Both ends of a pseudo-terminal have its number: one in its name, the other in its `fdinfo` (proc_pid_fdinfo(5)).
fn slave(port: &Path) -> Option<u32> {
    let is_of_pts = port.parent().is_some_and(|folder| folder.ends_with("dev/pts"));
    port.file_name().filter(|_| is_of_pts)?.to_str()?.parse().ok()
}

fn is_master(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "ptmx")
}

fn index(fdinfo: &Path) -> Option<u32> {
    let text = fs::read_to_string(fdinfo).ok()?;
    text.lines().find_map(|line| line.strip_prefix("tty-index:"))?.trim().parse().ok()
}

/// `name:x:id:…`, as `/etc/passwd` and `/etc/group` have it.
fn entries(file: &str, sight: &Sight) -> Vec<(String, u32)> {
    let text = fs::read_to_string(sight.root.join("etc").join(file)).unwrap_or_default();
    text.lines()
        .filter_map(|line| {
            let mut parts = line.split(':');
            Some((parts.next()?.to_owned(), parts.nth(1)?.parse().ok()?))
        })
        .collect()
}

pub(super) fn user_id(name: &str, sight: &Sight) -> Option<u32> {
    entries("passwd", sight).into_iter().find_map(|(user, id)| (user == name).then_some(id))
}

fn group_id(name: &str, sight: &Sight) -> Option<u32> {
    entries("group", sight).into_iter().find_map(|(group, id)| (group == name).then_some(id))
}

fn group_name(id: u32, sight: &Sight) -> Option<String> {
    entries("group", sight).into_iter().find_map(|(group, found)| (found == id).then_some(group))
}

/// The user of the service, where the service is installed.
pub(super) fn service_user(sight: &Sight) -> Option<u32> {
    service::is_installed(sight).then(|| user_id(USER, sight)).flatten()
}
