//! Devices to which lines of numbers go, and what the world does with them.

use fiscal::{DeviceId, Epoch, OutletId, RecordHash};

use super::world::{OUTLETS, OWN, World};
use crate::{
    Delivered, Delivery, Line, Lost, Row, SealingKey, line, store::LedgerStore, testing::TestDevice,
    writer::Work,
};

/// A device and what it was told.
pub(super) struct Device {
    device: TestDevice,
    outlet: OutletId,
    epoch: Epoch,
    /// Behind which close of the ledger's own signer it entered last.
    entered: Option<RecordHash>,
    /// A device that was given up goes on where it stands, and gets no order any more.
    is_given_up: bool,
}

impl World {
    pub(super) fn step_of_line(&mut self) {
        let outlet: OutletId = OUTLETS[self.below(2) as usize].parse().unwrap();
        match self.below(80) {
            0..6 => self.leave(outlet),
            6..14 => self.enter_device(outlet),
            14..40 => self.sell_there(outlet),
            40..70 => self.deliver_some(),
            70..73 => self.close_device(outlet),
            73..79 => self.take_back(outlet),
            _ => self.force(outlet),
        }
    }

    /// The device that gets the outlet's orders; a new one in an epoch that the one before does not know.
    fn device_of(&mut self, outlet: OutletId) -> usize {
        let epoch = self.database.clone().head(outlet).ok().flatten().map(|head| head.chain.epoch);
        let newest = self.devices.iter().rposition(|device| device.outlet == outlet);
        let fits = |device: &Device| !device.is_given_up && epoch.is_none_or(|epoch| epoch == device.epoch);
        if let Some(at) = newest.filter(|at| fits(&self.devices[*at])) {
            return at;
        }
        if let Some(at) = newest {
            self.devices[at].is_given_up = true;
        }
        let epoch = epoch.unwrap_or(Epoch(0));
        // The key follows from the last character.
        let letter = char::from(b'0' + u8::try_from(self.devices.len()).unwrap());
        let letter = if letter.is_ascii_alphanumeric() {
            letter.to_string()
        } else {
            format!("-{}", self.devices.len())
        };
        let device = TestDevice::new(outlet.as_str(), &format!("DEF-{}{letter}", self.devices.len()), epoch);
        let key = SealingKey { key: device.key(), signer: device.id(), since: self.now(), until: None };
        self.database.publish_key(&key).unwrap();
        self.devices.push(Device { device, outlet, epoch, entered: None, is_given_up: false });
        self.devices.len() - 1
    }

    fn line(&self, outlet: OutletId) -> Option<Line> {
        let mut store = self.database.clone();
        let head = store.head(outlet).ok().flatten()?;
        line::of(&mut store, &head).ok().flatten()
    }

    fn leave(&mut self, outlet: OutletId) {
        let at = self.device_of(outlet);
        let to = self.devices[at].device.id();
        self.work_at(outlet, Work::Leave(to));
    }

    fn take_back(&mut self, outlet: OutletId) {
        let at = self.device_of(outlet);
        let from = self.devices[at].device.id();
        self.work_at(outlet, Work::Enter(from));
    }

    fn force(&mut self, outlet: OutletId) {
        let at = self.device_of(outlet);
        let device = &self.devices[at].device;
        let lost = Lost { device: device.id(), key: device.key().id(), reason: "lost" };
        self.work_at(outlet, Work::Force(lost));
    }

    /// The order to enter reaches the device; each close is entered once.
    fn enter_device(&mut self, outlet: OutletId) {
        let at = self.device_of(outlet);
        let Some(line) = self.line(outlet) else { return };
        let now = self.now();
        let Device { device, entered, .. } = &mut self.devices[at];
        let holds = line.holder == crate::Holder::Device(device.id());
        let Some(close) = line.close.filter(|_| holds && !device.is_on_line) else { return };
        if *entered != Some(close.previous) {
            *entered = Some(close.previous);
            device.enter(&close, now);
        }
    }

    fn close_device(&mut self, outlet: OutletId) {
        let at = self.device_of(outlet);
        let now = self.now();
        let device = &mut self.devices[at].device;
        if device.is_on_line {
            device.close(now);
        }
    }

    /// A till sells at a device, also at one that was given up; some offer what they have offered to the cloud.
    fn sell_there(&mut self, outlet: OutletId) {
        let on_line = |device: &Device| device.outlet == outlet && device.device.is_on_line;
        let sellers: Vec<usize> = (0..self.devices.len()).filter(|at| on_line(&self.devices[*at])).collect();
        let Some(at) = sellers.len().checked_sub(1).map(|most| sellers[self.below(most as u64 + 1) as usize])
        else {
            return;
        };
        let which = if self.below(3) == 0 && !self.asked.is_empty() {
            self.below(self.asked.len() as u64) as usize
        } else {
            let payload = self.payload(outlet.as_str());
            self.want(payload)
        };
        let text = std::str::from_utf8(&self.asked[which].payload).unwrap();
        let device = &self.devices[at].device;
        let is_sold = device.journal.iter().any(|sealed| sealed.body == text);
        if !text.contains(outlet.as_str()) || text.contains("credit_note") || is_sold {
            return;
        }
        let (payload, now) = (self.asked[which].payload.clone(), self.now());
        let key = self.asked[which].key.clone();
        let device = &mut self.devices[at].device;
        device.seal(&payload, now);
        device.journal.last_mut().unwrap().idempotency_key = Some(key);
    }

