//! Sales one after another, and what is said of each.

use std::{collections::BTreeSet, process::ExitCode};

use def_client::{Folder, Intent, Outcome, Refusal, Stage, Till, TillFault, Unclear};
use def_protocol::{ErrorCode, reply::Seal};
use fiscal::{PayloadHash, UtcOffset};
use serde_json::json;

use super::{
    super::{
        connection::Connection,
        failure::{Failure, REFUSED},
        figures,
        receipts::ReceiptFolder,
        speech::{Speech, counted, pick, plain, print, print_json, print_line, say},
        words::sales,
    },
    files::Payload,
};

/// A till at work.
pub(super) struct Session {
    till: Till<Folder>,
    device: Connection,
    printer: ReceiptFolder,
    speech: Speech,
    zone: UtcOffset,
    /// What was looked at in this session already.
    met: BTreeSet<[u8; 32]>,
    sold: u64,
    sold_before: u64,
    refused: u64,
    open: u64,
    /// Sales that only a technician can do something about.
    odd: u64,
    /// Files that were not offered, because the device cannot seal now.
    left: Vec<String>,
    is_stopped: bool,
}

impl Session {
    pub(super) fn new(
        till: Till<Folder>,
        device: Connection,
        printer: ReceiptFolder,
        speech: Speech,
        zone: UtcOffset,
    ) -> Self {
        let (met, left) = (BTreeSet::new(), Vec::new());
        Self {
            till,
            device,
            printer,
            speech,
            zone,
            met,
            sold: 0,
            sold_before: 0,
            refused: 0,
            open: 0,
            odd: 0,
            left,
            is_stopped: false,
        }
    }

    /// Goes on with what an earlier session left.
    pub(super) fn finish(&mut self, payloads: &[Payload]) -> Result<(), Failure> {
        let lang = self.speech.lang;
        let unfinished = match self.till.unfinished() {
            Ok(unfinished) => unfinished,
            // Which are open is not known then; those that are named are still resumed.
            Err(fault) => return self.odd(pick(lang, "caisse", "till"), &fault),
        };
        if !unfinished.is_empty() && !self.speech.json {
            let count = counted(lang, unfinished.len() as u64, ["vente", "ventes"], ["sale", "sales"]);
            print_line(&say!(
                lang,
                "À finir de la dernière fois : {count}",
                "To finish from the last time: {count}"
            ))?;
        }
        for intent in unfinished {
            if self.is_stopped {
                self.open += 1;
                continue;
            }
            let hash = intent.hash();
            let known = payloads.iter().find(|payload| payload.hash == hash);
            let name = known.map_or_else(|| short(hash), |payload| payload.name.clone());
            self.met.insert(hash.0);
            let outcome = self.till.resume(hash, &mut self.device.host);
            self.came(&name, outcome)?;
        }
        Ok(())
    }

    /// Sells what was not yet sold in this session.
    pub(super) fn sell(&mut self, payloads: &[Payload]) -> Result<(), Failure> {
        for Payload { name, text, hash } in payloads {
            if !self.met.insert(hash.0) {
                continue;
            }
            if self.is_stopped {
                self.left.push(name.clone());
                continue;
            }
            let outcome = self.till.sell(text, &mut self.device.host);
            self.came(name, outcome)?;
        }
        Ok(())
    }

