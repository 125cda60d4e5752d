use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    Nim, World,
    checks::{Refusal, refusal},
    machine::Pending,
    strikes::Strikes,
};
use crate::{At, Dice, Reply, message::Invoice, totals::Totals};

/// The answer to `POST /api/invoice`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Requested<'a> {
    uid: &'a str,
    #[serde(flatten)]
    totals: &'a Totals,
    error_code: Option<&'a str>,
    error_desc: Option<&'a str>,
}

/// The answer to `GET /api/invoice/{uid}`: what was sent, and what was computed of it.
#[derive(Serialize)]
struct Details<'a> {
    #[serde(flatten)]
    body: &'a Map<String, Value>,
    #[serde(flatten)]
    requested: Requested<'a>,
}

impl<'a> Requested<'a> {
    fn of(pending: &'a Pending) -> Self {
        Self { uid: &pending.uid, totals: &pending.totals, error_code: None, error_desc: None }
    }
}

impl World {
    pub(super) fn request(
        &mut self,
        nim: Nim,
        body: &[u8],
        (now, strikes): (At, &Strikes),
        dice: &mut dyn Dice,
    ) -> Reply {
        let Ok(invoice) = serde_json::from_slice::<Invoice>(body) else { return bad_request() };
        let Ok(body) = serde_json::from_slice(body) else { return bad_request() };
        let pending = match self.understood(nim, &invoice, body, (now, strikes), dice) {
            Ok(pending) => pending,
            Err(refusal) => return refusal.reply(),
        };
        let reply = Reply::json(200, &Requested::of(&pending));
        self.keep_pending(nim, &pending);
        if let Some(machine) = self.machines.get_mut(&nim) {
            machine.pending.push(pending);
        }
        reply
    }

    fn understood(
        &self,
        nim: Nim,
        invoice: &Invoice,
        body: Map<String, Value>,
        (now, strikes): (At, &Strikes),
        dice: &mut dyn Dice,
    ) -> Result<Pending, Refusal> {
        let unknown = || Refusal(99, "this e-MCF has no rates".to_owned());
        let machine = self.machines.get(&nim).ok_or_else(unknown)?;
        let rates = machine.rates_at(self.clock(now)).ok_or_else(unknown)?;
        let checked = self.checked(machine, invoice, &rates.rates)?;
        let shifted = strikes.totals().and_then(|by| checked.totals.clone().shifted(by));
        Ok(Pending {
            uid: uid(dice),
            requested: now,
            expires: now.plus(strikes.life().unwrap_or(self.settings.life_ms)),
            kind: checked.kind,
            rn: invoice.rn.clone(),
            reference: checked.reference,
            comments: invoice.comments(),
            totals: shifted.unwrap_or(checked.totals),
            body,
        })
    }

    pub(super) fn details(&self, nim: Nim, uid: &str) -> Reply {
        let pending = self
            .machines
            .get(&nim)
            .and_then(|machine| machine.pending.iter().find(|pending| pending.uid.eq_ignore_ascii_case(uid)));
        match pending {
            Some(pending) => {
                Reply::json(200, &Details { body: &pending.body, requested: Requested::of(pending) })
            }
            None => refusal(20, "unknown, or finalised already"),
        }
    }

    /// Whatever has come to its end is pending no more.
    pub(super) fn expire(&mut self, now: At) {
        let mut over = Vec::new();
        for (nim, machine) in &mut self.machines {
            while let Some(pending) = machine.pending.iter().find(|pending| pending.expires <= now) {
                let (uid, expires) = (pending.uid.clone(), pending.expires);
                machine.end(&uid, expires);
                over.push((*nim, uid));
            }
        }
        over.into_iter().for_each(|(_, uid)| self.forget_pending(&uid));
    }
}

/// As ASP.NET answers what it cannot read.
pub(super) fn bad_request() -> Reply {
    let body = serde_json::json!({
        "type": "https://tools.ietf.org/html/rfc7231#section-6.5.1",
        "title": "One or more validation errors occurred.",
        "status": 400,
    });
    Reply::json(400, &body)
}

/// A UUID of version 4.
fn uid(dice: &mut dyn Dice) -> String {
    let (high, low) = (dice.roll(), dice.roll());
    let (a, b, c) = (high >> 32, high >> 16 & 0xffff, high & 0x0fff);
    let (d, e) = (low >> 48 & 0x3fff | 0x8000, low & 0xffff_ffff_ffff);
    format!("{a:08x}-{b:04x}-4{c:03x}-{d:04x}-{e:012x}")
}
