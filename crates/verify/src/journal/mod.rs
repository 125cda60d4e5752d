//! A journal, record by record: chain, numbering, epochs, time, arithmetic and keys.

mod examine;
mod follow;
mod heads;
mod keep;
mod noted;
mod place;
mod sales;
mod sold;
mod verdict;

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

use fiscal::{DeviceId, Header, InvoiceNumber, Nif, OutletId, Record, RecordHash};

pub(crate) use self::examine::Examined;
use self::{
    examine::Line,
    follow::{Followed, Last, LastOfSigner, Told},
    heads::Heads,
    noted::Beside,
    place::{Parts, Place},
    sales::Sales,
    sold::{Kept, Sold},
};
pub use self::{
    heads::{HeadAt, HeadsFault},
    verdict::{JournalVerdict, KnownHead},
};
use crate::{
    check::{SignatureCheck, SoftwareCheck},
    closure::{Binding, Opening, Seen, Tallies},
    finding::{Finding, Rule},
    line::{Causes, Said},
    outlet::{Chains, Met},
    scratch::Scratch,
    trust::{Serial, Trust},
};

/// Reads a journal of one outlet from its first line to its last, and says what is false where.
///
/// After a fault it goes on from the record as it stands, so that one fault is one finding and not one for every
/// record after it. It holds what was sold, some 200 bytes a sale; [`crate::Audit`] does without, and on many cores.
pub struct Referee<'t> {
    trust: &'t Trust,
    check: &'t dyn SignatureCheck,
    /// Heads that the journal must hold and that were not yet met.
    missing_heads: BTreeSet<KnownHead>,
    heads: Heads,
    last: Option<Last>,
    /// The newest record of the first signers in the epoch: one that takes over again goes on where it was.
    signers: BTreeMap<DeviceId, LastOfSigner>,
    outlet: Option<OutletId>,
    nif: Option<Nif>,
    sales: Sales<'t>,
    /// What the authority is said to have is held against these.
    beside: Beside,
    tallies: Tallies,
    verdict: JournalVerdict,
    /// In which line each of the findings stands.
    found_in: Vec<u64>,
    parts: Parts,
    /// Where the line is that is read, and the record in it.
    place: Place,
    /// Whether sums over this record, and those since the last closure, say nothing.
    doubtful: bool,
    /// Whether its number is not in order.
    disordered: bool,
    /// What the ledger declares to be wrong with it, and whether that was needed.
    declared: (Causes, bool),
    /// All chains of the outlet, where they are read one after the other.
    chains: Option<Box<Chains>>,
    /// After so many lines, each of them begins.
    begun: Vec<u64>,
    /// Of the first chain.
    own_head: Option<RecordHash>,
}

impl<'t> Referee<'t> {
    /// Before the first line. Each known head must be the hash of one of the records, or an end was cut off.
    pub fn new(trust: &'t Trust, known: impl IntoIterator<Item = KnownHead>) -> Self {
        Self::with(trust, &SoftwareCheck, known.into_iter().collect(), Vec::new(), None)
    }

    pub(crate) fn with(
        trust: &'t Trust,
        check: &'t dyn SignatureCheck,
        known: BTreeSet<KnownHead>,
        heads: Vec<HeadAt>,
        scratch: Option<Box<dyn Scratch + 't>>,
    ) -> Self {
        Self {
            trust,
            check,
            missing_heads: known,
            heads: Heads::new(heads),
            last: None,
            signers: BTreeMap::new(),
            outlet: None,
            nif: None,
            sales: Sales::new(scratch),
            beside: Beside::default(),
            tallies: Tallies::default(),
            verdict: JournalVerdict::default(),
            found_in: Vec::new(),
            parts: Parts::default(),
            place: Place::default(),
            doubtful: false,
            disordered: false,
            declared: (Causes::default(), false),
            chains: None,
            begun: Vec::new(),
            own_head: None,
        }
    }

    /// All chains of an outlet are read, the ledger's own first.
    pub(crate) fn of_all_chains(self) -> Self {
        Self { chains: Some(Box::default()), ..self }
    }

