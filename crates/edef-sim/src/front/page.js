"use strict";
// Everything that was received is shown as text, never as HTML.
const words = {
  fr: {
    title: "Simulateur e-DEF", other: "English",
    warning: "Un simulateur, sans mot de passe : aucun de ses codes n'a de valeur fiscale. Ne l'ouvrez qu'à cette machine.",
    machines: "e-MCF", profile: "profil", done: "finalisées", waits: "en attente", token: "jeton", until: "valable jusqu'au",
    add: "Ajouter un e-MCF", pending: "Demandes en attente", type: "type", number: "numéro", left: "secondes restantes",
    expire: "Tout expirer maintenant", faults: "Pannes", fault_number: "n°", what: "panne", often: "quand", on: "appel", how: "fréquence",
    count: "nombre", set: "Appliquer", heal: "Tout réparer", skew: "décalage de l'horloge (ms)", invoices: "Factures finalisées",
    time: "heure", counters: "compteurs", original: "originale", log: "Appels", call: "appel", delivery: "remise",
    answer: "réponse", next: "les prochains appels", per_mille: "au hasard, pour mille", all: "tous", remove: "Retirer",
    copy: "Copier", silent: "Le simulateur ne répond pas.",
    none: "Rien.", arrives: "arrivée", "lost before": "perdue avant l'effet", "lost after": "perdue après l'effet",
  },
  en: {
    title: "e-DEF simulator", other: "Français",
    warning: "A simulator, without a password: none of its codes is worth anything. Open it on this machine only.",
    machines: "e-MCFs", profile: "profile", done: "finalised", waits: "pending", token: "token", until: "good until",
    add: "Add an e-MCF", pending: "Pending requests", type: "type", number: "number", left: "seconds left",
    expire: "Expire all now", faults: "Faults", fault_number: "no.", what: "fault", often: "when", on: "call", how: "how often",
    count: "count", set: "Set", heal: "Heal all", skew: "clock skew (ms)", invoices: "Finalised invoices",
    time: "time", counters: "counters", original: "original", log: "Calls", call: "call", delivery: "delivery",
    answer: "answer", next: "the next calls", per_mille: "by chance, per mille", all: "all", remove: "Remove",
    copy: "Copy", silent: "The simulator does not answer.",
    none: "None.", arrives: "arrived", "lost before": "lost before the effect", "lost after": "lost after the effect",
  },
};
// Each fault as it is set, in French and in English.
const kinds = [
  [{ lost: "before" }, "réponse perdue, sans effet", "answer lost, no effect"],
  [{ lost: "after" }, "réponse perdue, après l'effet", "answer lost, after the effect"],
  [{ slow: 5000 }, "lente : 5 s", "slow: 5 s"],
  [{ slow: 60000 }, "lente : 60 s", "slow: 60 s"],
  [{ slow_credit_note: 10000 }, "contrôle lent des avoirs : 10 s", "slow credit-note check: 10 s"],
  [{ status: { status: 401, moment: "before" } }, "401, sans effet", "401, no effect"],
  [{ status: { status: 401, moment: "after" } }, "401, après l'effet", "401, after the effect"],
  [{ status: { status: 403, moment: "before" } }, "403, sans effet", "403, no effect"],
  [{ status: { status: 429, moment: "before", retry_after: 30 } }, "429, sans effet", "429, no effect"],
  [{ status: { status: 429, moment: "after", retry_after: 30 } }, "429, après l'effet", "429, after the effect"],
  [{ status: { status: 500, moment: "before" } }, "500, sans effet", "500, no effect"],
  [{ status: { status: 500, moment: "after" } }, "500, après l'effet", "500, after the effect"],
  [{ status: { status: 503, moment: "before", retry_after: 10 } }, "503, sans effet", "503, no effect"],
  [{ refuse: 1 }, "code 1 : trop de demandes en attente", "code 1: too many pending"],
  [{ refuse: 10 }, "code 10 : originale non vérifiable", "code 10: original cannot be validated"],
  [{ refuse: 20 }, "code 20 : inconnue ou déjà finalisée", "code 20: unknown or finalised"],
  [{ refuse: 99 }, "code 99 : erreur de traitement", "code 99: processing error"],
  [{ malformed: "before" }, "réponse illisible, sans effet", "malformed answer, no effect"],
  [{ malformed: "after" }, "réponse illisible, après l'effet", "malformed answer, after the effect"],
  [{ totals: 10 }, "totaux différents de 0,01", "totals differ by 0.01"],
  [{ totals: 1000 }, "totaux différents de 1", "totals differ by 1"],
  ["no_code", "confirmée, sans code", "confirmed, without a code"],
  ["partial_list", "liste d'attente incomplète", "pending list incomplete"],
  [{ stale_list: 5000 }, "liste d'attente vieille de 5 s", "pending list 5 s old"],
  [{ wrong_nim: "CD99999999-1" }, "autre NIM", "another NIM"],
  [{ short_life: 1000 }, "expire après 1 s", "expires after 1 s"],
];
const SPOKEN = "stelala-language";
let language = sessionStorage.getItem(SPOKEN) || (navigator.language.toLowerCase().startsWith("en") ? "en" : "fr");
const byId = (id) => document.getElementById(id);

