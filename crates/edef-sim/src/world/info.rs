use serde_json::{Map, Value, json};

use super::{Nim, World, machine::Machine};
use crate::{At, Group, Reply};

impl World {
    /// `GET /api/info/…`
    pub(super) fn info(&self, nim: Nim, name: &str, now: At) -> Reply {
        let Some(machine) = self.machines.get(&nim) else { return Reply::empty(401) };
        let clock = self.clock(now);
        let body = match name.to_ascii_lowercase().as_str() {
            "status" => status(machine, nim, clock),
            "taxgroups" => tax_groups(machine, clock),
            "invoicetypes" => listed(&[
                ("FV", "Facture de vente"),
                ("FT", "Facture d'acompte ou d'avance"),
                ("FA", "Facture d'avoir"),
                ("EV", "Facture de vente à l'exportation"),
                ("ET", "Facture d'acompte ou d'avance à l'exportation"),
                ("EA", "Facture d'avoir à l'exportation"),
            ]),
            "paymenttypes" => listed(&[
                ("ESPECES", "Espèces"),
                ("VIREMENT", "Virement"),
                ("CARTEBANCAIRE", "Carte bancaire"),
                ("MOBILEMONEY", "Mobile money"),
                ("CHEQUES", "Chèques"),
                ("CREDIT", "Crédit"),
                ("AUTRE", "Autre"),
            ]),
            "clienttypes" => listed(&[
                ("PP", "Personne physique"),
                ("PM", "Personne morale"),
                ("PC", "Personne physique commerçante"),
                ("PL", "Profession libérale"),
                ("AO", "Ambassade ou organisation internationale"),
            ]),
            "referencetypes" => listed(&[
                ("COR", "Correction"),
                ("RAN", "Annulation"),
                ("RAM", "Retour de marchandise"),
                ("RRR", "Remise, rabais, ristourne"),
            ]),
            "itemtypes" => listed(&[("BIE", "Bien"), ("SER", "Service"), ("TAX", "Taxe ou redevance")]),
            "currencyrates" => return Reply::json(200, &currencies(machine, clock)),
            _ => return Reply::empty(404),
        };
        Reply::json(200, &body)
    }
}

fn listed(types: &[(&str, &str)]) -> Value {
    types.iter().map(|(kind, description)| json!({ "type": kind, "description": description })).collect()
}

fn status(machine: &Machine, nim: Nim, clock: At) -> Value {
    json!({
        "status": true,
        "version": "1.0",
        "nif": machine.nif,
        "nim": nim,
        "tokenValid": machine.token_expires.iso(),
        "serverDateTime": clock.iso(),
        "emcfList": [{ "nim": nim, "status": "Actif", "shopName": machine.nif }],
    })
}

/// `{"a": 0, "b": 16, …}`
fn tax_groups(machine: &Machine, clock: At) -> Value {
    let rates = machine.rates_at(clock).map(|rates| rates.rates).unwrap_or_default();
    let rate = |group: Group| {
        let rate = rates.get(group.index()).copied().unwrap_or_default();
        (group.lower().to_string(), serde_json::from_str(&rate.to_string()).unwrap_or_default())
    };
    let used = Group::all().filter(|group| *group <= machine.profile.last_group());
    Value::Object(used.map(rate).collect::<Map<_, _>>())
}

/// Today's rate of each currency.
fn currencies(machine: &Machine, clock: At) -> Vec<&super::machine::CurrencyRate> {
    let today = clock.date();
    let mut newest: std::collections::BTreeMap<&str, &super::machine::CurrencyRate> = Default::default();
    for rate in machine.currencies.iter().filter(|rate| rate.date <= today) {
        let known = newest.entry(&rate.currency).or_insert(rate);
        if known.date <= rate.date {
            *known = rate;
        }
    }
    newest.into_values().collect()
}