    /// The lines that follow are of another chain of the same outlet.
    pub(crate) fn begin_chain(&mut self) {
        if self.begun.is_empty() {
            self.own_head = self.verdict.head;
        }
        self.begun.push(self.verdict.lines);
        self.last = None;
        self.signers.clear();
        self.tallies = Tallies::default();
        if let Some(chains) = &mut self.chains {
            chains.begin();
        }
    }

    fn is_own_chain(&self) -> bool {
        self.chains.as_ref().is_none_or(|chains| chains.is_own())
    }

    /// Reads the next line.
    pub fn read(&mut self, line: &[u8]) {
        // Sales that are held and not put away cannot fail to be.
        let _ = self.judge(Examined::of(line, self.trust, self.check));
    }

    /// After the last line.
    pub fn conclude(self) -> JournalVerdict {
        // The same.
        self.finish().unwrap_or_default()
    }

    /// The lines that follow are of another file.
    pub(crate) fn begin_part(&mut self, name: &str) {
        self.parts.begin(self.verdict.lines, name);
    }

    /// What the lines so far are of: the outlet, and the merchant where an invoice says it.
    pub(crate) const fn owner(&self) -> (Option<OutletId>, Option<Nif>) {
        (self.outlet, self.nif)
    }

    /// Takes the next line, as it was examined by itself. An error is the scratch's.
    pub(crate) fn judge(&mut self, examined: Examined) -> io::Result<()> {
        self.verdict.lines += 1;
        self.place = Place::of_line(self.verdict.lines);
        (self.doubtful, self.disordered, self.declared) = (false, false, (Causes::default(), false));
        match examined.0 {
            Err(rule) => {
                self.find(rule);
                Ok(())
            }
            Ok(line) => {
                self.place = Place::of_record(self.verdict.lines, &line.record);
                self.judge_line(*line)
            }
        }
    }

    /// After the last line. An error is the scratch's.
    pub(crate) fn finish(mut self) -> io::Result<JournalVerdict> {
        if self.verdict.lines == 0 {
            self.keep(Rule::JournalEmpty.into());
        }
        self.conclude_sales()?;
        if let Some(chains) = self.chains.take() {
            self.keep_together(chains.conclude());
        }
        for KnownHead(hash) in std::mem::take(&mut self.missing_heads) {
            self.keep(Finding { place: hash.to_string(), ..Rule::HeadMissing.into() });
        }
        let (missing, before) = std::mem::take(&mut self.heads).conclude();
        self.verdict.heads_before = before;
        for place in missing {
            self.keep(Finding { place, ..Rule::HeadMissing.into() });
        }
        Ok(self.verdict)
    }

