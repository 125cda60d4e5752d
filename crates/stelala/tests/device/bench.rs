//! A folder with a simulated device, its authority, and the program that asks it.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_stelala");
/// After the day of `examples/day`.
pub(crate) const EVENING: &str = "2026-03-14T18:40:00";
pub(crate) const OUTLET: [&str; 6] =
    ["--nif", "A2301457K", "--outlet", "KIN-GOMBE-01", "--prefix", "KINGOMBE01"];

pub(crate) struct Bench {
    pub(crate) folder: PathBuf,
}

/// What a command answered.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Bench {
    pub(crate) fn new(test: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("device").join(test);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self { folder }
    }

    /// With a device that is bound and has a clock: at the evening of the example's day.
    pub(crate) fn ready(test: &str) -> (Self, Simulator) {
        let bench = Self::new(test);
        let simulator = bench.simulate();
        bench.bind();
        assert_eq!(bench.ask("time", &["--authority", "def/authority", "--at", EVENING]).code, 0);
        (bench, simulator)
    }

    /// Starts the simulator and waits for its line.
    pub(crate) fn simulate(&self) -> Simulator {
        self.simulate_with(&["device", "simulate", "--state", "def", "--link", "port", "--flash-mib", "4"])
    }

    pub(crate) fn simulate_with(&self, arguments: &[&str]) -> Simulator {
        let mut process = self.command(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        let mut said = String::new();
        while !said.contains("listening at") {
            assert_ne!(out.read_line(&mut said).unwrap(), 0, "it ended: {said}");
        }
        Simulator(process)
    }

    pub(crate) fn bind(&self) {
        let code = self.activation();
        fs::write(self.folder.join("code"), code).unwrap();
        let bound = self.ask(
            "init",
            &["--code", "@code", "--public-key", "def/authority/operator.pem", "--key", "device.pem"],
        );
        assert_eq!(bound.code, 0, "{bound:?}");
    }

    pub(crate) fn activation(&self) -> String {
        let mut arguments =
            vec!["authority", "activate", "--keys", "def/authority", "--device", "DEF-000001"];
        arguments.extend(OUTLET);
        let said = self.run(&arguments);
        assert_eq!(said.code, 0, "{said:?}");
        said.out
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).current_dir(&self.folder);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        self.command(arguments).output().unwrap().into()
    }

    /// `stelala device COMMAND --port port …`
    pub(crate) fn ask(&self, command: &str, more: &[&str]) -> Said {
        self.run(&[&["device", command, "--port", "port"], more].concat())
    }

    /// The same with --json: the last object that it says.
    pub(crate) fn object(&self, command: &str, more: &[&str]) -> Value {
        let said = self.ask(command, &[more, &["--json"]].concat());
        said.objects().pop().unwrap_or_else(|| panic!("{said:?}"))
    }

    pub(crate) fn status(&self) -> Value {
        self.object("status", &[])
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).unwrap()
    }

    /// The names in a folder, sorted.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder.join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            // What is hidden is a printer's own business.
            .filter(|name| !name.starts_with('.'))
            .collect();
        names.sort();
        names
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Said {
    /// One for each line.
    pub(crate) fn objects(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{self:?}")))
            .collect()
    }
}

pub(crate) struct Simulator(pub(crate) Child);

impl Simulator {
    /// A power cut.
    pub(crate) fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The files of `examples/day`, in their order.
pub(crate) fn examples() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/day");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    files.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}