    /// A stretch of a journal: a piece, again, with a gap before it, or damaged on its way.
    fn deliver_some(&mut self) {
        if self.devices.is_empty() {
            return;
        }
        let at = self.below(self.devices.len() as u64) as usize;
        let length = self.devices[at].device.journal.len() as u64;
        if length == 0 {
            return;
        }
        // Most begin where the ledger has come to.
        let chain = self.devices[at].device.chain();
        let held = self.database.clone().newest_of(chain).ok().flatten();
        let held = held.map_or(0, |row| row.place.position.value());
        let from = if self.below(4) == 0 { self.below(length) } else { held.min(length - 1) };
        let count = 1 + self.below(length - from);
        let mut records = self.devices[at].device.journal[from as usize..(from + count) as usize].to_vec();
        if self.below(8) == 0 {
            let damaged = self.below(records.len() as u64) as usize;
            records[damaged].body = format!("damaged {}", self.below(u64::MAX));
        }
        self.deliver(at, records);
    }

    fn deliver(&mut self, at: usize, records: Vec<Delivered>) {
        let Device { device, outlet, .. } = &self.devices[at];
        let delivery = Delivery::examine(records, &device.standing()).unwrap();
        let outlet = *outlet;
        self.work_at(outlet, Work::Delivery(Box::new(delivery)));
    }

    /// At the end all lines come back in good order, and all that was sealed is delivered.
    pub(super) fn bring_back(&mut self) {
        for outlet in OUTLETS {
            let outlet: OutletId = outlet.parse().unwrap();
            let Some(line) = self.line(outlet) else { continue };
            let crate::Holder::Device(holder) = line.holder else { continue };
            let of_holder = |device: &&Device| device.device.id() == holder;
            let device = self.devices.iter().find(of_holder).unwrap();
            if device.epoch != line.epoch || device.is_given_up {
                // The order was late: this device knows nothing of the epoch, and never will.
                let lost = Lost { device: holder, key: device.device.key().id(), reason: "broken" };
                self.work_at(outlet, Work::Force(lost));
                self.drain();
                self.hear();
                continue;
            }
            self.enter_device(outlet);
            self.close_device(outlet);
        }
        for at in 0..self.devices.len() {
            let journal = self.devices[at].device.journal.clone();
            if !journal.is_empty() {
                self.deliver(at, journal);
                self.drain();
                self.hear();
            }
        }
        for outlet in OUTLETS {
            let outlet: OutletId = outlet.parse().unwrap();
            if self.line(outlet).is_some_and(|line| line.holder != crate::Holder::Own) {
                self.take_back(outlet);
                self.drain();
                self.hear();
            }
            let line = self.line(outlet).unwrap();
            assert_eq!(line.holder, crate::Holder::Own, "seed {}: {outlet} is not back: {line:?}", self.seed);
        }
    }

    /// The bodies of the flags that say this.
    pub(super) fn flags(&self, words: &str) -> Vec<String> {
        let bodies = self.database.tables().rows.clone().into_iter().filter_map(|row| row.body);
        bodies.filter(|body| body.starts_with("{\"reason\"") && body.contains(words)).collect()
    }

    /// The numbers of an epoch are one line without a gap, whoever gave them, and none was given twice; the ledger holds
    /// what each device sealed, all of it and in order; and only what was sealed in a line that was given up is flagged.
    pub(super) fn check_lines(&self, rows: &[Row]) {
        let seed = self.seed;
        let mut numbers: std::collections::BTreeMap<(OutletId, Epoch), Vec<u64>> = Default::default();
        for row in rows {
            if let Some(number) = row.number {
                let chain = row.place.chain;
                numbers.entry((chain.outlet, chain.epoch)).or_default().push(number.value());
            }
        }
        for (line, mut numbers) in numbers {
            numbers.sort_unstable();
            let expected: Vec<u64> = (1..=numbers.len() as u64).collect();
            assert_eq!(numbers, expected, "seed {seed}: {line:?}");
        }
        for Device { device, .. } in &self.devices {
            let chain = device.chain();
            let held: Vec<&Row> = rows.iter().filter(|row| row.place.chain == chain).collect();
            let sealed =
                device.journal.iter().map(|sealed| (sealed.record.to_bytes().to_vec(), &sealed.body));
            let held = held.into_iter().map(|row| (row.record.clone(), row.body.as_ref().unwrap()));
            assert!(held.eq(sealed), "seed {seed}: the ledger holds something else of {chain:?}");
        }
        for flag in self.flags("non_compliant") {
            assert!(flag.ends_with(r#""causes":["epoch_over"]}"#), "seed {seed}: {flag}");
        }
        let own: DeviceId = OWN.parse().unwrap();
        assert!(self.devices.iter().all(|device| device.device.id() != own));
    }
}
