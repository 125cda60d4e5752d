//! What passes between till and device, for who wants to see it.

use def_protocol::{FRAME_BYTES, FrameReader, REPLY_BYTES, reply::Sent};
use serde_json::Value;
use verify::Language;

/// Tells what passes while it is watched.
pub(super) struct Wire {
    language: Language,
    watched: bool,
    told: Vec<String>,
    requests: FrameReader<Box<[u8]>>,
    replies: FrameReader<Box<[u8]>>,
    /// The last request, to see that it is the same again.
    last: String,
}

impl Wire {
    pub(super) fn new(language: Language) -> Self {
        let reader = |bytes: usize| FrameReader::new(vec![0; bytes].into_boxed_slice());
        Self {
            language,
            watched: false,
            told: Vec::new(),
            requests: reader(FRAME_BYTES),
            replies: reader(REPLY_BYTES),
            last: String::new(),
        }
    }

    /// From now on.
    pub(super) fn watch(&mut self) {
        self.watched = true;
    }

    /// What passed since it is watched; it is watched no more.
    pub(super) fn take(&mut self) -> Vec<String> {
        self.watched = false;
        self.last.clear();
        std::mem::take(&mut self.told)
    }

    pub(super) fn asked(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if let Some(Ok(())) = self.requests.push(*byte) {
                let content = String::from_utf8_lossy(self.requests.content()).into_owned();
                let (head, object) = content.split_once(' ').unwrap_or((&content, ""));
                let command = head.split('@').next().unwrap_or_default();
                let request = format!("{command} {}", shortened(object)).trim_end().to_owned();
                let again = request == self.last;
                let note =
                    if again { self.say("  (les mêmes octets)", "  (the same bytes again)") } else { "" };
                self.tell(&format!("{} {request}{note}", self.say("caisse   →", "till   →")));
                self.last = request;
            }
        }
    }

    pub(super) fn answered(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if let Some(Ok(())) = self.replies.push(*byte) {
                let told =
                    Sent::read(self.replies.content()).map_or_else(String::new, |sent| summed_up(sent.json));
                self.tell(&format!("{} {told}", self.say("appareil →", "device →")));
            }
        }
    }

    pub(super) fn broke(&mut self) {
        self.tell(self.say(
            "         ✂ le courant manque : la ligne est coupée, aucune réponse ne viendra",
            "       ✂ the power fails: the line is dead, no answer will come",
        ));
    }

    pub(super) fn nobody_there(&mut self) {
        self.tell(
            self.say(
                "caisse     cherche l'appareil … personne",
                "till     looks for the device … nobody there",
            ),
        );
    }

    pub(super) fn power_came(&mut self) {
        self.tell(self.say(
            "         ⚡ le courant revient, l'appareil démarre",
            "       ⚡ the power comes back, the device starts",
        ));
    }

    fn say(&self, french: &'static str, english: &'static str) -> &'static str {
        match self.language {
            Language::French => french,
            Language::English => english,
        }
    }

    fn tell(&mut self, line: &str) {
        if self.watched {
            self.told.push(line.to_owned());
        }
    }
}

/// Enough of an object to know it again.
fn shortened(object: &str) -> String {
    const ENOUGH: usize = 44;
    match object.char_indices().nth(ENOUGH) {
        Some((end, _)) => format!("{}… ({} {})", &object[..end], object.len(), "bytes"),
        None => object.to_owned(),
    }
}

/// What matters of an answer.
fn summed_up(json: &str) -> String {
    let Ok(value) = serde_json::from_str::<Value>(json) else { return String::new() };
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    if value["status"] == "ERR" {
        return format!("{}: {}", text("code"), text("detail"));
    }
    if let (Some(device), Some(next)) = (value["device_id"].as_str(), value["next_invoice_seq"].as_u64()) {
        return format!("OK {device}, next number {next}");
    }
    if let Some(nonce) = value["nonce"].as_str() {
        return format!("OK nonce {nonce}");
    }
    let sealed = if value["log_entry"].is_null() { &value } else { &value["log_entry"]["sealed"] };
    match (sealed["fiscal_number"].as_str(), sealed["auth_code"].as_str()) {
        (Some(number), Some(code)) => format!("OK {number}, {code}"),
        _ => "OK".to_owned(),
    }
}
