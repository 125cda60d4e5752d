//! What the authority answers to the calls that normalise.

use fiscal::{FiscalNumber, InvoiceType, Nif, RecordHash};

use crate::{
    AuthorityCode, AuthorityTime, CallFault, Counters, ErrorCode, Figure, Nim, PerLetter, Uid,
    json::{Object, lenient, object},
    request::{COMMENTS, record_in_comment},
    time::is_shown,
};

/// `GET /api/invoice`: what the machine is, and what waits to be finalised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Whether the service says that it works; none where it does not say.
    pub working: Option<bool>,
    /// The service's version.
    pub version: Option<String>,
    /// The taxpayer.
    pub nif: Option<Nif>,
    /// The machine.
    pub nim: Option<Nim>,
    /// Until when the token is valid.
    pub token_valid: Option<AuthorityTime>,
    /// The authority's clock.
    pub server_time: Option<AuthorityTime>,
    /// `pendingRequestsCount`
    pub pending_count: Option<u32>,
    /// Whether it holds a list of pending requests at all.
    pub is_listed: bool,
    /// How many entries the list of pending requests has, those too that could not be read.
    pub entries: usize,
    /// The entries that could be read.
    pub pending: Vec<Pending>,
}

/// A request that waits to be finalised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Which.
    pub uid: Uid,
    /// When it was made, by the authority's clock.
    pub date: Option<AuthorityTime>,
}

impl Status {
    /// Reads an answer; one that holds an error is [`CallFault::Refused`].
    pub fn read(body: &str) -> Result<Self, CallFault> {
        let all = object(body)?;
        refusal(&all)?;
        let names = ["pendingRequestsList", "pendingRequests"];
        let list = all.any_list(&names);
        let is_listed = list.is_some();
        let list = list.unwrap_or_default();
        Ok(Self {
            working: all
                .text(&["status"])
                .map(|text| matches!(text.to_ascii_lowercase().as_str(), "true" | "up" | "ok" | "1")),
            version: all.text(&["version"]),
            nif: all.parsed(&["nif", "ifu"]),
            nim: nim(&all),
            token_valid: all.time(&["tokenValid"]),
            server_time: all.time(&["serverDateTime"]),
            pending_count: all.parsed(&["pendingRequestsCount"]),
            is_listed,
            entries: list.len(),
            pending: list.into_iter().filter_map(pending).collect(),
        })
    }

    /// The pending requests, if it is certain that these are all: every entry was read and there are as many as the
    /// authority counts. Without a count an empty list says nothing, nor does any of a service that says that it does not
    /// work.
    pub fn whole_list(&self) -> Option<&[Pending]> {
        if !self.is_listed || self.working == Some(false) {
            return None;
        }
        let read = self.pending.len();
        let counted = usize::try_from(self.pending_count?).ok()?;
        (counted == read && self.entries == read).then_some(&self.pending)
    }

    /// Whether a uid is in the list; none where the list could not be read whole and does not show it.
    pub fn waits(&self, uid: &Uid) -> Option<bool> {
        let listed = self.pending.iter().any(|pending| pending.uid.is(uid));
        if listed { Some(true) } else { self.whole_list().map(|_| false) }
    }
}

fn pending(entry: &str) -> Option<Pending> {
    // Some answers list the bare uids.
    if let Ok(text) = serde_json::from_str::<String>(entry) {
        return Some(Pending { uid: text.parse().ok()?, date: None });
    }
    let entry = object(entry).ok()?;
    Some(Pending { uid: entry.parsed(&["uid"])?, date: entry.time(&["date"]) })
}

/// `POST /api/invoice`: the request's uid and what the authority computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requested {
    /// By which it is confirmed or cancelled.
    pub uid: Uid,
    /// `ta` to `tp`: the rates in percent.
    pub rates: PerLetter<Option<Figure>>,
    /// `taa` to `tap`: what each group comes to, tax included.
    pub totals: PerLetter<Option<Figure>>,
    /// `haa` to `hap`: the same without tax.
    pub nets: PerLetter<Option<Figure>>,
    /// `vaa` to `vap`: the tax.
    pub vats: PerLetter<Option<Figure>>,
    /// `ts`: specific taxes.
    pub specific: Option<Figure>,
    /// What the invoice comes to.
    pub total: Figure,
    /// Its VAT.
    pub vtotal: Figure,
    /// The total in the foreign currency.
    pub cur_total: Option<Figure>,
}

impl Requested {
    /// Reads an answer; one that holds an error is [`CallFault::Refused`].
    pub fn read(body: &str) -> Result<Self, CallFault> {
        let all = object(body)?;
        refusal(&all)?;
        let letters = |prefix: &str| {
            let mut values = PerLetter::default();
            for (letter, value) in values.iter_mut() {
                *value = all.figure(&[&format!("{prefix}{}", letter.as_char())])?;
            }
            Ok(values)
        };
        Ok(Self {
            uid: all.parsed(&["uid"]).ok_or(CallFault::Malformed)?,
            rates: letters("t")?,
            totals: letters("ta")?,
            nets: letters("ha")?,
            vats: letters("va")?,
            specific: all.figure(&["ts"])?,
            total: all.figure(&["total"])?.ok_or(CallFault::Malformed)?,
            vtotal: all.figure(&["vtotal"])?.ok_or(CallFault::Malformed)?,
            cur_total: all.figure(&["curTotal"])?,
        })
    }

    /// What is sent to finalise this request: the authority's own totals.
    pub const fn finalising(&self) -> Finalising {
        Finalising { total: self.total, vtotal: self.vtotal }
    }
}

