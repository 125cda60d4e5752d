//! What is asked, in its order.

use anyhow::{Context, ensure};
use def_protocol::reply::Seal;
use fiscal::{PayloadHash, Timestamp};
use serde_json::{Value, json};

use super::day;
use crate::{Answer, Client, OUTLETS, Place, Sale};

/// An answer, by the name of what was asked.
#[derive(Clone, Debug)]
pub struct Said {
    /// What was asked.
    pub what: String,
    /// The status of HTTP, or the exit code of a command.
    pub status: u16,
    /// JSON, or a text as a string.
    pub body: Value,
}

/// All answers.
pub type Transcript = Vec<Said>;

const INVOICES: &str = "/api/v1/invoices";

struct Suite<'c> {
    client: &'c mut Client,
    base: Timestamp,
    nth: u64,
    said: Transcript,
}

/// Asks a cloud for everything that a merchant's programs ask.
pub(super) fn ask(client: &mut Client, base: Timestamp) -> anyhow::Result<Transcript> {
    let mut suite = Suite { client, base, nth: 0, said: Vec::new() };
    let first = suite.sells()?;
    suite.replays(&first)?;
    suite.refuses(&first)?;
    let seals = suite.sells_a_day()?;
    let number = seals.first().context("the day has sales")?.fiscal_number.to_string();
    suite.takes_back()?;
    suite.sells_friendly()?;
    suite.reads(&number, &first.0)?;
    suite.reports()?;
    suite.verifies(&number)?;
    Ok(suite.said)
}

/// What an auditor gets, when nothing runs any more.
pub(super) fn examine(place: &Place) -> anyhow::Result<Transcript> {
    let (config, out) = (place.config(), place.folder.join("export"));
    let name = out.display().to_string();
    let [keys, attester] = ["keys.pem", "attester.pem"].map(|file| out.join(file).display().to_string());
    let commands: [(&str, &[&str]); 3] = [
        ("export", &["ledger", "export", "--config", &config, "--outlet", OUTLETS[0].id, "--out", &name]),
        ("verify export", &["verify", "export", &name, "--trust", &keys, "--attester", &attester]),
        ("verify ledger", &["verify", "ledger", "--config", &config]),
    ];
    let mut said = Vec::new();
    for (what, arguments) in commands {
        place.command(arguments)?;
        said.push(Said { what: what.to_owned(), status: 0, body: Value::Null });
    }
    Ok(said)
}

