//! Firmware for QEMU: that of the clone which this is run in, built by its cargo.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, bail};
use serde_json::Value;

/// A program of the clone's `firmware` folder.
pub(crate) struct Program {
    /// Its package, which is also its folder.
    pub(crate) package: &'static str,
    /// What it is compiled for.
    pub(crate) target: &'static str,
    /// What else can be done where it is not to be had, as the end of a sentence.
    pub(crate) instead: &'static str,
}

impl Program {
    /// Its file. Cargo is asked every time: only it knows all that the program is made of.
    pub(crate) fn build(&self) -> anyhow::Result<PathBuf> {
        let Self { package, target, instead } = self;
        let here = std::env::current_dir().context("the current folder")?;
        let workspace = self.workspace(&here)?;
        eprintln!("building firmware/{package}…");
        // A folder of its own: a device starts while something else is built for long.
        let folder = workspace.join("target");
        let mut cargo = Command::new("cargo");
        cargo.args(["build", "--quiet", "--release", "--package", package, "--target", target]);
        cargo.arg("--message-format=json-render-diagnostics").arg("--target-dir").arg(folder);
        cargo.current_dir(workspace).stdin(Stdio::null()).stderr(Stdio::inherit());
        let ended =
            cargo.output().with_context(|| format!("cargo cannot be started: install Rust{instead}"))?;
        if !ended.status.success() {
            bail!(
                "firmware/{package} was not built, for the reason above; if it is the target that is missing: rustup target add {target}"
            );
        }
        let messages = String::from_utf8(ended.stdout).context("cargo's output")?;
        let file = executable(&messages, package);
        file.context("cargo did not say where the program is: update cargo")
    }

    /// The firmware's workspace, in this folder or above it.
    fn workspace(&self, here: &Path) -> anyhow::Result<PathBuf> {
        let Self { package, instead, .. } = self;
        let manifest = format!("firmware/{package}/Cargo.toml");
        let clone = here.ancestors().find(|folder| folder.join(&manifest).is_file());
        clone.map(|clone| clone.join("firmware")).with_context(|| {
            let here = here.display();
            format!("no {manifest} in {here} or above it: run this in a clone of the repository{instead}")
        })
    }
}

/// Where cargo says that the package's program is. Its library, which has the same name, is no program.
fn executable(messages: &str, package: &str) -> Option<PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut files = messages.filter(|message| message["target"]["name"] == package);
    files.find_map(|message| message["executable"].as_str().map(PathBuf::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_the_executable_of_that_name() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"w25q"},"executable":null}
{"reason":"compiler-artifact","target":{"name":"qemu"},"executable":null}
{"reason":"compiler-artifact","target":{"name":"other"},"executable":"/t/other"}
{"reason":"compiler-artifact","target":{"name":"qemu"},"executable":"/t/qemu"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(executable(messages, "qemu"), Some(PathBuf::from("/t/qemu")));
        assert_eq!(executable(messages, "cost"), None);
    }

    #[test]
    fn a_clone_is_found_from_any_folder_in_it() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let program = Program { package: "qemu", target: "none", instead: "" };
        let found = program.workspace(&here.join("src")).unwrap();
        assert!(found.join("qemu/Cargo.toml").is_file());
        let fault = program.workspace(Path::new("/nowhere")).unwrap_err().to_string();
        assert!(fault.contains("run this in a clone"), "{fault}");
    }
}