/// The body of a confirm or a cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finalising {
    /// What the invoice comes to.
    pub total: Figure,
    /// Its VAT.
    pub vtotal: Figure,
}

impl Finalising {
    /// The one JSON form.
    pub fn write(&self) -> String {
        format!(r#"{{"total":{},"vtotal":{}}}"#, self.total, self.vtotal)
    }
}

/// `GET /api/invoice/{uid}`: what a pending request says of its invoice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PendingInvoice {
    /// The taxpayer.
    pub nif: Option<Nif>,
    /// Our fiscal number.
    pub rn: Option<FiscalNumber>,
    /// Its type.
    pub invoice_type: Option<InvoiceType>,
    /// Our record's hash, from the comment that is ours.
    pub record: Option<RecordHash>,
    /// What it comes to.
    pub total: Option<Figure>,
}

impl PendingInvoice {
    /// Reads an answer.
    pub fn read(body: &str) -> Result<Self, CallFault> {
        let all = object(body)?;
        refusal(&all)?;
        Ok(Self {
            nif: all.parsed(&["nif", "ifu"]),
            rn: all.parsed(&["rn"]),
            invoice_type: all.text(&["type"]).and_then(|code| InvoiceType::from_dgi_code(&code)),
            record: last_comment(&all).and_then(|comment| record_in_comment(&comment)),
            total: all.figure(&["total"])?,
        })
    }
}

/// Ours is the last line; one before it that looks like ours was written by the seller.
fn last_comment(all: &Object<'_>) -> Option<String> {
    COMMENTS.iter().rev().find_map(|name| all.text(&[name]))
}

/// `PUT /api/invoice/{uid}/confirm`: the authority's security elements. All but the code are none where the authority did
/// not say them, or in a form that nobody can keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed {
    /// The invoice's code.
    pub code: AuthorityCode,
    /// What the QR code says.
    pub qr: Option<String>,
    /// The machine.
    pub nim: Option<Nim>,
    /// When, by the authority's clock.
    pub date_time: Option<AuthorityTime>,
    /// How many were finalised.
    pub counters: Option<Counters>,
}

impl Confirmed {
    /// The longest text of a QR code that is kept, in bytes: the ledger seals and receipts print no longer one.
    pub const QR_LENGTH: usize = 512;

    /// Reads an answer. One that holds a code is a success, whatever it lacks and whatever error it names besides: a code
    /// that came is not thrown away. Else one that holds an error is [`CallFault::Refused`].
    pub fn read(body: &str) -> Result<Self, CallFault> {
        let all = lenient(body)?;
        let Some(code) = all.parsed(&CODE_NAMES) else {
            refusal(&all)?;
            return Err(CallFault::Malformed);
        };
        let is_kept = |qr: &String| qr.len() <= Self::QR_LENGTH && qr.chars().all(is_shown);
        let confirmed = Self {
            code,
            qr: all.text(&["qrCode", "qr"]).filter(is_kept),
            nim: nim(&all),
            date_time: all.time(&["dateTime"]),
            counters: all.parsed(&["counters"]),
        };
        confirmed.warn_of_what_lacks();
        Ok(confirmed)
    }

    fn warn_of_what_lacks(&self) {
        let said = [
            ("qrCode", self.qr.is_some()),
            ("nim", self.nim.is_some()),
            ("dateTime", self.date_time.is_some()),
            ("counters", self.counters.is_some()),
        ];
        for (element, _) in said.into_iter().filter(|(_, is_said)| !is_said) {
            tracing::warn!(code = %self.code, element, "the authority left an element out, or in a form that cannot be kept: the code is kept without it");
        }
    }
}

/// A machine's number; some services write it in small letters.
fn nim(all: &Object<'_>) -> Option<Nim> {
    all.text(&["nim"])?.to_ascii_uppercase().parse().ok()
}

/// The parent system's name for it is the second.
const CODE_NAMES: [&str; 2] = ["codeDEFDGI", "codeMECeFDGI"];

/// The error that an answer holds, if it holds one. A code that is no number is told in the text.
pub(crate) fn refusal(all: &Object<'_>) -> Result<(), CallFault> {
    let Some(code) = all.text(&["errorCode"]) else { return Ok(()) };
    let words = all.text(&["errorDesc", "errorDescription", "message"]).unwrap_or_default();
    let (number, text) = match code.parse() {
        Ok(0) => return Ok(()),
        Ok(number) => (number, words),
        Err(_) => (0, format!("{code}: {words}")),
    };
    Err(CallFault::Refused { code: ErrorCode::new(number), text: shortened(&text) })
}

/// What the authority says with a status that is no success: an error of its own list, else why it could not read what it
/// was sent, as a refusal under the status's own number.
pub(crate) fn refusal_of(body: &str, status: u16) -> Option<CallFault> {
    let all = object(body).ok()?;
    if let Err(refused) = refusal(&all) {
        return Some(refused);
    }
    let words = [all.text(&["title", "message", "detail"]), all.raw(&["errors"]).map(str::to_owned)];
    let words: Vec<String> = words.into_iter().flatten().collect();
    let is_of_request = matches!(status, 400 | 413 | 415 | 422) && !words.is_empty();
    is_of_request.then(|| CallFault::Refused {
        code: ErrorCode::new(status.into()),
        text: shortened(&words.join(" ")),
    })
}

/// The authority's words without control characters, and no more than a page shows.
fn shortened(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(300).collect()
}
