use serde::Serialize;

use super::{
    Finalised, Nim, World,
    checks::{Refusal, refusal},
    machine::Pending,
    request::bad_request,
    strikes::Strikes,
};
use crate::{At, Dice, Profile, Reply, message::Totals};

/// The answer to a confirm.
#[derive(Serialize)]
struct Confirmed<'a> {
    #[serde(rename = "dateTime")]
    date_time: &'a str,
    #[serde(rename = "qrCode")]
    qr: Option<&'a str>,
    #[serde(rename = "codeDEFDGI")]
    code: Option<&'a str>,
    counters: &'a str,
    nim: Nim,
    #[serde(rename = "errorCode")]
    error_code: Option<&'a str>,
    #[serde(rename = "errorDesc")]
    error_desc: Option<&'a str>,
}

/// Letters and digits that nobody confuses.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const CODE: usize = 24;

impl World {
    pub(super) fn confirm(
        &mut self,
        nim: Nim,
        uid: &str,
        body: &[u8],
        (now, strikes): (At, &Strikes),
        dice: &mut dyn Dice,
    ) -> Reply {
        let pending = match self.found(nim, uid, body, Totals::are_those_of) {
            Ok(pending) => pending,
            Err(reply) => return reply,
        };
        if let Some(Err(refusal)) =
            pending.reference.as_deref().map(|code| self.within(code, pending.totals.total))
        {
            return refusal.reply();
        }
        let Some(finalised) = self.finalise(nim, &pending.uid.clone(), now, dice) else {
            return refusal(20, "unknown, or finalised already");
        };
        let has_code = !strikes.has_no_code();
        Reply::json(
            200,
            &Confirmed {
                date_time: &finalised.date_time,
                qr: has_code.then_some(&finalised.qr),
                code: has_code.then_some(&finalised.code),
                counters: &finalised.counters,
                nim: strikes.nim(nim),
                error_code: None,
                error_desc: None,
            },
        )
    }

    pub(super) fn cancel(&mut self, nim: Nim, uid: &str, body: &[u8], now: At) -> Reply {
        let uid = match self.found(nim, uid, body, |_, _| true) {
            Ok(pending) => pending.uid.clone(),
            Err(reply) => return reply,
        };
        if let Some(machine) = self.machines.get_mut(&nim) {
            machine.end(&uid, now);
        }
        self.forget_pending(&uid);
        Reply::json(200, &serde_json::json!({ "errorCode": null, "errorDesc": null }))
    }

    /// What is pending, if the body is about it. The parent system's calls have no body.
    fn found(
        &self,
        nim: Nim,
        uid: &str,
        body: &[u8],
        agrees: impl Fn(&Totals, &Pending) -> bool,
    ) -> Result<&Pending, Reply> {
        let machine = self.machines.get(&nim).ok_or_else(|| Reply::empty(401))?;
        let said = match body {
            [] if machine.profile == Profile::Parent => None,
            body => Some(serde_json::from_slice::<Totals>(body).map_err(|_| bad_request())?),
        };
        let pending = machine.pending.iter().find(|pending| pending.uid.eq_ignore_ascii_case(uid));
        let Some(pending) = pending else { return Err(refusal(20, "unknown, or finalised already")) };
        if said.is_some_and(|said| !agrees(&said, pending)) {
            return Err(Refusal(99, "total and vtotal are not those of the request".to_owned()).reply());
        }
        Ok(pending)
    }

    /// The effect: it is pending no more, and has a code.
    fn finalise(&mut self, nim: Nim, uid: &str, now: At, dice: &mut dyn Dice) -> Option<&Finalised> {
        let clock = self.clock(now);
        let code = self.new_code(dice);
        let machine = self.machines.get_mut(&nim)?;
        let pending = machine.end(uid, now)?;
        let of_kind = machine.counters.get(&pending.kind).copied().unwrap_or_default() + 1;
        let number = machine.finalised() + 1;
        let finalised = Finalised {
            nim,
            number,
            counters: format!("{of_kind}/{number} {}", pending.kind.name()),
            kind: pending.kind.name().to_owned(),
            qr: format!("F;{nim};{code};{};{}", machine.nif, clock.compact()),
            uid: pending.uid,
            rn: pending.rn,
            reference: pending.reference,
            comments: pending.comments,
            total: pending.totals.total,
            vtotal: pending.totals.vtotal,
            at: now,
            date_time: clock.french(),
            code: code.clone(),
        };
        self.forget_pending(&finalised.uid);
        self.keep_finalised(&finalised);
        self.settle(finalised);
        self.finalised.get(&code)
    }

    /// Counts it: when it happens, and when it is read again.
    pub(super) fn settle(&mut self, finalised: Finalised) {
        if let Some(machine) = self.machines.get_mut(&finalised.nim) {
            if let Some(kind) = super::Kind::of(&finalised.kind) {
                *machine.counters.entry(kind).or_default() += 1;
            }
            machine.codes.push(finalised.code.clone());
        }
        if let Some(original) = &finalised.reference {
            let credited = self.credited.entry(original.clone()).or_default();
            *credited = credited.plus(finalised.total).unwrap_or(*credited);
        }
        self.finalised.insert(finalised.code.clone(), finalised);
    }

    fn new_code(&self, dice: &mut dyn Dice) -> String {
        loop {
            let rolls = [dice.roll(), dice.roll()];
            let letter = |index: usize| {
                let roll = rolls.get(index / 12).copied().unwrap_or_default();
                char::from(ALPHABET[(roll >> (5 * (index % 12)) & 31) as usize])
            };
            let code: String = (0..CODE).map(letter).collect();
            if !self.finalised.contains_key(&code) {
                return code;
            }
        }
    }
}

impl Totals {
    /// A client that leaves one out says nothing about it.
    fn are_those_of(&self, pending: &Pending) -> bool {
        let (total, vtotal) = (pending.totals.total, pending.totals.vtotal);
        self.total.is_none_or(|said| said == total) && self.vtotal.is_none_or(|said| said == vtotal)
    }
}
