//! The folder of a trial: a cloud, two outlets with their devices and proxies, made by the program's own commands.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use serde_json::json;

use crate::{Client, Machine, NIF, OUTLETS, Outlet, until};

/// Where the ledgers are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Store {
    /// In a file of the folder.
    #[default]
    Sqlite,
    /// In an empty database of PostgreSQL.
    Postgres(String),
}

/// Where the cloud's keys are.
#[derive(Clone, Debug, Default)]
pub enum Keys {
    /// In a file.
    #[default]
    Software,
    /// In a token.
    SoftHsm {
        /// Its library.
        module: PathBuf,
        /// Its configuration.
        config: PathBuf,
    },
}

/// What stands in for fiscal memories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Board {
    /// `stelala device simulate`
    Simulator,
    /// `stelala device qemu`: the board's firmware in an emulated machine.
    Qemu,
}

/// What a place is made of.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Where its ledgers are.
    pub store: Store,
    /// Where the cloud's keys are.
    pub keys: Keys,
    /// Whether fiscal memories may seal.
    pub devices: bool,
    /// The firmware of QEMU's board, built before.
    pub firmware: Option<PathBuf>,
}

/// A folder with everything in it.
pub struct Place {
    /// The folder.
    pub folder: PathBuf,
    /// A key of the merchant's owner, for all outlets.
    pub api_key: String,
    /// The platform's: it confirms that the authority knows a device.
    operator_key: String,
    /// Where proxies listen: a port stays a proxy's, so that no terminal ever asks another one.
    ports: Vec<u16>,
    binary: PathBuf,
    plan: Plan,
}

/// The PIN of the token.
pub(crate) const PIN: &str = "2718281828";
const CONFIG: &str = "cloud.toml";
const DEVICES: &str = "[devices]\nrealm = \"development\"\ncertificates = \"certificates\"\ndgi_key = \"tax-authority/dgi.pem\"\n";
/// More questions in a second than a cloud answers.
const ALLOWED: &str = "1000000";
/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(120);

