//! A host with a device on its desk, all in memory: what is asked is text, what is answered is JSON.

use def_engine::{Condition, Device, Factory, Memory, board::Parts, recovery::Recovery};
use def_protocol::{Checksum, FrameReader, Output, REPLY_BYTES};
use def_sim::{ClockPort, ElementPort, FlashPort, ProtectionPort, RandomPort, SlotsPort, TicksPort, World};
use serde_json::Value;

/// The simulated board.
#[derive(Debug)]
pub struct Board;

impl def_engine::board::Board for Board {
    type Flash = FlashPort;
    type Element = ElementPort;
    type Clock = ClockPort;
    type Ticks = TicksPort;
    type Random = RandomPort;
    type Protection = ProtectionPort;
    type Slots = SlotsPort;
}

/// A device that has power, and the line to it.
pub struct Host<'m> {
    device: Device<'m, Board>,
    reader: FrameReader<Box<[u8]>>,
}

impl<'m> Host<'m> {
    /// Gives the board power: the device starts.
    pub fn start(world: &World, factory: Factory, memory: &'m mut Memory) -> Self {
        Self::start_with(world, factory, memory, Recovery::CAREFUL)
    }

    /// The same with another recovery.
    pub fn start_with(world: &World, factory: Factory, memory: &'m mut Memory, recovery: Recovery) -> Self {
        let parts = Parts {
            flash: world.flash(),
            element: world.secure_element(),
            clock: world.clock(),
            ticks: world.ticks(),
            random: world.random(),
            protection: world.protection(),
            slots: world.slots(),
        };
        let device = Device::start_with(parts, factory, memory, recovery);
        Self { device, reader: FrameReader::new(vec![0; REPLY_BYTES].into_boxed_slice()) }
    }

    /// Asks, and gives the last answer: the ones before it are signs of life.
    ///
    /// # Panics
    /// When the device says nothing, or something that is no answer.
    pub fn ask(&mut self, request: &str) -> Value {
        self.try_ask(request).expect("the device answers")
    }

    /// The same, where the power may fail: none when there is no answer.
    pub fn try_ask(&mut self, request: &str) -> Option<Value> {
        let bytes = self.exchange(format!("\u{2}{request}\u{3}").as_bytes());
        let mut last = None;
        for byte in bytes {
            if let Some(frame) = self.reader.push(byte) {
                frame.expect("the device's frames are good");
                assert_eq!(self.reader.checksum(), Checksum::None, "an answer has the form of its request");
                last = Some(serde_json::from_slice(self.reader.content()).expect("an answer is JSON"));
            }
        }
        last
    }

    /// Sends bytes as they are, and gives what comes back as it is.
    pub fn exchange(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut sent = Sent(Vec::new());
        self.device.receive(bytes, &mut sent);
        sent.0
    }

    /// Lets the device do everything that it does while nobody asks.
    pub fn rest(&mut self) {
        while self.device.idle() {}
    }

    /// What the device's lights show.
    pub fn condition(&mut self) -> Condition {
        self.device.condition()
    }

    /// Whether the device asks to be restarted.
    pub fn wants_restart(&self) -> bool {
        self.device.wants_restart()
    }

    /// Has it restart; the board's part of it, [`World::reboot`] and a new [`Host::start`], is the caller's.
    pub fn restart(&mut self) {
        self.device.restart();
    }

    /// One piece of that.
    pub fn idle(&mut self) -> bool {
        self.device.idle()
    }

    /// PREPARE and COMMIT; the answer to the last that was asked.
    pub fn sell(&mut self, payload: &str) -> Value {
        let prepared = self.ask(&format!("TXN|PREPARE {payload}"));
        match prepared["nonce"].as_str() {
            Some(nonce) => self.ask(&format!(r#"TXN|COMMIT {{"nonce":"{nonce}"}}"#)),
            None => prepared,
        }
    }
}

struct Sent(Vec<u8>);

impl Output for Sent {
    fn send(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}