    /// Says what became of it all, and what the process ends with.
    pub(super) fn conclude(self) -> Result<ExitCode, Failure> {
        if !self.speech.json {
            print(&self.summary())?;
        }
        let all_well = self.refused == 0 && self.open == 0 && self.odd == 0 && self.left.is_empty();
        Ok(if all_well { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) })
    }

    fn came(&mut self, name: &str, outcome: Result<Outcome, TillFault>) -> Result<(), Failure> {
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(fault) => return self.odd(name, &fault),
        };
        match outcome {
            Outcome::Sealed(intent) => self.sealed(name, &intent),
            Outcome::Withdrawn => Ok(()),
            Outcome::Refused(refusal) => {
                self.refused += 1;
                self.unsold(name, "refused", &refusal.into())
            }
            Outcome::Held(refusal) => {
                self.open += 1;
                self.is_stopped = !is_of_this_sale(&refusal);
                self.unsold(name, "held", &refusal.into())
            }
            Outcome::Unclear(unclear) => {
                self.open += 1;
                self.is_stopped =
                    matches!(unclear, Unclear::Silent | Unclear::NoLine(_) | Unclear::Foreign(_));
                self.unsold(name, "unclear", &sales::unclear(self.speech.lang, &unclear).into())
            }
        }
    }

    fn sealed(&mut self, name: &str, intent: &Intent) -> Result<(), Failure> {
        let lang = self.speech.lang;
        let was_finished = matches!(intent.stage(), Stage::Printed { .. });
        let printed = match self.till.print(intent.hash(), &mut self.printer) {
            Ok(printed) => printed,
            Err(fault) => return self.odd(name, &fault),
        };
        let Stage::Printed { seal, copies } = printed.stage() else { return Ok(()) };
        if was_finished {
            self.sold_before += 1;
        } else {
            self.sold += 1;
        }
        let note = match (was_finished, copies) {
            (true, _) => pick(lang, "déjà vendue", "sold before"),
            (false, 1) => "",
            (false, _) => "DUPLICATA",
        };
        if self.speech.json {
            return Ok(print_json(&json!({
                "status": "OK", "file": name, "outcome": if was_finished { "sold_before" } else { "sealed" },
                "copies": copies, "sealed": seal,
            }))?);
        }
        Ok(print_line(format!("{}  {name}  {note}", line(self.speech, seal, self.zone)).trim_end())?)
    }

    /// One sale of which something is wrong does not keep others from being sold; a till that cannot keep them does.
    fn odd(&mut self, name: &str, fault: &TillFault) -> Result<(), Failure> {
        let trouble = sales::till(self.speech.lang, fault);
        if !sales::is_of_one_sale(fault) {
            return Err(trouble.into());
        }
        self.odd += 1;
        self.unsold(name, "odd", &trouble.into())
    }

    fn unsold(&self, name: &str, outcome: &str, failure: &Failure) -> Result<(), Failure> {
        let lang = self.speech.lang;
        if self.speech.json {
            let mut object = failure.object(self.speech);
            object["file"] = json!(name);
            object["outcome"] = json!(outcome);
            return Ok(print_json(&object)?);
        }
        let word = match outcome {
            "refused" => pick(lang, "REFUSÉE", "REFUSED"),
            "held" => pick(lang, "EN ATTENTE", "HELD"),
            "odd" => pick(lang, "ANOMALIE", "WRONG"),
            _ => pick(lang, "INCERTAINE", "UNCLEAR"),
        };
        let name = plain(name);
        Ok(print(&format!("{word}  {name}\n  {}", failure.words(self.speech)))?)
    }

    fn summary(&self) -> String {
        let lang = self.speech.lang;
        let count = |count: u64, french: [&str; 2], english: [&str; 2]| counted(lang, count, french, english);
        let sold = count(self.sold, ["vente scellée", "ventes scellées"], ["sale sealed", "sales sealed"]);
        let receipts = self.printer.path().display();
        let mut lines = vec![say!(lang, "{sold}, reçus dans {receipts}", "{sold}, receipts in {receipts}")];
        if self.sold_before > 0 {
            let before = self.sold_before;
            lines.push(say!(
                lang,
                "{before} déjà avant, rien n'a été refait",
                "{before} before, nothing was done again"
            ));
        }
        if self.refused > 0 {
            let refused = count(self.refused, ["refusée", "refusées"], ["refused", "refused"]);
            lines.push(say!(
                lang,
                "{refused} pour toujours : corrigez la facture, puis vendez-la comme une nouvelle",
                "{refused} for good: correct the invoice, then sell it as a new one"
            ));
        }
        if self.open > 0 {
            let open = count(
                self.open,
                ["vente à reprendre", "ventes à reprendre"],
                ["sale to resume", "sales to resume"],
            );
            lines.push(say!(
                lang,
                "{open} : faites ce qui est dit ci-dessus, puis répétez la commande avec la même caisse",
                "{open}: do what is said above, then repeat the command with the same till"
            ));
        }
        if self.odd > 0 {
            let odd = count(self.odd, ["anomalie", "anomalies"], ["thing wrong", "things wrong"]);
            lines.push(say!(
                lang,
                "{odd} : appelez un technicien, les autres ventes n'attendent pas",
                "{odd}: call a technician, other sales do not wait for that"
            ));
        }
        if !self.left.is_empty() {
            let left = self.left.join(" ");
            lines.push(say!(lang, "pas présentées : {left}", "not offered: {left}"));
        }
        lines.iter().map(|line| plain(line)).collect::<Vec<_>>().join("\n")
    }
}

/// Whether other sales can go on.
fn is_of_this_sale(refusal: &Refusal) -> bool {
    refusal.known() == Some(ErrorCode::StaleTimestamp)
}

fn line(speech: Speech, seal: &Seal, zone: UtcOffset) -> String {
    let lang = speech.lang;
    let total = seal.record.header.invoice().map(|facts| figures::money(lang, facts.total, facts.currency));
    let (number, time) = (seal.fiscal_number.to_string(), figures::local(seal.timestamp, zone));
    let total = total.unwrap_or_default();
    format!("{number}  {time}  {total:>18}  {}", figures::in_fours(seal.auth_code))
}

/// A sale that nobody named.
fn short(hash: PayloadHash) -> String {
    hash.to_string().chars().take(12).collect()
}
