use def_protocol::Output;
use def_sim::Terminal;

/// The end of a frame; no other byte of one has this value.
const ETX: u8 = 0x03;
/// A reply is sent on before its end when it has become so long, in bytes.
const ENOUGH: usize = 64 * 1024;

/// Sends a terminal whole frames, not the small pieces that they are written in.
pub(super) struct Line {
    terminal: Terminal,
    gathered: Vec<u8>,
    is_held: bool,
}

impl Line {
    pub(super) const fn new(terminal: Terminal) -> Self {
        Self { terminal, gathered: Vec::new(), is_held: false }
    }

    pub(super) const fn terminal(&mut self) -> &mut Terminal {
        &mut self.terminal
    }

    /// From now on nothing leaves: what the device says is kept back.
    pub(super) const fn hold(&mut self) {
        self.is_held = true;
    }

    /// What was kept back.
    pub(super) fn held(&self) -> &[u8] {
        if self.is_held { &self.gathered } else { &[] }
    }

    /// What was kept back leaves, and what follows too.
    pub(super) fn release(&mut self) {
        self.is_held = false;
        self.flush();
    }

    /// Sends what has no end: a reply that was given up.
    pub(super) fn flush(&mut self) {
        if !self.is_held && !self.gathered.is_empty() {
            self.terminal.send(&self.gathered);
            self.gathered.clear();
        }
    }
}

impl Output for Line {
    fn send(&mut self, bytes: &[u8]) {
        self.gathered.extend_from_slice(bytes);
        if bytes.contains(&ETX) || self.gathered.len() >= ENOUGH {
            self.flush();
        }
    }
}
