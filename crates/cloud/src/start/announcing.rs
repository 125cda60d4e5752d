//! Webhooks hear what becomes of invoices at the authority, and what needs someone.

use std::collections::{BTreeMap, BTreeSet};

use fiscal::OutletId;
use ledger::{LedgerStore, StoreFault};
use registry::{MerchantId, Registry};
use sha2::{Digest, Sha256};
use sync::{Alert, AlertFilter, AlertKind, AlertsOf, At, Desk, DeskFault, Job, JobState, Sight};
use webhooks::{News, SubmissionNews, Webhooks};

use crate::app::App;

/// So many alerts are read at once.
const PAGE: usize = 500;
/// So many alerts are told of.
const MOST: usize = 5_000;
/// So many invoices of a merchant that need someone are told of, the newest; who has more knows.
const MOST_OF_MERCHANT: usize = 1_000;
/// What a webhook was told is forgotten after 30 days: what began long ago is not told again.
const OLD: u64 = 29 * 86_400_000;

/// What was told, so that it is not looked up again each time. Who was told what, the deliveries themselves say: an
/// occasion is told once, whoever finds it.
#[derive(Default)]
pub(super) struct Announced {
    told: BTreeSet<[u8; 16]>,
}

/// Something to be told, and to whom.
struct Told {
    occasion: [u8; 16],
    outlet: Option<OutletId>,
    merchant: Option<MerchantId>,
    news: News,
}

impl Announced {
    /// One round.
    pub(super) fn look(&mut self, app: &App) {
        if app.authority.is_none() {
            return;
        }
        let now = app.clock.now();
        let since = app.at().0.saturating_sub(OLD);
        let round = app.ledger.ask(|store| {
            let (mut all, mut told) = (BTreeSet::new(), 0);
            for found in found(store, since)? {
                all.insert(found.occasion);
                if self.told.contains(&found.occasion) {
                    continue;
                }
                let Some(merchant) = merchant(store, &found)? else { continue };
                let announced = Webhooks::over(store).announce(&found.news, &merchant, &found.occasion, now);
                told += announced.map_err(|fault| StoreFault::Unavailable(fault.to_string()))?;
            }
            Ok((all, told))
        });
        match round {
            Ok((all, told)) => {
                self.told = all;
                if told > 0 {
                    app.wake_dispatcher();
                }
            }
            Err(refusal) => tracing::warn!(%refusal, "webhooks were not told of the way to the authority"),
        }
    }
}

/// All that is so now and began after a time. However much of it one merchant has, the others hear of theirs.
fn found(store: &mut dyn LedgerStore, since: u64) -> Result<Vec<Told>, StoreFault> {
    let mut found = Vec::new();
    for (merchant, outlets) in troubled(store, since)? {
        let listed = Desk::over(store).trouble_since(&outlets, At(since), MOST_OF_MERCHANT).map_err(fault)?;
        found.extend(listed.iter().filter_map(|listed| of_job(&listed.job, &merchant)));
    }
    found.extend(of_alerts(&mut Desk::over(store), since)?);
    Ok(found)
}

/// Whose invoices need someone since a time, and at which outlets.
fn troubled(
    store: &mut dyn LedgerStore,
    since: u64,
) -> Result<BTreeMap<MerchantId, Vec<OutletId>>, StoreFault> {
    let mut troubled = BTreeMap::<_, Vec<_>>::new();
    for outlet in Desk::over(store).troubled_since(At(since)).map_err(fault)? {
        if let Some(merchant) = merchant_of(store, outlet)? {
            troubled.entry(merchant).or_default().push(outlet);
        }
    }
    Ok(troubled)
}

/// That it is at the authority, its record tells.
fn of_job(job: &Job, merchant: &MerchantId) -> Option<Told> {
    let news = match job.state {
        JobState::Failed => SubmissionNews::Failed,
        JobState::Ambiguous => SubmissionNews::Ambiguous,
        JobState::Differs => SubmissionNews::Differs,
        _ => return None,
    };
    Some(Told {
        occasion: occasion(&["submission", &job.id.to_string(), job.state.name(), &job.since.to_string()]),
        outlet: Some(job.place.chain.outlet),
        merchant: Some(merchant.clone()),
        news: News::Submission(news, job.place),
    })
}

/// The alerts, the newest first.
fn of_alerts(desk: &mut Desk<'_>, since: u64) -> Result<Vec<Told>, StoreFault> {
    let of = AlertsOf { sight: Sight::All, merchant: None };
    let (mut found, mut after) = (Vec::new(), None);
    while found.len() < MOST {
        let page = desk.alerts(of, AlertFilter::default(), after.as_ref(), PAGE).map_err(fault)?;
        found.extend(page.iter().filter(|alert| alert.since.0 >= since).filter_map(of_alert));
        match page.last() {
            Some(last) if page.len() == PAGE && last.since.0 >= since => after = Some(last.cursor()),
            _ => break,
        }
    }
    Ok(found)
}

/// None of what is told of each invoice, or is for the platform alone.
fn of_alert(alert: &Alert) -> Option<Told> {
    let is_told_otherwise = matches!(
        alert.kind,
        AlertKind::Failed
            | AlertKind::Ambiguous
            | AlertKind::Differs
            | AlertKind::SettledByPerson
            | AlertKind::HandedOut
            | AlertKind::TestMachine
    );
    if is_told_otherwise {
        return None;
    }
    Some(Told {
        occasion: occasion(&["alert", alert.kind.name(), &alert.about, &alert.since.to_string()]),
        outlet: alert.outlet,
        merchant: alert.merchant.clone(),
        news: News::Alert(alert.kind.name().parse().ok()?, alert.outlet),
    })
}

fn merchant(store: &mut dyn LedgerStore, told: &Told) -> Result<Option<MerchantId>, StoreFault> {
    if told.merchant.is_some() {
        return Ok(told.merchant.clone());
    }
    told.outlet.map_or(Ok(None), |outlet| merchant_of(store, outlet))
}

fn merchant_of(store: &mut dyn LedgerStore, outlet: OutletId) -> Result<Option<MerchantId>, StoreFault> {
    let place = Registry::over(store).place_of(outlet);
    let place = place.map_err(|fault| StoreFault::Unavailable(fault.to_string()))?;
    Ok(place.map(|place| place.merchant))
}

fn occasion(parts: &[&str]) -> [u8; 16] {
    let digest = Sha256::digest(parts.join(" ").as_bytes());
    let mut occasion = [0; 16];
    occasion.copy_from_slice(&digest[..16]);
    occasion
}

fn fault(fault: DeskFault) -> StoreFault {
    match fault {
        DeskFault::Store(fault) => fault,
        other => StoreFault::Unavailable(other.to_string()),
    }
}
