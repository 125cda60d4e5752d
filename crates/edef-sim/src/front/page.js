"use strict";
// Everything that was received is shown as text, never as HTML.
const words = {
  fr: {
    title: "Simulateur e-DEF", other: "English",
    warning: "Un simulateur, sans mot de passe : aucun de ses codes n'a de valeur fiscale. Ne l'ouvrez qu'à cette machine.",
    machines: "e-MCF", profile: "profil", done: "finalisées", waits: "en attente", token: "jeton", until: "valable jusqu'au",
    add: "Ajouter un e-MCF", pending: "Demandes en attente", type: "type", number: "numéro", left: "secondes restantes",
    expire: "Tout expirer maintenant", faults: "Pannes", what: "panne", often: "quand", on: "appel", how: "fréquence",
    count: "nombre", set: "Appliquer", heal: "Tout réparer", skew: "décalage de l'horloge (ms)", invoices: "Factures finalisées",
    time: "heure", counters: "compteurs", original: "originale", log: "Appels", call: "appel", delivery: "remise",
    answer: "réponse", next: "les prochains appels", per_mille: "au hasard, pour mille", all: "tous", remove: "Retirer",
    copy: "Copier", silent: "Le simulateur ne répond pas.",
  },
  en: {
    title: "e-DEF simulator", other: "Français",
    warning: "A simulator, without a password: none of its codes is worth anything. Open it on this machine only.",
    machines: "e-MCFs", profile: "profile", done: "finalised", waits: "pending", token: "token", until: "good until",
    add: "Add an e-MCF", pending: "Pending requests", type: "type", number: "number", left: "seconds left",
    expire: "Expire all now", faults: "Faults", what: "fault", often: "when", on: "call", how: "how often",
    count: "count", set: "Set", heal: "Heal all", skew: "clock skew (ms)", invoices: "Finalised invoices",
    time: "time", counters: "counters", original: "original", log: "Calls", call: "call", delivery: "delivery",
    answer: "answer", next: "the next calls", per_mille: "by chance, per mille", all: "all", remove: "Remove",
    copy: "Copy", silent: "The simulator does not answer.",
  },
};
const kinds = [
  { lost: "before" }, { lost: "after" }, { slow: 5000 }, { slow: 60000 }, { slow_credit_note: 10000 },
  { status: { status: 401, moment: "before" } }, { status: { status: 401, moment: "after" } },
  { status: { status: 403, moment: "before" } }, { status: { status: 429, moment: "before", retry_after: 30 } },
  { status: { status: 429, moment: "after", retry_after: 30 } }, { status: { status: 500, moment: "before" } },
  { status: { status: 500, moment: "after" } }, { status: { status: 503, moment: "before", retry_after: 10 } },
  { refuse: 1 }, { refuse: 10 }, { refuse: 20 }, { refuse: 99 }, { malformed: "before" }, { malformed: "after" },
  { totals: 10 }, { totals: 1000 }, "no_code", "partial_list", { stale_list: 5000 }, { wrong_nim: "CD99999999-1" },
  { short_life: 1000 },
];
let language = new URLSearchParams(location.search).get("lang") === "en" ? "en" : "fr";
const byId = (id) => document.getElementById(id);

function speak() {
  const text = words[language];
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = text[element.dataset.text];
  byId("language").textContent = text.other;
  for (const option of byId("how").options) option.textContent = text[option.value];
  byId("on").options[0].textContent = text.all;
}

function row(cells) {
  const line = document.createElement("tr");
  for (const cell of cells) {
    const box = document.createElement("td");
    if (cell instanceof Node) box.append(cell);
    else box.textContent = cell === null || cell === undefined ? "" : String(cell);
    if (typeof cell === "number") box.className = "number";
    line.append(box);
  }
  return line;
}

function button(label, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  made.addEventListener("click", act);
  return made;
}

const fill = (id, rows) => byId(id).replaceChildren(...rows);
const time = (at) => new Date(at).toISOString().replace("T", " ").slice(0, 23);

async function ask(method, path, body) {
  const options = { method };
  if (body !== undefined) {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  const answer = await fetch(path, options);
  const said = await answer.json();
  byId("trouble").textContent = answer.ok ? "" : said.error;
  if (answer.ok && method !== "GET") await look();
  return said;
}

function choices(machines) {
  const chosen = byId("nim").value;
  const all = document.createElement("option");
  all.value = "";
  all.textContent = words[language].all;
  const each = machines.map((machine) => {
    const option = document.createElement("option");
    option.textContent = machine.nim;
    return option;
  });
  byId("nim").replaceChildren(all, ...each);
  byId("nim").value = chosen;
}

function show(state) {
  const text = words[language];
  byId("clock").textContent = time(state.clock) + " UTC";
  fill("machines", state.machines.map((m) => row([m.nim, m.nif, m.profile, m.finalised, m.pending.length,
    button(text.copy, () => navigator.clipboard.writeText(m.token)), time(m.token_expires)])));
  fill("pending", state.machines.flatMap((m) => m.pending.map((p) => row([m.nim, p.uid, p.kind, p.rn, p.total,
    Math.max(0, Math.ceil((p.expires - state.now) / 1000))]))));
  fill("faults", state.faults.map(({ id, fault }) => row([id, JSON.stringify(fault.kind), JSON.stringify(fault.often),
    fault.on || text.all, fault.nim || text.all, button(text.remove, () => ask("DELETE", "/simulator/faults/" + id))])));
  fill("invoices", state.invoices.map((i) => row([i.date_time, i.nim, i.counters, i.rn, i.total, i.vtotal, i.code,
    i.reference])));
  fill("log", state.log.map((l) => row([time(l.at), l.nim, l.call, l.status, l.delivery, l.answer])));
  if (byId("nim").options.length !== state.machines.length + 1) choices(state.machines);
}

async function look() {
  try {
    show(await ask("GET", "/simulator/state"));
  } catch {
    byId("trouble").textContent = words[language].silent;
  }
}

for (const kind of kinds) {
  const option = document.createElement("option");
  option.textContent = JSON.stringify(kind);
  byId("kind").append(option);
}
byId("language").addEventListener("click", () => {
  language = language === "fr" ? "en" : "fr";
  speak();
  look();
});
byId("add").addEventListener("click", () =>
  ask("POST", "/simulator/machines", { nif: byId("nif").value, profile: byId("profile").value }));
byId("expire").addEventListener("click", () => ask("POST", "/simulator/expire", {}));
byId("heal").addEventListener("click", () => ask("DELETE", "/simulator/faults"));
byId("skewed").addEventListener("click", async () => {
  const settings = await ask("GET", "/simulator/settings");
  await ask("PUT", "/simulator/settings", { ...settings, clock_skew_ms: Number(byId("skew").value) });
});
byId("set").addEventListener("click", () => {
  const fault = { kind: JSON.parse(byId("kind").value), often: { [byId("how").value]: Number(byId("count").value) } };
  if (byId("on").value) fault.on = byId("on").value;
  if (byId("nim").value) fault.nim = byId("nim").value;
  return ask("POST", "/simulator/faults", fault);
});
speak();
look();
setInterval(look, 2000);
