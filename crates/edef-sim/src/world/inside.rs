//! What a page or a test sees of the world, and sets in it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    Finalised, MACHINES, Nim, Settings, Wanted, World, WorldFault,
    machine::{CurrencyRate, Machine},
};
use crate::{At, Dice, Exact, Fault, FaultId, FaultKind, Group, Often, Profile, Token};

const FAULTS: usize = 100;
const TEXT: usize = 64;
/// Dated rates of one e-MCF.
const DATED: usize = 200;

/// An e-MCF as it is.
#[derive(Clone, Debug, Serialize)]
pub struct MachineView {
    /// Its number.
    pub nim: Nim,
    /// The taxpayer's.
    pub nif: String,
    /// The homologated system's id.
    pub isf: Option<String>,
    /// Whose rules it has.
    pub profile: Profile,
    /// What its calls are authorised by.
    pub token: Token,
    /// Until when.
    pub token_expires: At,
    /// How many invoices it has finalised.
    pub finalised: u64,
    /// What waits, oldest first.
    pub pending: Vec<PendingView>,
}

/// A request that waits for its confirm.
#[derive(Clone, Debug, Serialize)]
pub struct PendingView {
    /// Its id.
    pub uid: String,
    /// FV, FT, FA, EV, ET or EA.
    pub kind: &'static str,
    /// The client's number.
    pub rn: Option<String>,
    /// With tax.
    pub total: Exact,
    /// When it was requested, by the true time.
    pub requested: At,
    /// When it is pending no more, by the true time.
    pub expires: At,
}

impl World {
    /// Makes an e-MCF.
    ///
    /// # Errors
    /// Its NIM is taken, the world is full, or a text is unusable.
    pub fn add(&mut self, wanted: Wanted, now: At, dice: &mut dyn Dice) -> Result<MachineView, WorldFault> {
        let is_text = |text: &str| !text.is_empty() && text.len() <= TEXT;
        if !is_text(&wanted.nif) || !wanted.isf.as_deref().is_none_or(is_text) {
            return Err(WorldFault::Value);
        }
        if self.machines.len() >= MACHINES {
            return Err(WorldFault::Full);
        }
        let is_free = |nim: &Nim| !self.machines.contains_key(nim);
        let nim = match wanted.nim {
            Some(nim) => Some(nim).filter(is_free),
            None => (1..=u16::MAX).map(Nim::nth).find(is_free),
        };
        let nim = nim.ok_or(WorldFault::Taken)?;
        let token_expires = now.plus(wanted.token_life());
        let machine = Machine {
            token: Token::new(&wanted.nif, &nim, now, token_expires, dice),
            token_expires,
            rates: vec![wanted.profile.rates()],
            currencies: currencies(wanted.profile),
            nif: wanted.nif,
            isf: wanted.isf,
            profile: wanted.profile,
            pending: Vec::new(),
            ended: Default::default(),
            codes: Vec::new(),
            counters: Default::default(),
        };
        self.tokens.insert(machine.token.clone(), nim);
        self.machines.insert(nim, machine);
        self.keep_machine(nim);
        self.machine(nim).ok_or(WorldFault::Unknown)
    }

    /// Gives an e-MCF a new token that is good for so many milliseconds; the old one is good no more.
    ///
    /// # Errors
    /// There is no such e-MCF.
    pub fn renew(
        &mut self,
        nim: Nim,
        life_ms: u64,
        now: At,
        dice: &mut dyn Dice,
    ) -> Result<Token, WorldFault> {
        let machine = self.machines.get_mut(&nim).ok_or(WorldFault::Unknown)?;
        let expires = now.plus(life_ms);
        let token = Token::new(&machine.nif, &nim, now, expires, dice);
        self.tokens.remove(&machine.token);
        (machine.token, machine.token_expires) = (token.clone(), expires);
        self.tokens.insert(token.clone(), nim);
        self.keep_machine(nim);
        Ok(token)
    }

    /// Changes tax rates of an e-MCF from a day on, in per cent; other groups keep what they have on that day.
    ///
    /// # Errors
    /// There is no such e-MCF, or the day or a rate is unusable.
    pub fn rates_from(
        &mut self,
        nim: Nim,
        from: &str,
        changed: &BTreeMap<Group, Exact>,
    ) -> Result<(), WorldFault> {
        let machine = self.machines.get_mut(&nim).ok_or(WorldFault::Unknown)?;
        let is_rate = |rate: &Exact| !rate.is_negative() && *rate <= Exact::whole(100);
        if !is_day(from) || !changed.values().all(is_rate) || machine.rates.len() >= DATED {
            return Err(WorldFault::Value);
        }
        let before = machine.rates.iter().rev().find(|known| known.from.as_str() <= from);
        let mut rates = before.cloned().ok_or(WorldFault::Value)?;
        from.clone_into(&mut rates.from);
        for (group, rate) in changed {
            rates.rates[group.index()] = *rate;
        }
        machine.rates.retain(|known| known.from != from);
        machine.rates.push(rates);
        machine.rates.sort_by(|one, other| one.from.cmp(&other.from));
        self.keep_machine(nim);
        Ok(())
    }

