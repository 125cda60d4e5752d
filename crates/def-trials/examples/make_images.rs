//! Makes the journal images of the released format, once, for `tests/images.rs` to mount for ever:
//!
//! ```text
//! cargo run --package def-trials --example make_images -- crates/def-trials/images
//! ```
//!
//! Files that exist are never written over: devices in shops have such journals. Another format gets files of another
//! version beside these.
//!
//! `NAME.bin` is the flash without what is erased: spans of an address (4 bytes), a length (2 bytes) and so many bytes,
//! all integers big-endian. `NAME.json` says what is known of it, and over which other image it is programmed.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use def_engine::{Memory, board::Clock};
use def_protocol::token::{HandOver, Newest};
use def_sim::{ManualClock, Operation, Outcome, SECTOR_BYTES, SoftElement, State, Style, World};
use def_trials::{
    Authority, Host, Sale,
    authority::{OPENING, at},
    sale::Original,
};
use fiscal::{Epoch, InvoiceNumber, PrivateKey, RecordHash, Timestamp};
use serde_json::{Value, json};

const VERSION: &str = "v1";
/// Of journals with hand-overs: records of `v1-line` do not name the device's own newest record, nor whose line the new
/// epoch is. The engine that wrote so is no more.
const LINE_VERSION: &str = "v2";
const SECTORS: usize = 32;
const KEY: [u8; 32] = [9; 32];
const GAP: usize = 8;
const DAY: Duration = Duration::from_secs(86_400);

fn main() -> anyhow::Result<()> {
    let folder = std::env::args_os().nth(1).context("name the folder for the images")?;
    let folder = Path::new(&folder);
    let mut shop = Shop::open();
    shop.line()?;
    image_of(LINE_VERSION, folder, "line", &shop.world.state(), None, shop.known()?)?;
    let mut shop = Shop::open();
    shop.first_day()?;
    shop.second_morning()?;
    let (day, known) = (shop.world.state(), shop.known()?);
    image(folder, "day", &day, None, known.clone())?;
    let [torn, unmarked] = shop.interrupted(known)?;
    image(folder, "torn", &torn.0, Some(("day", &day)), torn.1)?;
    image(folder, "unmarked", &unmarked.0, Some(("day", &day)), unmarked.1)?;
    shop.second_epoch()?;
    image(folder, "epoch", &shop.world.state(), Some(("day", &day)), shop.known()?)
}

struct Shop {
    world: World,
    authority: Authority,
    sold: u32,
    newest: Value,
    closed: Vec<Value>,
    /// What the device answered to the last dump that it put on record.
    records: Vec<String>,
}

impl Shop {
    fn open() -> Self {
        let world = World::new(SECTORS, 7);
        world.change(|state| {
            state.clock = ManualClock::at(at(OPENING));
            state.element = SoftElement::with(Some(&KEY), 0).expect("a small number is a key");
        });
        let authority = Authority::default();
        Self { world, authority, sold: 0, newest: Value::Null, closed: Vec::new(), records: Vec::new() }
    }

