//! The authority's elements, noted in the ledger.

use std::sync::{atomic::Ordering, mpsc};

use fiscal::OutletId;
use ledger::{AuthorityElements, AuthorityNote, AuthoritySource, Refusal};

use super::{
    StoreBook, look,
    raise::raise,
    reading::to_record,
    write,
    writing::{Noted, What},
};
use crate::{AlertKind, BookFault, Elements, Job, Source, alerts::end_alert};

impl StoreBook {
    /// Notes the elements of jobs in the ledger that are not there yet, at most so many, those of some outlets left out. The
    /// ledger seals them together, and the jobs are marked in one write. Says how many were noted, and which outlets'
    /// ledgers refused.
    pub(crate) fn record_all(
        &self,
        but: &[OutletId],
        most: usize,
    ) -> Result<(usize, Vec<(OutletId, String)>), BookFault> {
        let jobs = self.ask(|store| look(store, |statements| to_record(statements, but, most)))?;
        self.note(self.told(jobs))
    }

    /// The ledger of an outlet refuses the authority's elements for long, or takes them again.
    pub(crate) fn alert_refused(&self, outlet: OutletId, why: Option<&str>) -> Result<(), BookFault> {
        let (about, now) = (format!("outlet {outlet}"), self.now());
        self.ask(|store| {
            write(store, |statements| match why {
                Some(why) => raise(statements, AlertKind::NotRecorded, &about, Some(outlet), now, why),
                None => end_alert(statements, AlertKind::NotRecorded, &about, now).map(|_| ()),
            })
        })
    }

    pub(super) fn note(&self, jobs: Vec<Job>) -> Result<(usize, Vec<(OutletId, String)>), BookFault> {
        let (mut noted, mut refused) = (Vec::new(), Vec::new());
        let mut asked = Vec::new();
        for job in jobs {
            let Some(elements) = &job.elements else { continue };
            let (id, code) = (job.id, elements.code);
            match as_noted(elements) {
                Err(why) => noted.push(Noted { job: id, code, refused: Some(why) }),
                Ok(elements) => {
                    let note = AuthorityNote { invoice: job.place, record_hash: id.0, elements };
                    let (sender, receiver) = mpsc::sync_channel(1);
                    let answer = move |answer| {
                        // Who asked may have gone.
                        let _ = sender.send(answer);
                    };
                    self.ledger.submit_authority(job.place.chain.outlet, note, Some(self.by.clone()), answer);
                    asked.push((id, code, job.place.chain.outlet, receiver));
                }
            }
        }
        for (job, code, outlet, answer) in asked {
            match answer.recv().unwrap_or(Err(Refusal::OutcomeUnknown)) {
                Ok(_) => noted.push(Noted { job, code, refused: None }),
                // It is for a person to see, and not asked for again.
                Err(Refusal::Authority(fault)) => {
                    noted.push(Noted { job, code, refused: Some(fault.to_string()) });
                }
                Err(refusal) => {
                    tracing::warn!(%refusal, "the authority's elements wait for the ledger");
                    refused.push((outlet, refusal.to_string()));
                }
            }
        }
        let count = noted.len();
        if count > 0 {
            self.put(What::Recorded(noted, self.now()))?;
            self.recorded.fetch_add(count as u64, Ordering::Relaxed);
        }
        Ok((count, refused))
    }
}

/// The elements as the ledger keeps them. A text of the authority's that the ledger would not seal is left out.
fn as_noted(elements: &Elements) -> Result<AuthorityElements, String> {
    let unfit = |what: &str| format!("the authority's {what} is not in a form that the ledger seals");
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Ok(AuthorityElements {
        nim: elements.nim.as_str().parse().map_err(|_| unfit("NIM"))?,
        uid: elements.uid.as_ref().and_then(|uid| uid.as_str().parse().ok()),
        code: elements.code.as_str().parse().map_err(|_| unfit("code"))?,
        date_time: text(&elements.date_time).and_then(|text| text.parse().ok()),
        qr: text(&elements.qr).and_then(|text| text.parse().ok()),
        counters: elements.counters.and_then(|counters| counters.to_string().parse().ok()),
        total: elements.totals.and_then(|totals| totals.total.to_string().parse().ok()),
        vtotal: elements.totals.and_then(|totals| totals.vtotal.to_string().parse().ok()),
        source: match elements.source {
            Source::Hand => AuthoritySource::Hand,
            Source::Imported => AuthoritySource::Imported,
            Source::Api => AuthoritySource::Api,
        },
        host: elements.host.parse().map_err(|_| unfit("host"))?,
        is_test: elements.test,
    })
}