impl Place {
    /// Makes it in an empty folder: keys, certificates, outlets, an API key.
    pub fn make(binary: &Path, folder: &Path, plan: &Plan) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)?;
        let (folder, binary) = (folder.canonicalize()?, binary.canonicalize().context("--stelala")?);
        let mut place = Self {
            folder,
            api_key: String::new(),
            operator_key: String::new(),
            ports: free_ports()?,
            binary,
            plan: plan.clone(),
        };
        place.write("passphrase", "a passphrase of trials\n")?;
        place.write("pin", PIN)?;
        place.write("access.key", &format!("{}\n", "0123456789abcdef".repeat(4)))?;
        place.write(CONFIG, &place.cloud_config())?;
        let config = place.config();
        place.command(&["cloud", "rotate-key", "--config", &config])?;
        if plan.devices {
            place.make_authorities()?;
        }
        for outlet in OUTLETS {
            let named = ["--id", outlet.id, "--nif", NIF, "--prefix", outlet.prefix, "--zone", outlet.zone];
            place.command(&[&["cloud", "outlet", "add", "--config", &config][..], &named].concat())?;
        }
        place.api_key = place.new_key(&["--merchant", NIF, "--role", "owner"])?;
        place.operator_key = place.new_key(&["--operator"])?;
        Ok(place)
    }

    /// Terminals of a trial ask as fast as they can.
    fn new_key(&self, whose: &[&str]) -> anyhow::Result<String> {
        let config = self.config();
        let new = ["cloud", "key", "new", "--config", &config, "--per-second", ALLOWED, "--burst", ALLOWED];
        let made = self.command(&[&new[..], whose].concat())?;
        Ok(String::from_utf8(made.stdout)?.trim().to_owned())
    }

    /// Who signs for devices: the root of their certificates apart, the rest in the cloud's store of keys.
    fn make_authorities(&self) -> anyhow::Result<()> {
        let config = self.config();
        self.command(&["authority", "new", "--out", "tax-authority"])?;
        let secret = ["--passphrase-file", "passphrase"];
        self.command(&[&["authority", "ca", "new", "--out", "authority"][..], &secret].concat())?;
        let request = self.command(&["cloud", "ca", "request", "--config", &config])?;
        fs::write(self.folder.join("request.pem"), request.stdout)?;
        let sign = ["authority", "ca", "sign", "--root", "authority", "--request", "request.pem"];
        let signed = self.command(&[&sign[..], &secret].concat())?;
        fs::write(self.folder.join("issuing.pem"), signed.stdout)?;
        self.command(&[
            "cloud",
            "ca",
            "install",
            "issuing.pem",
            "--root",
            "authority/root.pem",
            "--config",
            &config,
        ])?;
        let root = self.command(&["cloud", "ca", "device-root", "--config", &config])?;
        Ok(fs::write(self.folder.join("device-root.pem"), root.stdout)?)
    }

    /// The cloud's configuration, as one names it.
    pub fn config(&self) -> String {
        self.folder.join(CONFIG).display().to_string()
    }

    fn cloud_config(&self) -> String {
        let database = match &self.plan.store {
            Store::Sqlite => "sqlite = \"ledger.sqlite\"".to_owned(),
            Store::Postgres(url) => format!("postgres = \"{url}\"\nallow_single_server = true"),
        };
        let signer = match &self.plan.keys {
            Keys::Software => "passphrase_file = \"passphrase\"".to_owned(),
            Keys::SoftHsm { module, .. } => format!(
                "kind = \"pkcs11\"\nmodule = \"{}\"\ntoken = \"stelala\"\npin_file = \"pin\"",
                module.display()
            ),
        };
        let devices = if self.plan.devices { DEVICES } else { "" };
        format!(
            "[http]\nlisten = \"127.0.0.1:0\"\n[database]\n{database}\n[signer]\n{signer}\n[ledger]\nheads = \"heads.jsonl\"\n\
             [log]\nlevel = \"info\"\n[access]\nsecret_file = \"access.key\"\n{devices}"
        )
    }

    /// Runs a command of the program to its end.
    pub fn command(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        let output = self.program().args(arguments).output()?;
        if !output.status.success() {
            let said = [output.stdout, output.stderr].concat();
            bail!("stelala {}: {}", arguments.join(" "), String::from_utf8_lossy(&said));
        }
        Ok(output)
    }

    /// The program, without settings of whoever started the trial.
    fn program(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command.env_clear().current_dir(&self.folder);
        if let Keys::SoftHsm { config, .. } = &self.plan.keys {
            command.env("SOFTHSM2_CONF", config);
        }
        command
    }

    /// Starts the cloud, and says where it listens.
    pub fn cloud(&self) -> anyhow::Result<(Machine, SocketAddr)> {
        let mut command = self.program();
        command.args(["cloud", "run", "--config", CONFIG]);
        let (machine, said) =
            Machine::start(command, &self.folder.join("cloud.log"), "listening at http://")?;
        Ok((machine, said.parse()?))
    }

    /// Starts the cloud, and waits until its signer is there too.
    pub fn ready_cloud(&self) -> anyhow::Result<(Machine, SocketAddr)> {
        let (machine, address) = self.cloud()?;
        let mut client = self.client(address);
        let ready = until(PATIENCE, || Ok((client.get("/readyz")?.status == 200).then_some(())))?;
        ready.context("the cloud does not get ready: cloud.log says why")?;
        Ok((machine, address))
    }

    /// Plugs in the device of an outlet; its power may be going to fail in the Nth COMMIT, or after it.
    pub fn device(&self, outlet: usize, board: Board, fails: Option<(bool, u64)>) -> anyhow::Result<Machine> {
        let mut command = self.program();
        let (state, link) = (format!("device-{outlet}"), format!("port-{outlet}"));
        let kind = if board == Board::Qemu { "qemu" } else { "simulate" };
        command.args([
            "device",
            kind,
            "--state",
            &state,
            "--link",
            &link,
            "--serial",
            OUTLETS[outlet].device,
        ]);
        command.args(["--root", "device-root.pem"]);
        match board {
            Board::Simulator => drop(command.args(["--flash-mib", "8"])),
            Board::Qemu => drop(self.plan.firmware.as_ref().map(|elf| command.arg("--firmware").arg(elf))),
        }
        if let Some((in_commit, nth)) = fails {
            let moment = if in_commit { "in" } else { "after" };
            command.args(["--power-fails", &format!("{moment}-commit={nth}")]);
        }
        Ok(Machine::start(command, &self.folder.join(format!("{state}.log")), "listening at ")?.0)
    }

    /// Starts the proxy of an outlet, which finds the cloud at an address, and says where it listens itself.
    pub fn proxy(&self, outlet: usize, cloud: SocketAddr) -> anyhow::Result<(Machine, SocketAddr)> {
        let name = format!("proxy-{outlet}");
        let file = self.folder.join(format!("{name}.toml"));
        fs::write(&file, self.proxy_config(outlet, cloud))?;
        let mut command = self.program();
        command.args(["proxy", "run", "--config"]).arg(&file);
        let (machine, said) =
            Machine::start(command, &self.folder.join(format!("{name}.log")), "listening at http://")?;
        Ok((machine, said.parse()?))
    }

    fn proxy_config(&self, outlet: usize, cloud: SocketAddr) -> String {
        format!(
            "[device]\nserial = \"{}\"\nport = \"{}\"\n[cloud]\nurls = [\"http://{cloud}\"]\n[local]\nlisten = \"127.0.0.1:{}\"\n[state]\n\
             folder = \"proxy-{outlet}\"\n",
            // A device whose power was cut leaves a port behind that may become another's.
            OUTLETS[outlet].device,
            self.folder.join(format!("port-{outlet}")).display(),
            self.ports[outlet],
        )
    }

    /// Somebody with the place's API key.
    pub fn client(&self, cloud: SocketAddr) -> Client {
        Client::new(cloud, Some(self.api_key.clone()), PATIENCE)
    }

    /// Registers the device of an outlet, has its proxy activate it, and waits until it stands by.
    pub fn activate(&self, outlet: usize, cloud: SocketAddr, proxy: SocketAddr) -> anyhow::Result<()> {
        let serial = OUTLETS[outlet].device;
        let mut client = self.client(cloud);
        let wish = json!({ "serial": serial, "outlet_id": OUTLETS[outlet].id });
        let registered = client.send("POST", "/api/v1/devices", &wish)?;
        let answer = registered.json();
        let code = answer["activation_code"].as_str().with_context(|| registered.words())?;
        let mut technician = Client::new(proxy, None, PATIENCE);
        // The proxy may be looking for the device or for the cloud still.
        let activated = until(PATIENCE, || {
            let answer = technician.send("POST", "/v1/activation", &json!({ "code": code }))?;
            Ok((answer.status != 503).then_some(answer))
        })?;
        let activated =
            activated.with_context(|| format!("{serial}: its proxy does not come to device and cloud"))?;
        if activated.status >= 300 {
            bail!("activation of {serial}: {}", activated.words());
        }
        let path = format!("/api/v1/devices/{serial}");
        self.wait(&mut client, &path, &["pending_homologation", "active"])?;
        let mut operator = Client::new(cloud, Some(self.operator_key.clone()), PATIENCE);
        let homologated =
            operator.send("POST", &format!("{path}/homologation"), &json!({ "reference": "TRIAL-1" }))?;
        if homologated.status >= 300 {
            bail!("homologation of {serial}: {}", homologated.words());
        }
        self.wait(&mut client, &path, &["active"])
    }

    fn wait(&self, client: &mut Client, path: &str, states: &[&str]) -> anyhow::Result<()> {
        let mut last = String::new();
        let there = until(PATIENCE, || {
            let answer = client.get(path)?;
            last = answer.words();
            Ok(answer.json()["state"].as_str().is_some_and(|state| states.contains(&state)).then_some(()))
        })?;
        there.with_context(|| format!("{path} does not become {states:?}: {last}"))
    }

    /// Has the line of an outlet go to its device, or to the cloud, and waits until it is there.
    pub fn switch(
        &self,
        client: &mut Client,
        outlet: usize,
        to_device: bool,
        most: Duration,
    ) -> anyhow::Result<()> {
        let Outlet { id, device, .. } = OUTLETS[outlet];
        let wish =
            if to_device { json!({ "mode": "def", "device": device }) } else { json!({ "mode": "cloud" }) };
        let mut last = String::new();
        let switched = until(most, || {
            let answer = client.send("PUT", &format!("/api/v1/outlets/{id}/mode"), &wish)?;
            last = answer.words();
            Ok((answer.status == 200 && answer.json()["switching"] == false).then_some(()))
        })?;
        switched.with_context(|| format!("{id} does not switch: {last}"))
    }

    fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let open = OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.folder.join(name));
        open.and_then(|mut file| file.write_all(text.as_bytes())).with_context(|| name.to_owned())
    }
}

/// One for each outlet, below those that the system gives to connections.
fn free_ports() -> anyhow::Result<Vec<u16>> {
    // Trials that run at the same time begin apart.
    let first = 20_000 + (std::process::id() % 2_900) as u16 * 4;
    let free: Vec<u16> = (first..32_000)
        .filter(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .take(OUTLETS.len())
        .collect();
    ensure!(free.len() == OUTLETS.len(), "no ports are free from {first} on");
    Ok(free)
}

/// Makes an empty database beside that of a URL, and says its URL.
pub fn new_database(url: &str, seed: u64) -> anyhow::Result<String> {
    let (server, _) = url.rsplit_once('/').context("the URL has no database")?;
    let name = format!("dual_{seed}");
    let mut client = postgres::Client::connect(url, postgres::NoTls)?;
    client.batch_execute(&format!("DROP DATABASE IF EXISTS {name}"))?;
    client.batch_execute(&format!("CREATE DATABASE {name}"))?;
    Ok(format!("{server}/{name}"))
}
