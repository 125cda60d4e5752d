//! A signer that closes its days, by addition over the payloads' JSON: nothing of the referee counts here.

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{
    Chain, Epoch, EventKind, Head, HeadState, Moment, PayloadHash, Proven, RecordHash, Timestamp, UtcOffset,
    Validated,
};
use p256::ecdsa::SigningKey;
use serde_json::Value;

use super::{Entry, chain};

/// The vectors that can be sold one after another, but for the one that leaves no room for others in a sum.
pub const PAYLOADS: &[&str] = &[
    include_str!("../../../../vectors/canonical/valid_sale_ht_one_item.json"),
    include_str!("../../../../vectors/canonical/valid_sale_ht_mixed_groups.json"),
    include_str!("../../../../vectors/canonical/valid_export_usd.json"),
    include_str!("../../../../vectors/canonical/valid_credit_note_rebate.json"),
    include_str!("../../../../vectors/canonical/valid_credit_note_return.json"),
    include_str!("../../../../vectors/canonical/valid_credit_note_void.json"),
    include_str!("../../../../vectors/canonical/valid_credit_note_ttc_partial.json"),
    include_str!("../../../../vectors/canonical/valid_export_advance_usd.json"),
    include_str!("../../../../vectors/canonical/valid_export_credit_usd.json"),
    include_str!("../../../../vectors/canonical/valid_advance_embassy.json"),
    include_str!("../../../../vectors/canonical/valid_sale_ttc_rounding.json"),
    include_str!("../../../../vectors/canonical/valid_sale_four_decimal_price.json"),
];

pub struct Till {
    key: Proven<SigningKey>,
    head: Head,
    /// What it sealed.
    pub entries: Vec<Entry>,
    /// How many of them are closed; a closure is.
    closed: usize,
    closures: u64,
    counter: u64,
    /// Whether it has a secure element that counts.
    counts: bool,
    /// What is written at the start of the next closure as skipped.
    pub skipped: u64,
}

impl Till {
    pub fn open(key: Proven<SigningKey>) -> Self {
        let chain = chain(&key);
        Self::of(chain, key, HeadState::START)
    }

    pub fn of(chain: Chain, key: Proven<SigningKey>, state: HeadState) -> Self {
        let head = Head::open(chain, state);
        Self { key, head, entries: Vec::new(), closed: 0, closures: 0, counter: 0, counts: true, skipped: 0 }
    }

    /// A signer without a secure element.
    pub fn cloud(chain: Chain, key: Proven<SigningKey>, state: HeadState) -> Self {
        Self { counts: false, ..Self::of(chain, key, state) }
    }

    /// Goes on with another key.
    pub fn change_key(&mut self, key: Proven<SigningKey>) {
        let chain = Chain { key: key.public_key().id(), ..*self.head.chain() };
        self.head = Head::open(chain, self.state());
        self.key = key;
    }

    /// A device in Kinshasa.
    pub fn provisioned(key: Proven<SigningKey>) -> Self {
        let mut till = Self::open(key);
        let body = binding("provisioned", 60, 1);
        till.event(EventKind::Provisioned, &body, "2026-02-04T08:00:00");
        till
    }

    pub fn state(&self) -> HeadState {
        *self.head.state()
    }

    /// Goes on elsewhere: after a hand-over.
    pub fn go_on(&mut self, state: HeadState) {
        self.head = Head::open(*self.head.chain(), state);
    }

    /// Goes on in a new epoch, tied to the old one.
    pub fn open_epoch(&mut self, epoch: u32, body: &str, at: &str) {
        let chain = Chain { epoch: Epoch(epoch), ..*self.head.chain() };
        self.head = Head::open(chain, self.state().in_new_epoch());
        (self.closed, self.closures) = (self.entries.len(), 0);
        self.event(EventKind::Epoch, body, at);
    }

