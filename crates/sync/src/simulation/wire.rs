//! The authority by bytes: what the client's half writes is what the simulated service reads, and the other way round.

use std::sync::Mutex;

use edef::{
    Authority, CallFault, Confirmed, CurrencyRates, Dialect, Finalising, InvoiceRequest, PendingInvoice,
    Requested, Status, TaxGroups, Uid,
};
use edef_sim::{Call, Method};

/// How a call went, as HTTP tells it.
#[derive(Clone, Debug)]
pub(super) enum Heard {
    Nothing(CallFault),
    Http { status: u16, retry_after: Option<u32>, body: Vec<u8> },
}

/// Two passes of each call: the first writes down what is sent, the second reads what came back.
pub(super) struct Wire {
    token: String,
    heard: Option<Heard>,
    sent: Mutex<Option<Call>>,
}

impl Wire {
    /// Only writes down what is sent.
    pub(super) fn sending(token: &str) -> Self {
        Self { token: token.to_owned(), heard: None, sent: Mutex::new(None) }
    }

    /// Answers what was heard.
    pub(super) fn hearing(heard: Heard) -> Self {
        Self { token: String::new(), heard: Some(heard), sent: Mutex::new(None) }
    }

    pub(super) fn into_call(self) -> Option<Call> {
        self.sent.into_inner().ok().flatten()
    }

    fn exchange(&self, method: Method, path: &str, body: String) -> Result<String, CallFault> {
        let Some(heard) = &self.heard else {
            if let Ok(mut sent) = self.sent.lock() {
                *sent = Some(Call::bare(method, path, &self.token).with_body(body.into_bytes()));
            }
            return Err(CallFault::Unreachable);
        };
        match heard {
            Heard::Nothing(fault) => Err(fault.clone()),
            Heard::Http { status, retry_after, body } => {
                let retry_after = retry_after.map(u64::from);
                match status {
                    200 | 201 => String::from_utf8(body.clone()).map_err(|_| CallFault::Malformed),
                    401 => Err(CallFault::Unauthorized),
                    403 => Err(CallFault::Forbidden),
                    429 => Err(CallFault::TooMany { retry_after }),
                    500..=599 => Err(CallFault::Server { status: *status, retry_after }),
                    status => Err(CallFault::WrongStatus { status: *status }),
                }
            }
        }
    }
}

impl Authority for Wire {
    fn status(&self) -> Result<Status, CallFault> {
        Status::read(&self.exchange(Method::Get, "/api/invoice", String::new())?)
    }

    fn request(&self, invoice: &InvoiceRequest) -> Result<Requested, CallFault> {
        let body = invoice.write(&Dialect::default());
        Requested::read(&self.exchange(Method::Post, "/api/invoice", body)?)
    }

    fn pending(&self, uid: &Uid) -> Result<PendingInvoice, CallFault> {
        PendingInvoice::read(&self.exchange(Method::Get, &format!("/api/invoice/{uid}"), String::new())?)
    }

    fn confirm(&self, uid: &Uid, totals: &Finalising) -> Result<Confirmed, CallFault> {
        let path = format!("/api/invoice/{uid}/confirm");
        Confirmed::read(&self.exchange(Method::Put, &path, totals.write())?)
    }

    fn cancel(&self, uid: &Uid, totals: &Finalising) -> Result<(), CallFault> {
        let path = format!("/api/invoice/{uid}/cancel");
        self.exchange(Method::Put, &path, totals.write()).map(|_| ())
    }

    fn tax_groups(&self) -> Result<TaxGroups, CallFault> {
        Err(CallFault::Unreachable)
    }

    fn currency_rates(&self) -> Result<CurrencyRates, CallFault> {
        Err(CallFault::Unreachable)
    }
}