impl Suite<'_> {
    fn keep(&mut self, what: &str, answer: Answer) -> Answer {
        let json = answer.json();
        let body = if json.is_null() { Value::from(answer.body.as_str()) } else { json };
        self.said.push(Said { what: what.to_owned(), status: answer.status, body });
        answer
    }

    fn get(&mut self, what: &str, path: &str) -> anyhow::Result<Answer> {
        let answer = self.client.get(path).with_context(|| what.to_owned())?;
        Ok(self.keep(what, answer))
    }

    fn send(&mut self, what: &str, path: &str, body: &Value) -> anyhow::Result<Answer> {
        let answer = self.client.send("POST", path, body).with_context(|| what.to_owned())?;
        Ok(self.keep(what, answer))
    }

    fn offer(&mut self, what: &str, payload: &str, key: Option<&str>) -> anyhow::Result<Answer> {
        let answer = self.client.offer(INVOICES, payload, key).with_context(|| what.to_owned())?;
        Ok(self.keep(what, answer))
    }

    /// Offers what has to be sealed.
    fn seal(&mut self, what: &str, payload: &str, key: Option<&str>) -> anyhow::Result<Seal> {
        let answer = self.offer(what, payload, key)?;
        ensure!(answer.status == 201, "{what}: {}", answer.words());
        serde_json::from_str(&answer.body).with_context(|| format!("{what}: {}", answer.words()))
    }

    fn sale(&mut self) -> Sale {
        self.nth += 1;
        let till = format!("CAISSE-{}", self.nth % 3);
        Sale {
            outlet: 0,
            till,
            nth: self.nth,
            time: self.base,
            quantity: 1 + self.nth % 4,
            price: 700 + 50 * self.nth,
        }
    }

    fn sells(&mut self) -> anyhow::Result<(String, Seal)> {
        let payload = self.sale().payload();
        let seal = self.seal("a sale", &payload, Some("suite-0001"))?;
        self.get("the same, read at once", &format!("{INVOICES}/{}", seal.fiscal_number))?;
        Ok((payload, seal))
    }

    fn replays(&mut self, (payload, seal): &(String, Seal)) -> anyhow::Result<()> {
        let again = self.offer("the same bytes under the same key", payload, Some("suite-0001"))?;
        ensure!(serde_json::from_str::<Seal>(&again.body).is_ok_and(|again| again == *seal), "another seal");
        self.offer("the same bytes under another key", payload, Some("suite-0002"))?;
        self.offer("the same bytes without a key", payload, None)?;
        let other = self.sale().payload();
        self.offer("other bytes under the same key", &other, Some("suite-0001"))?;
        let payload = self.sale().payload();
        self.seal("a sale without a key", &payload, None)?;
        self.offer("and the same again", &payload, None)?;
        Ok(())
    }

    fn refuses(&mut self, (payload, _): &(String, Seal)) -> anyhow::Result<()> {
        let mut wrong = vec![("a false total", self.sale().false_payload())];
        let mut changed = |what, from: &str, to: &str| {
            let sale = self.sale().payload();
            wrong.push((what, sale.replacen(from, to, 1)));
        };
        changed("white space", ",\"items\"", ", \"items\"");
        changed("an unknown member", "\"client\"", "\"customer\"");
        changed("a tax group that is none", "standard_vat", "luxury_vat");
        changed("another merchant", "\"merchant_nif\":\"A", "\"merchant_nif\":\"B");
        changed("an outlet that is none", OUTLETS[0].id, "KIN-NOWHERE-01");
        changed("a stamp far ahead", &self_time(payload), "2099-01-01T00:00:00");
        for (index, (what, payload)) in wrong.iter().enumerate() {
            self.offer(what, payload, Some(&format!("wrong-{index:04}")))?;
        }
        self.offer("nothing at all", "", Some("wrong-9999"))?;
        Ok(())
    }

    fn sells_a_day(&mut self) -> anyhow::Result<Vec<Seal>> {
        let mut seals = Vec::new();
        for (index, text) in day::texts()?.iter().enumerate() {
            let payload = day::payload(text, self.base, &seals)?;
            seals.push(self.seal(
                &format!("sale {} of the day", index + 1),
                &payload,
                Some(&format!("day-{index:08}")),
            )?);
        }
        Ok(seals)
    }

    fn takes_back(&mut self) -> anyhow::Result<()> {
        let sale = self.sale();
        let original = self.seal("an original", &sale.payload(), Some("original-1"))?;
        let note = sale.credit(&original, None);
        self.seal("a note that takes it back", &note, Some("note-0001"))?;
        self.offer("the note again", &note, Some("note-0001"))?;
        let second = Sale { till: "CAISSE-9".to_owned(), ..sale.clone() }.credit(&original, None);
        self.offer("another note that takes it back", &second, Some("note-0002"))?;
        let larger = Sale { quantity: sale.quantity + 1, ..self.sale() };
        let other = self.sale();
        let original = self.seal("another original", &other.payload(), Some("original-2"))?;
        let larger = Sale { price: other.price, ..larger }.credit(&original, None);
        self.offer("a note of more than it", &larger, Some("note-0003"))?;
        let mut missing = original.clone();
        missing.invoice_seq = 9_999;
        let missing = other.credit(&missing, None);
        self.offer("a note of an original that is none", &missing, Some("note-0004"))?;
        Ok(())
    }

    fn sells_friendly(&mut self) -> anyhow::Result<()> {
        let mut sale = json!({
            "outlet_id": OUTLETS[0].id, "invoice_type": "sale", "timestamp": format!("{}Z", self.base),
            "pos_terminal_id": "TILL-1", "cashier_id": "GRACE", "currency": "CDF",
            "items": [{ "code": "BREAD", "description": "Pain", "quantity": 2, "unit_price": 1500, "tax_group": "standard_vat" }],
            "payments": [{ "method": "cash" }],
        });
        let path = format!("{INVOICES}?complete=true");
        self.send("a friendly sale", &path, &sale)?;
        self.send("the same again", &path, &sale)?;
        sale["items"][0]["tax_group"] = json!("none");
        self.send("a friendly sale that is none", &path, &sale)?;
        Ok(())
    }

    fn reads(&mut self, number: &str, first: &str) -> anyhow::Result<()> {
        let id = OUTLETS[0].id;
        self.get("an invoice", &format!("{INVOICES}/{number}"))?;
        self.get("its status", &format!("{INVOICES}/{number}/status"))?;
        self.get("an invoice that is none", &format!("{INVOICES}/{}-0-00009999", OUTLETS[0].prefix))?;
        self.get("by its key", &format!("{INVOICES}?outlet_id={id}&idempotency_key=suite-0001"))?;
        self.get("by a key that is none", &format!("{INVOICES}?outlet_id={id}&idempotency_key=nobodys-key"))?;
        let hash = PayloadHash::of(first.as_bytes());
        let by = format!("{INVOICES}?outlet_id={id}&payload_hash={hash}&timestamp={}", self.base);
        self.get("by its hash", &by)?;
        self.get("a list", &format!("{INVOICES}?outlet_id={id}&limit=100"))?;
        self.get("a receipt", &format!("/api/v1/receipts/{number}.txt"))?;
        self.get("a second copy", &format!("/api/v1/receipts/{number}.txt?copy=1"))?;
        Ok(())
    }

    fn reports(&mut self) -> anyhow::Result<()> {
        let id = OUTLETS[0].id;
        let date = self.base.date_at(fiscal::UtcOffset::KINSHASA);
        self.get("an X report of the session", &format!("/api/v1/reports/x?outlet_id={id}&period=session"))?;
        self.get("an X report of the day", &format!("/api/v1/reports/x?outlet_id={id}&period=day"))?;
        self.get("an A report", &format!("/api/v1/reports/a?outlet_id={id}&since={date}&until={date}"))?;
        let day = json!({ "outlet_id": id, "date": date.to_string() });
        self.get("a Z report before its time", &format!("/api/v1/reports/z?outlet_id={id}&date={date}"))?;
        self.send("a Z report", "/api/v1/reports/z", &day)?;
        self.send("the Z report again", "/api/v1/reports/z", &day)?;
        self.get("the Z report, read", &format!("/api/v1/reports/z?outlet_id={id}&date={date}"))?;
        self.get("an X report after it", &format!("/api/v1/reports/x?outlet_id={id}&period=session"))?;
        Ok(())
    }

    fn verifies(&mut self, number: &str) -> anyhow::Result<()> {
        let seal = self.client.get(&format!("{INVOICES}/{number}"))?.json();
        let qr = seal["qr_payload"].as_str().context("a QR code")?.to_owned();
        self.send("a QR code", "/api/v1/verify/qr", &json!({ "qr": qr }))?;
        let lie = qr.replacen("|CDF|", "|USD|", 1);
        self.send("a false QR code", "/api/v1/verify/qr", &json!({ "qr": lie }))?;
        let code = seal["auth_code"].as_str().context("an authentication code")?;
        self.get("a number with its code", &format!("/api/v1/verify/{number}?auth_code={code}"))?;
        self.get(
            "a number with a false code",
            &format!("/api/v1/verify/{number}?auth_code=0000000000000000"),
        )?;
        Ok(())
    }
}

/// The stamp of a payload.
fn self_time(payload: &str) -> String {
    let (_, rest) = payload.split_once("\"timestamp\":\"").unwrap_or_default();
    rest.chars().take(19).collect()
}