    /// Sets what one unit of a currency is worth, from a day on.
    ///
    /// # Errors
    /// There is no such e-MCF, or the currency, day or rate is unusable.
    pub fn currency_from(
        &mut self,
        nim: Nim,
        currency: &str,
        date: &str,
        rate: Exact,
    ) -> Result<(), WorldFault> {
        let machine = self.machines.get_mut(&nim).ok_or(WorldFault::Unknown)?;
        let is_code = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
        if !is_code || !is_day(date) || rate <= Exact::ZERO || machine.currencies.len() >= DATED {
            return Err(WorldFault::Value);
        }
        machine.currencies.retain(|known| known.currency != currency || known.date != date);
        machine.currencies.push(currency_rate(currency, date, rate));
        self.keep_machine(nim);
        Ok(())
    }

    /// What holds for all e-MCFs.
    pub const fn settings(&self) -> Settings {
        self.settings
    }

    /// Changes it, for what comes.
    pub fn set(&mut self, settings: Settings) {
        self.settings = settings;
        self.keep_settings();
    }

    /// Sets a fault.
    ///
    /// # Errors
    /// Its numbers are out of their ranges, or too many are set.
    pub fn fault(&mut self, fault: Fault) -> Result<FaultId, WorldFault> {
        let is_often = match fault.often {
            Often::Next(calls) => calls > 0,
            Often::PerMille(chance) => (1..=1_000).contains(&chance),
        };
        let is_status = match fault.kind {
            FaultKind::Status { status, .. } => (400..600).contains(&status),
            _ => true,
        };
        if !is_often || !is_status || self.faults.len() >= FAULTS {
            return Err(WorldFault::Fault);
        }
        let id = FaultId(self.next_fault);
        self.next_fault += 1;
        self.faults.insert(id, fault);
        self.keep_fault(id);
        Ok(id)
    }

    /// The faults that are set.
    pub fn faults(&self) -> impl Iterator<Item = (FaultId, &Fault)> {
        self.faults.iter().map(|(id, fault)| (*id, fault))
    }

    /// Takes all faults away.
    pub fn heal(&mut self) {
        let ids: Vec<FaultId> = self.faults.keys().copied().collect();
        for id in ids {
            self.remove_fault(id);
        }
    }

    /// Everything that is pending expires now: at one e-MCF, or at all.
    pub fn expire_all(&mut self, nim: Option<Nim>, now: At) {
        for (its, machine) in &mut self.machines {
            if nim.is_none_or(|only| only == *its) {
                machine.pending.iter_mut().for_each(|pending| pending.expires = now);
            }
        }
        self.expire(now);
    }

    /// The e-MCFs, by NIM.
    pub fn machines(&self) -> impl Iterator<Item = MachineView> {
        self.machines.iter().map(|(nim, machine)| MachineView::of(*nim, machine))
    }

    /// One of them.
    pub fn machine(&self, nim: Nim) -> Option<MachineView> {
        self.machines.get(&nim).map(|machine| MachineView::of(nim, machine))
    }

    /// Whose token it is, expired or not.
    pub fn holder(&self, token: &str) -> Option<Nim> {
        self.tokens.get(token).copied()
    }

    /// What an e-MCF finalised, oldest first.
    pub fn finalised(&self, nim: Nim) -> impl DoubleEndedIterator<Item = &Finalised> {
        let codes = self.machines.get(&nim).map(|machine| machine.codes.as_slice()).unwrap_or_default();
        codes.iter().filter_map(|code| self.finalised.get(code))
    }

    /// The invoice that has a code.
    pub fn invoice(&self, code: &str) -> Option<&Finalised> {
        self.finalised.get(code)
    }
}

impl MachineView {
    fn of(nim: Nim, machine: &Machine) -> Self {
        let pending = machine.pending.iter().map(|pending| PendingView {
            uid: pending.uid.clone(),
            kind: pending.kind.name(),
            rn: pending.rn.clone(),
            total: pending.totals.total,
            requested: pending.requested,
            expires: pending.expires,
        });
        Self {
            nim,
            nif: machine.nif.clone(),
            isf: machine.isf.clone(),
            profile: machine.profile,
            token: machine.token.clone(),
            token_expires: machine.token_expires,
            finalised: machine.finalised(),
            pending: pending.collect(),
        }
    }
}

/// Figures for trials: no authority published them.
fn currencies(profile: Profile) -> Vec<CurrencyRate> {
    match profile {
        Profile::Drc => vec![
            currency_rate("USD", "2026-01-01", Exact::whole(2_800)),
            currency_rate("EUR", "2026-01-01", Exact::whole(3_200)),
        ],
        Profile::Parent => Vec::new(),
    }
}

fn currency_rate(currency: &str, date: &str, rate: Exact) -> CurrencyRate {
    CurrencyRate {
        currency: currency.to_owned(),
        description: currency.to_owned(),
        date: date.to_owned(),
        rate,
    }
}

fn is_day(text: &str) -> bool {
    text.len() == 10 && crate::message::is_date(text) && text.contains('-')
}
