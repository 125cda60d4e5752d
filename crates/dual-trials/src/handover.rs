//! One outlet whose line goes to a device and back, in good order and by force, with all that a merchant asks meanwhile.

use std::{path::Path, time::Duration};

use anyhow::{Context, ensure};
use def_protocol::reply::Seal;
use serde_json::json;

use crate::{Answer, Board, Client, Machine, OUTLETS, Place, Plan, Sale, now, until};

/// What was seen, one sentence each.
pub type Seen = Vec<String>;

struct Trial<'p> {
    place: &'p Place,
    device: Option<Machine>,
    cloud: Client,
    local: Client,
    nth: u64,
    /// Numbers in the order in which they were answered.
    numbers: Vec<u64>,
    seen: Seen,
}

const CLOUD: &str = "/api/v1/invoices";
const LOCAL: &str = "/v1/invoices";
const PATIENCE: Duration = Duration::from_secs(120);

/// Plays it in a folder of its own.
pub fn play(binary: &Path, plan: &Plan) -> anyhow::Result<Seen> {
    let folder = tempfile::Builder::new().prefix("stelala-handover-").tempdir()?;
    let played = play_in(binary, plan, folder.path());
    if played.is_err() {
        eprintln!("everything stays in {}", folder.keep().display());
    }
    played
}

fn play_in(binary: &Path, plan: &Plan, folder: &Path) -> anyhow::Result<Seen> {
    let place = Place::make(binary, folder, plan)?;
    let (mut cloud, address) = place.ready_cloud()?;
    let device = place.device(0, Board::Simulator, None)?;
    let (mut proxy, local) = place.proxy(0, address)?;
    place.activate(0, address, local)?;
    let mut trial = Trial {
        place: &place,
        device: Some(device),
        cloud: place.client(address),
        local: Client::new(local, None, PATIENCE),
        nth: 0,
        numbers: Vec::new(),
        seen: Vec::new(),
    };
    trial.in_good_order()?;
    trial.by_force()?;
    let mut seen = std::mem::take(&mut trial.seen);
    ensure!(trial.device.take().is_none_or(|mut device| device.stop().unwrap_or(false)), "the device's end");
    ensure!(proxy.stop()?, "the proxy did not end in good order");
    ensure!(cloud.stop()?, "the cloud did not end in good order");
    let config = place.config();
    place.command(&["verify", "ledger", "--config", &config])?;
    let out = place.folder.join("export").display().to_string();
    place.command(&["ledger", "export", "--config", &config, "--outlet", OUTLETS[0].id, "--out", &out])?;
    let (keys, attester) = (format!("{out}/keys.pem"), format!("{out}/attester.pem"));
    place.command(&["verify", "export", &out, "--trust", &keys, "--attester", &attester])?;
    seen.push("the referee finds ledger and export true".to_owned());
    Ok(seen)
}