    fn first_day(&mut self) -> anyhow::Result<()> {
        let operator = self.authority.operator.public_key().to_pem().replace('\n', "\\n");
        let init = format!(
            r#"CFG|INIT {{"activation_code":"{}","public_key":"{operator}"}}"#,
            self.authority.activation()
        );
        let manifest = format!(r#"CFG|MANIFEST {{"token":"{}"}}"#, self.authority.manifest(2));
        self.session(|shop, host| {
            obeyed(host, &init)?;
            obeyed(host, &manifest)?;
            (0..5).try_for_each(|_| shop.sell(host, 5))
        })?;
        self.session(|shop, host| {
            shop.sell(host, 3)?;
            shop.give_back(host, "RAM", 2)?;
            // One that flows over several sectors.
            shop.sell(host, 150)?;
            shop.give_back(host, "RAN", 150)
        })?;
        self.session(|shop, host| {
            (0..4).try_for_each(|_| shop.sell(host, 2))?;
            shop.acknowledge(host)?;
            shop.close(host, "2026-03-14")
        })
    }

    fn second_morning(&mut self) -> anyhow::Result<()> {
        self.world.pass(DAY);
        self.session(|shop, host| {
            (0..3).try_for_each(|_| shop.sell(host, 4))?;
            shop.dump(host)
        })
    }

    /// A sale of which the power left the content in part, and one of which it left all but the mark.
    fn interrupted(&mut self, known: Value) -> anyhow::Result<[(State, Value); 2]> {
        let after = World::from(self.world.state());
        let mut memory = Box::new(Memory::new());
        let mut host = Host::start(&after, self.authority.factory(), &mut memory);
        host.rest();
        let booted = digest(&mut host)?;
        let payload = Sale::of("CAISSE-2", self.now(), 4, 999).payload();
        let nonce = host.ask(&format!("TXN|PREPARE {payload}"))["nonce"].clone();
        after.record_forks(true);
        let seal = obeyed(&mut host, &format!(r#"TXN|COMMIT {{"nonce":{nonce}}}"#))?;
        let forks = after.take_forks();
        let programs = || forks.iter().filter(|fork| matches!(fork.operation, Operation::Program { .. }));
        let content = programs().nth(1).context("the content is the second program")?;
        let mark = programs().next_back().context("the mark is the last")?;
        let mut torn = known;
        torn["recovered"] = json!(true);
        torn["records"] = json!(booted);
        let mut unmarked = torn.clone();
        let line = format!(
            "{} invoice {}/{} {}",
            seal["position"],
            seal["epoch"],
            seal["invoice_seq"],
            text(&seal["record_hash"])
        );
        unmarked["records"].as_array_mut().context("a list")?.push(json!(line));
        unmarked["status"]["next_invoice_seq"] = json!(seal["invoice_seq"].as_u64().context("a number")? + 1);
        unmarked["status"]["unclosed"] = json!(torn["status"]["unclosed"].as_u64().context("a number")? + 1);
        Ok([
            (content.cut(Outcome::new(Style::Prefix, 1)).state(), torn),
            (mark.cut(Outcome::new(Style::NothingDone, 1)).state(), unmarked),
        ])
    }

    /// A reset that lets the first epoch go, and so many sales that a checkpoint is made.
    fn second_epoch(&mut self) -> anyhow::Result<()> {
        self.session(|shop, host| {
            shop.close(host, "2026-03-15")?;
            shop.acknowledge(host)?;
            let order = shop.authority.reset(1, Some(shop.newest()?));
            obeyed(host, &format!(r#"ADM|RESET {{"dgi_authorization":"{order}"}}"#))?;
            host.rest();
            (0..9).try_for_each(|_| shop.sell(host, 100))?;
            shop.give_back(host, "RAM", 3)?;
            shop.close(host, "2026-03-15")
        })?;
        self.world.pass(DAY);
        self.session(|shop, host| {
            shop.sell(host, 1)?;
            shop.dump(host)
        })
    }

    /// The line comes to a device that stands by, goes and comes back, also in a second epoch.
    fn line(&mut self) -> anyhow::Result<()> {
        let code = self.authority.activation_in(Epoch(0), None);
        let init = self.authority.initialisation_with(&code);
        self.session(|_, host| obeyed(host, &init).map(|_| ()))?;
        self.session(|shop, host| {
            shop.enter(host, 0, 9)?;
            (0..3).try_for_each(|_| shop.sell(host, 3))?;
            shop.leave(host, 0)
        })?;
        self.session(|shop, host| {
            shop.enter(host, 0, 20)?;
            (0..2).try_for_each(|_| shop.sell(host, 3))?;
            shop.close(host, "2026-03-14")?;
            shop.acknowledge(host)?;
            shop.leave(host, 0)
        })?;
        self.session(|shop, host| {
            let order = shop.authority.reset(1, Some(shop.newest()?));
            obeyed(host, &format!(r#"ADM|RESET {{"dgi_authorization":"{order}"}}"#)).map(|_| ())
        })?;
        self.session(|shop, host| {
            shop.enter(host, 1, 5)?;
            (0..9).try_for_each(|_| shop.sell(host, 100))?;
            shop.leave(host, 1)?;
            shop.enter(host, 1, 30)?;
            shop.sell(host, 2)?;
            shop.close(host, "2026-03-14")?;
            shop.dump(host)
        })
    }

    /// From one start to a power cut between two commands.
    fn session(
        &mut self,
        work: impl FnOnce(&mut Self, &mut Host<'_>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let (world, mut memory) = (self.world.clone(), Box::new(Memory::new()));
        let mut host = Host::start(&world, self.authority.factory(), &mut memory);
        work(self, &mut host)?;
        host.rest();
        drop(host);
        world.cut();
        world.reboot();
        Ok(())
    }

    fn leave(&self, host: &mut Host<'_>, epoch: u32) -> anyhow::Result<()> {
        self.hand_over(host, HandOver::Leave { epoch: Epoch(epoch) })
    }

    fn enter(&self, host: &mut Host<'_>, epoch: u32, next: u64) -> anyhow::Result<()> {
        let next_number = InvoiceNumber::new(next).context("a number")?;
        let previous = RecordHash([7; 32]);
        self.hand_over(
            host,
            HandOver::Enter { epoch: Epoch(epoch), next_number, previous, floor: self.now() },
        )
    }

    /// An order holds when it is newer than the last that was obeyed.
    fn hand_over(&self, host: &mut Host<'_>, order: HandOver) -> anyhow::Result<()> {
        self.world.pass(Duration::from_secs(1));
        let token = self.authority.hand_over_from(order, self.now());
        obeyed(host, &format!(r#"CFG|HANDOVER {{"token":"{token}"}}"#)).map(|_| ())
    }

    fn now(&self) -> Timestamp {
        self.world.state().clock.now().expect("the clock runs")
    }

    fn sell(&mut self, host: &mut Host<'_>, lines: usize) -> anyhow::Result<()> {
        self.sold += 1;
        let sale = Sale::of("CAISSE-1", self.now(), lines, self.sold);
        self.newest = sealed(host, &sale.payload())?;
        Ok(())
    }

    /// Takes back some lines of the last sale.
    fn give_back(&mut self, host: &mut Host<'_>, nature: &'static str, lines: usize) -> anyhow::Result<()> {
        let original = Original {
            nature,
            epoch: u32::try_from(self.newest["epoch"].as_u64().context("an epoch")?)?,
            number: self.newest["invoice_seq"].as_u64().context("a number")?,
            auth_code: text(&self.newest["auth_code"]).to_owned(),
        };
        let sale = Sale::of("CAISSE-1", self.now(), 150, self.sold);
        self.newest = sealed(host, &sale.back(self.now(), original, lines).payload())?;
        Ok(())
    }

    fn close(&mut self, host: &mut Host<'_>, date: &str) -> anyhow::Result<()> {
        self.closed.push(obeyed(host, &format!(r#"RPT|Z {{"date":"{date}"}}"#))?);
        Ok(())
    }

    fn newest(&self) -> anyhow::Result<Newest> {
        Ok(Newest {
            epoch: Epoch(u32::try_from(self.newest["epoch"].as_u64().context("an epoch")?)?),
            number: self.newest["invoice_seq"].as_u64().and_then(InvoiceNumber::new).context("a number")?,
            hash: RecordHash::from_hex(text(&self.newest["record_hash"])).context("a hash")?,
        })
    }

    fn acknowledge(&mut self, host: &mut Host<'_>) -> anyhow::Result<()> {
        let token = self.authority.acknowledgement(self.newest()?, self.now());
        obeyed(host, &format!(r#"CFG|ACK {{"token":"{token}"}}"#)).map(|_| ())
    }

    fn dump(&mut self, host: &mut Host<'_>) -> anyhow::Result<()> {
        self.records = digest(host)?;
        Ok(())
    }

    /// What has to be found on the flash as it is now.
    fn known(&self) -> anyhow::Result<Value> {
        let copy = World::from(self.world.state());
        let mut memory = Box::new(Memory::new());
        let status = Host::start(&copy, self.authority.factory(), &mut memory).ask("QRY|STATUS");
        let members = ["lifecycle", "epoch", "next_invoice_seq", "closures", "unclosed", "public_key_id"];
        let status = members.into_iter().map(|name| (name.to_owned(), status[name].clone()));
        Ok(json!({
            "recovered": false,
            "status": Value::Object(status.collect()),
            "closure": self.closed.last().context("a day was closed")?,
            "records": self.records,
        }))
    }
}

fn obeyed(host: &mut Host<'_>, request: &str) -> anyhow::Result<Value> {
    let answer = host.ask(request);
    ensure!(answer["status"] == "OK", "{request}: {answer}");
    host.rest();
    Ok(answer)
}

fn sealed(host: &mut Host<'_>, payload: &str) -> anyhow::Result<Value> {
    let answer = host.sell(payload);
    ensure!(answer["status"] == "OK", "{answer}");
    host.rest();
    Ok(answer)
}

/// Every record that the device has: position, kind, epoch and number, hash.
fn digest(host: &mut Host<'_>) -> anyhow::Result<Vec<String>> {
    let (mut lines, mut after) = (Vec::new(), 0);
    loop {
        let chunk = obeyed(host, &format!(r#"ADM|DUMPLOG {{"format":"digest","after":{after}}}"#))?;
        for record in chunk["records"].as_array().context("a list")? {
            let (kind, hash) = (text(&record["kind"]), text(&record["record_hash"]));
            lines.push(format!(
                "{} {kind} {}/{} {hash}",
                record["position"], record["epoch"], record["invoice_seq"]
            ));
        }
        after = chunk["chunk_index"].as_u64().context("a position")?;
        if chunk["last"] == true {
            return Ok(lines);
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The board, over another image where there is one.
fn image(
    folder: &Path,
    name: &str,
    state: &State,
    over: Option<(&str, &State)>,
    known: Value,
) -> anyhow::Result<()> {
    image_of(VERSION, folder, name, state, over, known)
}

fn image_of(
    version: &str,
    folder: &Path,
    name: &str,
    state: &State,
    over: Option<(&str, &State)>,
    mut known: Value,
) -> anyhow::Result<()> {
    let below = over.map_or_else(|| vec![0xFF; SECTORS * SECTOR_BYTES], |(_, state)| flash(state));
    let packed = packed(&flash(state), &below)?;
    known["over"] = json!(over.map(|(name, _)| format!("{VERSION}-{name}")));
    known["sectors"] = json!(SECTORS);
    known["time"] = json!(state.clock.clone().now().context("the clock runs")?.to_string());
    let key: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    known["secure_element"] = json!({ "key": key, "counter": state.element.peek_counter() });
    let known = serde_json::to_string_pretty(&known)? + "\n";
    for (kind, bytes) in [("bin", packed.as_slice()), ("json", known.as_bytes())] {
        let path = folder.join(format!("{version}-{name}.{kind}"));
        match File::create_new(&path) {
            Ok(mut file) => file.write_all(bytes)?,
            Err(_) if fs::read(&path).is_ok_and(|there| there == bytes) => {}
            Err(fault) => bail!("{}: {fault}; an image that was released never changes", path.display()),
        }
    }
    Ok(())
}

fn flash(state: &State) -> Vec<u8> {
    let mut bytes = vec![0; SECTORS * SECTOR_BYTES];
    state.flash.clone().read(0, &mut bytes).expect("the flash is so large");
    bytes
}

/// What differs, in spans between which at least `GAP` bytes are the same.
fn packed(flash: &[u8], below: &[u8]) -> anyhow::Result<Vec<u8>> {
    let (mut packed, mut at) = (Vec::new(), 0);
    ensure!(flash.iter().zip(below).all(|(byte, below)| byte & below == *byte), "a sector was erased since");
    while let Some(skipped) = (at..flash.len()).position(|at| flash[at] != below[at]) {
        let start = at + skipped;
        let same = |from: usize| (from..flash.len()).take(GAP).all(|at| flash[at] == below[at]);
        let end =
            (start..flash.len()).find(|end| same(*end)).unwrap_or(flash.len()).min(start + SECTOR_BYTES);
        packed.extend((start as u32).to_be_bytes());
        packed.extend(((end - start) as u16).to_be_bytes());
        packed.extend(&flash[start..end]);
        at = end;
    }
    Ok(packed)
}