    pub fn sell(&mut self, payload: &str, at: &str) {
        let moment = self.moment(at);
        let linked = self.head.link(&Validated::read(payload.as_bytes()).unwrap().sale(), moment).unwrap();
        let record = *linked.sign(&self.key).unwrap().record();
        self.entries.push(Entry { record, payload: payload.to_owned() });
    }

    pub fn event(&mut self, kind: EventKind, body: &str, at: &str) {
        let moment = self.moment(at);
        let linked = self.head.link_event(kind, PayloadHash::of(body.as_bytes()), moment).unwrap();
        let record = *linked.sign(&self.key).unwrap().record();
        self.entries.push(Entry { record, payload: body.to_owned() });
    }

    /// The element counts and no record has it.
    pub fn skip(&mut self, counts: u64) {
        self.counter += counts;
        self.skipped += counts;
    }

    fn moment(&mut self, at: &str) -> Moment {
        self.counter += u64::from(self.counts);
        Moment { now: at.parse().unwrap(), tolerance_seconds: 0, counter: self.counter }
    }

    /// Seals what is true.
    pub fn close(&mut self, at: &str) {
        let body = self.body();
        self.close_as(&body, at);
    }

    /// Seals what someone says.
    pub fn close_as(&mut self, body: &str, at: &str) {
        self.event(EventKind::Closure, body, at);
        (self.closed, self.closures, self.skipped) = (self.entries.len(), self.closures + 1, 0);
    }

    /// What a closure says that is true.
    pub fn body(&self) -> String {
        closure(&self.entries[self.closed..], self.closures + 1, self.skipped)
    }
}

/// What a closure over these records says, by `docs/formats.md`.
pub fn closure(covered: &[Entry], number: u64, skipped: u64) -> String {
    let (first, last) = (&covered[0].record, &covered[covered.len() - 1].record);
    let invoices: Vec<_> = covered.iter().filter(|entry| entry.record.header.invoice().is_some()).collect();
    let day = |entry: &Entry| entry.record.header.time.date_at(UtcOffset::KINSHASA);
    let ends = (invoices.first().copied().unwrap_or(&covered[0]), invoices.last().copied());
    let days = (day(ends.0), day(ends.1.unwrap_or(&covered[covered.len() - 1])));
    let number_of = |entry: Option<&&Entry>| {
        entry.map_or("null".to_owned(), |entry| entry.record.header.invoice().unwrap().number.to_string())
    };
    let payloads: Vec<Value> =
        invoices.iter().map(|entry| serde_json::from_str(&entry.payload).unwrap()).collect();
    format!(
        r#"{{"period":"{}","sequence_start":{},"sequence_end":{},"totals":[{}],"currencies":[{}],"closure":{number},"first_day":"{}","last_day":"{}","position_start":{},"position_end":{},"previous_hash":"{}","last_hash":"{}","counter_skipped":{skipped}}}"#,
        days.1,
        number_of(invoices.first()),
        number_of(invoices.last()),
        totals(&payloads),
        currencies(&payloads),
        days.0,
        days.1,
        first.link.position,
        last.link.position,
        first.link.previous,
        last.hash(),
    )
}

/// Name, and the figures that add up under it, in the order of appearance.
fn grouped<const N: usize>(rows: impl Iterator<Item = (String, [i64; N])>) -> Vec<(String, [i64; N], u64)> {
    let mut sums: Vec<(String, [i64; N], u64)> = Vec::new();
    for (name, figures) in rows {
        match sums.iter_mut().find(|sum| sum.0 == name) {
            Some(sum) => {
                sum.1.iter_mut().zip(figures).for_each(|(sum, figure)| *sum += figure);
                sum.2 += 1;
            }
            None => sums.push((name, figures, 1)),
        }
    }
    sums
}