impl Trial<'_> {
    fn in_good_order(&mut self) -> anyhow::Result<()> {
        let (first, kept) = self.sells(CLOUD)?;
        let (second, _) = self.sells(CLOUD)?;
        let early = self.sale().payload();
        self.refused(LOCAL, &early, "early-001", "HANDED_OVER")?;
        let sealed = self.seal(CLOUD, &early, "early-001")?;
        self.saw(format!(
            "a device that stands by seals nothing; the cloud sealed {} then",
            sealed.fiscal_number
        ));

        self.place.switch(&mut self.cloud, 0, true, PATIENCE)?;
        let (third, held) = self.sells(CLOUD)?;
        let (fourth, _) = self.sells(LOCAL)?;
        ensure!(third.device_id.as_str() == OUTLETS[0].device, "{} sealed", third.device_id);
        let again = self.offer(CLOUD, &kept.0, &kept.1)?;
        ensure!(
            again.status == 200 && seal_of(&again)? == first,
            "the cloud's own sale again: {}",
            again.words()
        );
        self.refused(CLOUD, &kept.0, "another-key", "REPLAY_DETECTED")?;
        self.saw(format!("the device goes on with {}; what the cloud sealed is known", third.fiscal_number));

        self.credits_by_voucher(&first)?;
        self.credits_friendly(&second)?;
        self.unplugged()?;

        self.place.switch(&mut self.cloud, 0, false, PATIENCE)?;
        let (fifth, _) = self.sells(CLOUD)?;
        ensure!(fifth.device_id.as_str() != OUTLETS[0].device, "{} sealed", fifth.device_id);
        let again = self.offer(CLOUD, &held.0, &held.1)?;
        ensure!(
            again.status == 200 && seal_of(&again)? == third,
            "the device's sale again: {}",
            again.words()
        );
        let note = Sale { nth: 9_001, ..self.sale_of(&fourth) }.credit(&fourth, None);
        self.seal(CLOUD, &note, "note-back")?;
        self.saw(format!(
            "the cloud goes on with {}, and takes back what the device sealed",
            fifth.fiscal_number
        ));
        let count = self.numbers.len() as u64;
        ensure!(self.numbers.iter().copied().eq(1..=count), "numbers: {:?}", self.numbers);
        self.saw(format!("numbers 1 to {count} without a gap, over both signers and two switches"));
        Ok(())
    }

    /// What the cloud sealed is credited at the device, with leave of the ledger.
    fn credits_by_voucher(&mut self, original: &Seal) -> anyhow::Result<()> {
        let sale = self.sale_of(original);
        let bare = Sale { nth: 9_000, ..sale.clone() }.credit(original, None);
        self.refused(CLOUD, &bare, "bare-note", "ORIGINAL_ELSEWHERE")?;
        let asked = self.cloud.send(
            "POST",
            "/api/v1/vouchers",
            &json!({ "fiscal_number": original.fiscal_number.to_string() }),
        )?;
        let answer = asked.json();
        let voucher = answer["voucher"].as_str().with_context(|| asked.words())?;
        let note = sale.credit(original, Some(voucher));
        let sealed = self.seal(LOCAL, &note, "voucher-note")?;
        let twice = Sale { nth: 9_002, ..sale }.credit(original, Some(voucher));
        let again = self.offer(LOCAL, &twice, "voucher-again")?;
        ensure!(again.status >= 400, "a voucher was used twice: {}", again.words());
        self.saw(format!(
            "{} takes back {} by a voucher, once",
            sealed.fiscal_number, original.fiscal_number
        ));
        Ok(())
    }

    /// A friendly note gets its voucher by itself.
    fn credits_friendly(&mut self, original: &Seal) -> anyhow::Result<()> {
        let sale = self.sale_of(original);
        let note = json!({
            "outlet_id": OUTLETS[0].id, "invoice_type": "credit_note", "timestamp": format!("{}Z", now()),
            "pos_terminal_id": "TILL-F", "cashier_id": "GRACE", "currency": "CDF",
            "items": [{
                "code": "ART-001", "description": "Article 001", "quantity": -i64::try_from(sale.quantity)?,
                "unit_price": sale.price, "tax_group": "standard_vat", "taxable_unit": "pièce",
            }],
            "payments": [{ "method": "cash" }],
            "reference": {
                "nature": "RAN", "outlet_id": OUTLETS[0].id, "epoch": original.epoch.0,
                "invoice_seq": original.invoice_seq, "auth_code": original.auth_code.to_string(),
            },
        });
        let answer = self.cloud.send("POST", "/api/v1/invoices?complete=true", &note)?;
        ensure!(answer.status == 201, "a friendly note: {}", answer.words());
        let number = answer.json()["invoice_seq"].as_u64().context("a number")?;
        self.numbers.push(number);
        self.saw(format!(
            "a friendly note takes back {}, and needs to know of no voucher",
            original.fiscal_number
        ));
        Ok(())
    }

    /// Without its device nothing is sealed, and nothing falls back.
    fn unplugged(&mut self) -> anyhow::Result<()> {
        ensure!(self.device.take().context("it is plugged in")?.stop()?, "the device's end");
        let sale = self.sale().payload();
        let gone = until(PATIENCE, || {
            let answer = self.offer(CLOUD, &sale, "unplugged")?;
            Ok((answer.code() == "DEVICE_UNREACHABLE").then_some(answer))
        })?;
        gone.context("a sale without the device is not refused")?;
        let wish = json!({ "mode": "cloud" });
        let path = format!("/api/v1/outlets/{}/mode", OUTLETS[0].id);
        let switch = self.cloud.send("PUT", &path, &wish)?;
        ensure!(matches!(switch.status, 409 | 503), "a switch without the device: {}", switch.words());
        self.device = Some(self.place.device(0, Board::Simulator, None)?);
        let code = switch.code();
        let back = until(PATIENCE, || {
            let answer = self.offer(CLOUD, &sale, "unplugged")?;
            Ok((answer.status < 300).then_some(answer))
        })?;
        let seal = seal_of(&back.context("the device does not come back")?)?;
        self.numbers.push(seal.invoice_seq);
        self.saw(format!(
            "without its device: DEVICE_UNREACHABLE, and {code} to a switch; then {}",
            seal.fiscal_number
        ));
        Ok(())
    }

    /// The device is lost: a new epoch, and what it still has is told apart.
    fn by_force(&mut self) -> anyhow::Result<()> {
        self.place.switch(&mut self.cloud, 0, true, PATIENCE)?;
        self.sells(CLOUD)?;
        ensure!(self.device.take().context("it is plugged in")?.stop()?, "the device's end");
        let wish = json!({ "mode": "cloud", "force": true, "reason": "lost" });
        let path = format!("/api/v1/outlets/{}/mode", OUTLETS[0].id);
        let forced = self.cloud.send("PUT", &path, &wish)?;
        ensure!(forced.status == 200, "a forced switch: {}", forced.words());
        let payload = self.sale().payload();
        let answer = self.offer(CLOUD, &payload, "forced-001")?;
        let seal = seal_of(&answer)?;
        ensure!(
            (seal.epoch.0, seal.invoice_seq) == (1, 1),
            "{} is not the first of a new epoch",
            seal.fiscal_number
        );
        self.device = Some(self.place.device(0, Board::Simulator, None)?);
        // Until it hears of it, it seals: what it sealed late belongs to its old line.
        let mut late = Vec::new();
        let code = until(PATIENCE, || {
            let payload = self.sale().payload();
            let answer = self.offer(LOCAL, &payload, &format!("late-{:08}", self.nth))?;
            late.extend(answer.json()["fiscal_number"].as_str().map(str::to_owned));
            let code = answer.code();
            Ok((code == "DEVICE_REVOKED").then_some(code))
        })?;
        code.context("a device that was given up is not revoked when it comes back")?;
        ensure!(late.iter().all(|number| number.contains("-0-")), "of the new line: {late:?}");
        let held = until(PATIENCE, || {
            let Some(number) = late.last() else { return Ok(Some(())) };
            let answer = self.cloud.get(&format!("/api/v1/invoices/{number}"))?;
            Ok((answer.status == 200).then_some(()))
        })?;
        held.with_context(|| format!("what it sealed late does not come to the ledger: {late:?}"))?;
        self.saw(format!(
            "a lost device: {} begins a new epoch; it came back, sealed {} more, and is revoked",
            seal.fiscal_number,
            late.len()
        ));
        Ok(())
    }

    fn saw(&mut self, what: String) {
        self.seen.push(what);
    }

    fn sale(&mut self) -> Sale {
        self.nth += 1;
        Sale { outlet: 0, till: "CAISSE-1".to_owned(), nth: self.nth, time: now(), quantity: 2, price: 1_000 }
    }

    /// A sale of as much as each is.
    fn sale_of(&mut self, _: &Seal) -> Sale {
        self.sale()
    }

    /// A new sale, its bytes and its key.
    fn sells(&mut self, path: &str) -> anyhow::Result<(Seal, (String, String))> {
        let payload = self.sale().payload();
        let key = format!("handover-{:04}", self.nth);
        Ok((self.seal(path, &payload, &key)?, (payload, key)))
    }

    fn seal(&mut self, path: &str, payload: &str, key: &str) -> anyhow::Result<Seal> {
        let answer = self.offer(path, payload, key)?;
        ensure!(answer.status == 201, "{key} at {path}: {}", answer.words());
        let seal = seal_of(&answer)?;
        self.numbers.push(seal.invoice_seq);
        Ok(seal)
    }

    fn refused(&mut self, path: &str, payload: &str, key: &str, code: &str) -> anyhow::Result<()> {
        let answer = self.offer(path, payload, key)?;
        ensure!(answer.code() == code, "{key} at {path}, where {code} was expected: {}", answer.words());
        Ok(())
    }

    fn offer(&mut self, path: &str, payload: &str, key: &str) -> anyhow::Result<Answer> {
        let client = if path == LOCAL { &mut self.local } else { &mut self.cloud };
        client.offer(path, payload, Some(key)).with_context(|| format!("{key} at {path}"))
    }
}

fn seal_of(answer: &Answer) -> anyhow::Result<Seal> {
    serde_json::from_str(&answer.body).with_context(|| answer.words())
}