function speak() {
  const text = words[language];
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = text[element.dataset.text];
  byId("language").textContent = text.other;
  byId("language").lang = language === "fr" ? "en" : "fr";
  document.title = text.title;
  for (const option of byId("how").options) option.textContent = text[option.value];
  byId("on").options[0].textContent = text.all;
  for (const option of byId("kind").options) option.textContent = named(kinds[option.value]);
}

const named = ([, french, english]) => (language === "fr" ? french : english);

function described(kind) {
  const text = JSON.stringify(kind);
  const known = kinds.find(([of]) => JSON.stringify(of) === text);
  return known ? named(known) : text;
}

function often(how) {
  const [name, count] = Object.entries(how)[0];
  return words[language][name] + (language === "fr" ? " : " : ": ") + count;
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

/** Fills a table. Each box knows the name of its column: on a telephone that is all there is of the head. */
function fill(id, rows) {
  const heads = [...byId(id).parentElement.tHead.rows[0].cells];
  for (const line of rows) heads.forEach((head, index) => (line.cells[index].dataset.name = head.textContent));
  if (rows.length === 0) {
    const line = row([words[language].none]);
    line.cells[0].className = "none";
    line.cells[0].colSpan = heads.length;
    rows = [line];
  }
  byId(id).replaceChildren(...rows);
}
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
  fill("faults", state.faults.map(({ id, fault: set }) => row([id, described(set.kind), often(set.often),
    set.on || text.all, set.nim || text.all, button(text.remove, () => ask("DELETE", "/simulator/faults/" + id))])));
  fill("invoices", state.invoices.map((i) => row([i.date_time, i.nim, i.counters, i.rn, i.total, i.vtotal, i.code,
    i.reference])));
  fill("log", state.log.map((l) => row([time(l.at), l.nim, l.call, l.status, text[l.delivery], l.answer])));
  if (byId("nim").options.length !== state.machines.length + 1) choices(state.machines);
}

async function look() {
  try {
    show(await ask("GET", "/simulator/state"));
  } catch {
    byId("trouble").textContent = words[language].silent;
  }
}

kinds.forEach((kind, index) => {
  const option = document.createElement("option");
  option.value = String(index);
  byId("kind").append(option);
});
byId("language").addEventListener("click", () => {
  language = language === "fr" ? "en" : "fr";
  sessionStorage.setItem(SPOKEN, language);
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
  const fault = { kind: kinds[byId("kind").value][0], often: { [byId("how").value]: Number(byId("count").value) } };
  if (byId("on").value) fault.on = byId("on").value;
  if (byId("nim").value) fault.nim = byId("nim").value;
  return ask("POST", "/simulator/faults", fault);
});
speak();
look();
setInterval(look, 2000);
