//! What the demonstration says, in both languages.

use fiscal::Amount;
use verify::{Language, QrVerdict, Report};

use super::{
    bench::Board,
    place::Place,
    shop::{MERCHANT, Sale},
};

/// The demonstration's voice.
pub(super) struct Words {
    language: Language,
    board: Board,
}

impl Words {
    pub(super) const fn new(language: Language, board: Board) -> Self {
        Self { language, board }
    }

    pub(super) const fn language(&self) -> Language {
        self.language
    }

    fn say<'a>(&self, french: &'a str, english: &'a str) -> &'a str {
        match self.language {
            Language::French => french,
            Language::English => english,
        }
    }

    pub(super) fn opening(&self, sales: usize) -> String {
        let (french, english) = match self.board {
            Board::Simulate => (
                "simulée : le même programme que dans\nl'appareil, derrière un port COM, avec une mémoire flash à qui le courant \
                 peut manquer.",
                "simulated: the same program as in the device,\nbehind a COM port, with a flash that can lose its power.",
            ),
            Board::Qemu => (
                "émulée : le code machine d'un\nCortex-M4 dans QEMU, avec une mémoire flash Winbond, derrière un port COM.",
                "emulated: machine code of a Cortex-M4\nin QEMU, with a Winbond flash, behind a COM port.",
            ),
        };
        match self.language {
            Language::French => {
                format!("Une boutique de Kinshasa vend {sales} fois, sur une mémoire fiscale (DEF) {french}")
            }
            Language::English => {
                format!("A shop in Kinshasa sells {sales} times, at a fiscal memory (DEF), {english}")
            }
        }
    }

    pub(super) fn provisioning(&self) -> &str {
        self.say(
            "Un technicien lie l'appareil au point de vente et le met à l'heure",
            "A technician binds the device to the outlet and sets its clock",
        )
    }

    pub(super) fn selling(&self) -> &str {
        self.say(
            "La caisse vend ; chaque reçu n'existe qu'une fois scellé (scannez un code QR avec un téléphone)",
            "The till sells; each receipt exists only once it is sealed (scan a QR code with a phone)",
        )
    }

    pub(super) fn cut_within(&self) -> &str {
        match self.board {
            Board::Simulate => self.say(
                "Le courant manque au milieu d'un COMMIT : l'enregistrement est à moitié écrit",
                "The power fails in the middle of a COMMIT: the record is half written",
            ),
            Board::Qemu => self.say(
                "Le courant manque au milieu d'un COMMIT : la vente est scellée, ou non",
                "The power fails in the middle of a COMMIT: the sale is sealed, or not",
            ),
        }
    }

    pub(super) fn cut_after(&self) -> &str {
        self.say(
            "Le courant manque juste après un COMMIT : la vente est scellée, et personne ne l'a su",
            "The power fails just after a COMMIT: the sale is sealed, and nobody heard of it",
        )
    }

    pub(super) fn closing(&self) -> &str {
        self.say("Le soir : la clôture journalière (Z)", "In the evening: the daily closure (Z)")
    }

    pub(super) fn auditing(&self) -> &str {
        self.say(
            "Un auditeur lit tout le journal de l'appareil, et l'arbitre le juge",
            "An auditor reads the device's whole journal, and the referee judges it",
        )
    }

    pub(super) fn inspecting(&self) -> &str {
        self.say(
            "Un inspecteur vérifie des reçus sans réseau",
            "An inspector checks receipts without a network",
        )
    }

    pub(super) fn table_head(&self) -> String {
        let (number, time, total, code, verdict) = if self.language == Language::French {
            ("numéro fiscal", "heure (UTC)", "total", "code d'auth.", "arbitre")
        } else {
            ("fiscal number", "time (UTC)", "total", "auth code", "referee")
        };
        format!("{number:<21} {:<2} {time:<19} {total:>14}     {code:<16} {verdict}", "")
    }

    pub(super) fn row(&self, sale: &Sale, verdict: &QrVerdict) -> String {
        let seal = &sale.seal;
        let (kind, total, currency) = sale.facts().map_or_else(Default::default, |facts| {
            (facts.invoice_type.dgi_code(), facts.total.to_string(), facts.currency.to_string())
        });
        format!(
            "{:<21} {kind:<2} {} {total:>14} {currency} {} {}",
            seal.fiscal_number.to_string(),
            seal.timestamp,
            seal.auth_code,
            if verdict.is_true() { self.say("VRAI", "TRUE") } else { self.say("FAUX", "FALSE") },
        )
    }

    pub(super) fn lie(&self, sale: &Sale, tenth: Amount, report: &Report) -> String {
        let findings: Vec<&str> = report.findings.iter().map(|finding| finding.sentence.as_str()).collect();
        let total = sale.facts().map(|facts| facts.total.to_string()).unwrap_or_default();
        format!(
            "{} {}{} {total} {} {tenth}.\n{}\n  - {}",
            self.say("Un marchand réécrit", "A merchant rewrites"),
            sale.seal.fiscal_number,
            self.say(" :", ":"),
            self.say("devient", "becomes"),
            report.title,
            findings.join("\n  - "),
        )
    }

    pub(super) fn what_next(&self, place: &Place, sales: &[Sale]) -> String {
        let (last, qr) = sales.last().map_or_else(Default::default, |sale| {
            (sale.seal.fiscal_number.to_string(), sale.seal.qr_payload.to_string())
        });
        let (run, lang) = ("cargo run --release --", self.say("", " --lang en"));
        let file = |name: &str| place.file(name);
        let lines = [
            (
                self.say("Les reçus, en PNG, PDF et texte :", "The receipts, as PNG, PDF and text:"),
                file("receipts"),
            ),
            (
                self.say(
                    "Vérifier un reçu (changez un caractère, et encore) :",
                    "Verify a receipt (change a character, and again):",
                ),
                format!(
                    "{run} verify qr '{qr}' --trust {} --root {}{lang}",
                    file("trust.jws"),
                    file("root.pem")
                ),
            ),
            (
                self.say(
                    "Juger le journal (ôtez une ligne, et encore) :",
                    "Judge the journal (take a line away, and again):",
                ),
                format!("{run} verify journal {} --trust {}{lang}", file("journal.jsonl"), file("key.pem")),
            ),
            (
                self.say("Réimprimer : un DUPLICATA, compté :", "Print again: a DUPLICATA, counted:"),
                format!(
                    "{run} device reprint {last} --till {} --receipts {} --merchant '{MERCHANT}'",
                    file("till"),
                    file("receipts")
                ),
            ),
            (
                self.say(
                    "Rallumer l'appareil, et dans un autre terminal :",
                    "Give the device power again, and in another terminal:",
                ),
                format!(
                    "{run} device {} --state {} --link {}",
                    self.board.command(),
                    file("def"),
                    place.port()
                ),
            ),
            ("", format!("{run} device status --port {}{lang}", place.port())),
        ];
        let mut text = format!("\n━━ {}\n", self.say("À essayer maintenant", "Try now"));
        for (title, line) in lines {
            if !title.is_empty() {
                text.push_str(&format!("\n{title}\n"));
            }
            text.push_str(&format!("  {line}\n"));
        }
        text
    }
}