    fn judge_line(&mut self, line: Line) -> io::Result<()> {
        let Line { record, hash, sealed, content } = line;
        let body = content.as_ref().filter(|content| content.findings.is_empty());
        let body = body.and_then(|content| content.body.as_deref());
        let binding = body.and_then(|body| Binding::of(&record, body));
        let said = body.and_then(|body| Said::of(&record, body));
        let announced = matches!(binding, Some(Ok(_)));
        let opening = Opening::of(&record, body, binding.and_then(Result::ok));
        self.declared.0 = self.chains.as_ref().map_or(Causes::default(), |chains| chains.declared(&record));
        self.judge_owner(&record.header);
        let told = Told {
            announced,
            said: said.as_ref().and_then(|said| said.as_ref().ok()),
            excused: body.is_none() || said.is_some(),
            opening,
        };
        let Followed { last: place, merged } = self.judge_place(&record, hash, &told);
        self.judge_seal(&record, place.number, sealed);
        let met = Met {
            record: &record,
            hash,
            line: self.verdict.lines,
            said: told.said,
            opening,
            number: place.number,
            binds_a_cloud: matches!(binding, Some(Ok(Binding::Outlet { .. }))),
            merged,
            disordered: self.disordered,
            place: &|| self.parts.in_words(self.place),
        };
        let contradicted = self.chains.as_mut().and_then(|chains| chains.meet(&met));
        contradicted.into_iter().for_each(|rule| self.find(rule));
        if let Some(Err(rule)) = &said {
            self.find(*rule);
        }
        let (body, figures, findings) = match content {
            None => {
                // What was never delivered whole, the ledger declares; anything else was erased.
                let is_declared = self.declared.0.excuse_no_body();
                self.declared.1 |= is_declared;
                self.verdict.payloads_absent += u64::from(!is_declared);
                (None, None, Vec::new())
            }
            Some(content) => (content.body, content.figures, content.findings),
        };
        findings.into_iter().for_each(|finding| self.find_at(finding));
        match binding {
            Some(Err(rule)) => self.find(rule),
            Some(Ok(Binding::Outlet { nif, .. })) => self.judge_nif(nif),
            Some(Ok(Binding::Key)) | None => {}
        }
        if let Some(facts) = record.header.invoice() {
            self.verdict.invoices += 1;
            self.sales.add(Kept::Sold(Sold::new(self.verdict.lines, &record, facts.number)))?;
        }
        self.keep_of_authority(&record, hash, said.as_ref())?;
        let seen = Seen {
            record: &record,
            hash,
            payload: body.as_deref(),
            figures: figures.as_ref().filter(|_| !self.doubtful),
            binding: binding.and_then(Result::ok),
            doubtful: self.doubtful,
        };
        self.count(&seen);
        self.meet_heads(&record, hash);
        self.verdict.declared += u64::from(self.declared.1);
        self.verdict.head = Some(hash);
        self.verdict.until = self.verdict.until.max(Some(record.header.time));
        self.last = Some(place);
        Ok(())
    }

    /// Keeps an invoice, and what the ledger's own chain says that the authority has of one, to be held against each other.
    fn keep_of_authority(
        &mut self,
        record: &Record,
        hash: RecordHash,
        said: Option<&Result<Said, Rule>>,
    ) -> io::Result<()> {
        self.beside.meet(record);
        let note = match said {
            Some(Ok(Said::Authority(said))) if self.is_own_chain() => {
                let note = self.beside.note(said, self.verdict.lines, record.link.position);
                let code = note.as_ref().and_then(|note| Beside::code(said, note));
                code.map_or(Ok(()), |code| self.sales.add(Kept::Code(code)))?;
                note
            }
            _ => None,
        };
        let of = self.beside.invoice(record, hash).or(note);
        of.map_or(Ok(()), |of| self.sales.add(Kept::Of(of)))
    }

    fn meet_heads(&mut self, record: &Record, hash: RecordHash) {
        self.verdict.heads_met += u64::from(self.missing_heads.remove(&KnownHead(hash)));
        let met = self.heads.meet(record, hash);
        self.verdict.heads_met += met.met;
        (0..met.differ).for_each(|_| self.find(Rule::HeadDiffers));
    }

    /// Counts the record for the next closure or, when it is one, says how it compares.
    fn count(&mut self, seen: &Seen<'_>) {
        if let Some(closure) = self.tallies.count(seen) {
            self.verdict.closures += 1;
            self.verdict.closures_unchecked += u64::from(closure.unchecked);
            self.verdict.closures_without_zone += u64::from(closure.zone_unknown);
            closure.findings.into_iter().for_each(|finding| self.find_at(finding));
        }
    }

    /// One file is of one outlet and one merchant.
    fn judge_owner(&mut self, header: &Header) {
        if *self.outlet.get_or_insert(header.outlet) != header.outlet {
            self.find(Rule::OtherOutlet);
        }
        if let Some(facts) = header.invoice() {
            self.judge_nif(facts.nif);
        }
    }

    fn judge_nif(&mut self, nif: Nif) {
        if *self.nif.get_or_insert(nif) != nif {
            self.find(Rule::NifChanged);
        }
    }

    /// `sealed` is what the key that the record names says; whether that key may seal here is asked first.
    fn judge_seal(&mut self, record: &Record, number: Option<InvoiceNumber>, sealed: Result<(), Rule>) {
        let serial = Serial { epoch: record.header.epoch, number };
        if let Err(rule) = self.trust.sealing_key(&record.header, serial).and(sealed) {
            self.find(rule);
        }
    }
}
