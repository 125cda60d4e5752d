use serde::Serialize;

use super::{Nim, World, strikes::Strikes};
use crate::{At, Reply};

/// The answer to `GET /api/invoice`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    status: bool,
    version: &'static str,
    nif: String,
    nim: Nim,
    token_valid: String,
    server_date_time: String,
    pending_requests_count: usize,
    pending_requests_list: Vec<PendingEntry>,
}

#[derive(Serialize)]
struct PendingEntry {
    date: String,
    uid: String,
}

impl World {
    pub(super) fn status(&self, nim: Nim, now: At, strikes: &Strikes) -> Reply {
        let Some(machine) = self.machines.get(&nim) else { return Reply::empty(401) };
        let pending = machine.pending.iter().map(|pending| (pending.requested, &pending.uid));
        let mut list: Vec<_> = match strikes.list_age() {
            None => pending.collect(),
            Some(age) => {
                let then = At(now.0.saturating_sub(age));
                let ended = machine.ended.iter().filter(|ended| ended.ended > then);
                pending
                    .chain(ended.map(|ended| (ended.requested, &ended.uid)))
                    .filter(|(requested, _)| *requested <= then)
                    .collect()
            }
        };
        list.sort();
        let count = list.len();
        if strikes.is_list_partial() {
            list.truncate(count / 2);
        }
        let entry = |(requested, uid): (At, &String)| PendingEntry {
            date: self.clock(requested).iso(),
            uid: uid.clone(),
        };
        Reply::json(
            200,
            &Status {
                status: true,
                version: "1.0",
                nif: machine.nif.clone(),
                nim: strikes.nim(nim),
                token_valid: machine.token_expires.iso(),
                server_date_time: self.clock(now).iso(),
                pending_requests_count: count,
                pending_requests_list: list.into_iter().map(entry).collect(),
            },
        )
    }
}