fn totals(payloads: &[Value]) -> String {
    let rows = payloads.iter().flat_map(|payload| {
        payload["tax_groups"].as_array().unwrap().iter().map(|group| {
            let name =
                [&group["code"], &group["rate"], &payload["totals"]["currency"], &payload["invoice_type"]];
            let nature = &payload["reference"]["nature"];
            let name = name.map(Value::to_string).join("|") + "|" + &nature.to_string();
            (name, [centimes(&group["base_amount"]), centimes(&group["tax_amount"])])
        })
    });
    let written = grouped(rows).into_iter().map(|(name, [base, vat], count)| {
        let [code, rate, currency, kind, nature] = name.split('|').collect::<Vec<_>>().try_into().unwrap();
        let (base, vat) = (money(base), money(vat));
        format!(
            r#"{{"tax_group":{code},"base":"{base}","vat":"{vat}","rate":{rate},"currency":{currency},"invoice_type":{kind},"nature":{nature},"count":{count}}}"#
        )
    });
    written.collect::<Vec<_>>().join(",")
}

fn currencies(payloads: &[Value]) -> String {
    let rows = payloads.iter().map(|payload| {
        let (total, vat) = (centimes(&payload["totals"]["total"]), centimes(&payload["totals"]["total_vat"]));
        let parts = match payload["reference"]["nature"].as_str() {
            None => [total, 0, 0],
            Some("RAN") => [0, 0, total],
            Some(_) => [0, total, 0],
        };
        (payload["totals"]["currency"].to_string(), [parts[0], parts[1], parts[2], total, vat])
    });
    let written = grouped(rows).into_iter().map(|(currency, figures, count)| {
        let [sales, returns, voids, net, vat] = figures.map(money);
        format!(
            r#"{{"currency":{currency},"sales":"{sales}","returns":"{returns}","voids":"{voids}","net":"{net}","vat":"{vat}","count":{count}}}"#
        )
    });
    written.collect::<Vec<_>>().join(",")
}

fn centimes(amount: &Value) -> i64 {
    amount.as_str().unwrap().replace('.', "").parse().unwrap()
}

fn money(centimes: i64) -> String {
    let sign = if centimes < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", centimes.abs() / 100, centimes.abs() % 100)
}

/// The body of a record that says the outlet's zone, byte by byte from `docs/formats.md`.
pub fn binding(event: &str, minutes: i16, first_number: u64) -> String {
    let mut token = vec![1, b'D', 1];
    let text = |token: &mut Vec<u8>, text: &str| {
        token.push(u8::try_from(text.len()).unwrap());
        token.extend(text.as_bytes());
    };
    text(&mut token, "BONO-USB-001");
    token.extend([0; 16]);
    ["A1234567Z", "OUTLET-001", "BONO"].iter().for_each(|part| text(&mut token, part));
    token.extend(0_u32.to_be_bytes());
    token.extend(first_number.to_be_bytes());
    token.extend(minutes.to_be_bytes());
    token.extend([7; 144]);
    let token = Base64UrlUnpadded::encode_string(&token);
    format!(r#"{{"event":"{event}","activation":"{token}","firmware_version":"0.1.0","skipped":0}}"#)
}

/// Chains records anew and signs them with key 1, from the first on; closures get the hashes of the new chain.
pub fn rechained(entries: &[Entry], change: impl Fn(usize, &mut Entry)) -> Vec<Entry> {
    let key = super::key(1);
    let mut chained: Vec<Entry> = Vec::new();
    let mut renamed: Vec<(RecordHash, RecordHash)> = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let mut entry = entry.clone();
        let old = entry.record.hash();
        for (old, new) in &renamed {
            entry.payload = entry.payload.replace(&old.to_string(), &new.to_string());
        }
        entry.record.header.key = key.public_key().id();
        if let Some(before) = chained.last() {
            entry.record.link.previous = before.record.hash();
        }
        change(at, &mut entry);
        entry.record.link.payload = PayloadHash::of(entry.payload.as_bytes());
        entry = super::resealed(&entry, |_| ());
        renamed.push((old, entry.record.hash()));
        chained.push(entry);
    }
    chained
}

pub fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}
