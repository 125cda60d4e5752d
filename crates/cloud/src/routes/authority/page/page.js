// How invoices stand with the tax authority. Everything that comes from the API is put into the page as text.
"use strict";

const EVERY = 10000;
const KEPT = "stelala-token";
const SPOKEN = "stelala-language";

const WORDS = {
  fr: {
    title: "Factures à la DGI", other: "English", token: "Clé d'API ou jeton de session", show: "Montrer les factures",
    hint: "Elle reste dans cet onglet, et n'en sort que vers ce serveur.", leave: "Quitter",
    lost: "Le serveur ne répond pas : nouvel essai dans quelques secondes.",
    off: "Ce serveur n'envoie rien à la DGI : les factures restent en attente.",
    summary: (count, oldest) => count === 0 ? "Rien n'attend : tout est à la DGI." : `${number(count)} pas encore à la DGI${oldest ? `, la plus ancienne du ${when(oldest)}` : ""}`,
    alerts: "À voir maintenant", states: "Où elles en sont", machines: "Machines de la DGI (e-MCF)", list: "Factures",
    no_machines: "Aucune machine n'est enregistrée : rien ne peut être envoyé.", add: "Ajouter une machine", url: "Adresse du service",
    add_nim: "NIM : le numéro de l'e-MCF", reason: "Comment le savez-vous ?", nim_hint: "NIM, s'il n'est pas celui de l'envoi",
    isf: "ISF : l'identifiant du système homologué", add_outlets: "Points de vente, séparés par des virgules",
    add_token: "Jeton de l'e-MCF, du portail de la DGI", new_token: "Nouveau jeton", replace_token: "Remplacer le jeton",
    pause: "Suspendre", resume: "Reprendre", remove: "Retirer", sure_remove: "Retirer cette machine ? Ses factures attendront.",
    state: "État", outlet: "Point de vente", all: "tous", retry_all: "Renvoyer toutes celles qui le peuvent",
    export_csv: "Exporter (CSV)", export_xlsx: "Exporter (Excel)", none: "Aucune facture dans cet état.", more: "La suite",
    import: "Reprendre l'export du portail de la DGI", import_hint: "Un fichier CSV ou Excel. Essayez d'abord : rien n'est changé par un essai.",
    file: "Fichier", complete: "Il contient toutes les factures de sa période : celle qui n'y est pas n'est pas à la DGI",
    absent: "n'est pas à la DGI : elle est renvoyée", from: "Du", to: "Au", count: "Nombre de factures que le portail affiche", import_nim: "NIM de l'e-MCF, si le fichier ne le dit pas",
    try: "Essayer", import_now: "Importer pour de bon", retry: "Renvoyer", settle: "Dire ce qu'il en est", withdraw: "Ne pas envoyer",
    settle_hint: "Cherchez cette facture sur le portail de la DGI, puis dites ce que vous y avez vu. C'est inscrit au journal avec votre nom.",
    finalised: "Elle y est, avec ce code :", code: "Code DEF/DGI, 24 caractères", not_there: "Elle n'y est pas : elle peut être renvoyée",
    settle_now: "Enregistrer", close: "Fermer", why_withdraw: "Pourquoi cette facture et son annulation ne doivent-elles pas être envoyées ?",
    sealed: "Scellée le", since: "Depuis", next: "Prochain essai", attempts: "Essais", dgi_code: "Code DGI", difference: "Différence",
    nim: "NIM", token_ends: "Jeton jusqu'au", token_unknown: "inconnu", outlets: "Points de vente", test: "ESSAI", oldest: "La plus ancienne",
    no_machine: "sans machine", machine_state: { ready: "prête", paused: "suspendue", blocked: "bloquée", stopped: "retirée" },
    retried: (count) => `${number(count)} facture${count > 1 ? "s" : ""} à renvoyer`, done: "C'est fait.",
    rows: (rows) => `${number(rows)} ligne${rows > 1 ? "s" : ""} lue${rows > 1 ? "s" : ""}`,
    states_of: {
      PENDING: "en attente", SUBMITTED: "envoi en cours", SYNCED: "à la DGI", RETRY: "nouvel essai prévu", AMBIGUOUS: "issue inconnue",
      DIFFERS: "montants différents", SYNCED_WITHOUT_CODE: "à la DGI, code à reprendre", FAILED: "refusée", WITHDRAWN: "retirée de l'envoi",
    },
  },
  en: {
    title: "Invoices at the DGI", other: "Français", token: "API key or session token", show: "Show the invoices",
    hint: "It stays in this tab, and leaves it only for this server.", leave: "Leave",
    lost: "The server does not answer: another try in a few seconds.",
    off: "This server sends nothing to the DGI: invoices stay pending.",
    summary: (count, oldest) => count === 0 ? "Nothing waits: all is at the DGI." : `${number(count)} not yet at the DGI${oldest ? `, the oldest of ${when(oldest)}` : ""}`,
    alerts: "To look at now", states: "How they stand", machines: "Machines of the DGI (e-MCF)", list: "Invoices",
    no_machines: "No machine is entered: nothing can be sent.", add: "Add a machine", url: "Address of the service",
    add_nim: "NIM: the number of the e-MCF", reason: "How do you know?", nim_hint: "NIM, if it is not the one it was sent to",
    isf: "ISF: the identifier of the homologated system", add_outlets: "Outlets, with commas between",
    add_token: "Token of the e-MCF, from the DGI's portal", new_token: "New token", replace_token: "Replace the token",
    pause: "Pause", resume: "Resume", remove: "Remove", sure_remove: "Remove this machine? Its invoices will wait.",
    state: "State", outlet: "Outlet", all: "all", retry_all: "Send all again that can be",
    export_csv: "Export (CSV)", export_xlsx: "Export (Excel)", none: "No invoice in this state.", more: "More",
    import: "Take the export of the DGI's portal", import_hint: "A CSV or Excel file. Try it first: a trial changes nothing.",
    file: "File", complete: "It has all invoices of its period: one that is not in it is not at the DGI",
    absent: "is not at the DGI: it is sent again", from: "From", to: "To", count: "How many invoices the portal shows", import_nim: "NIM of the e-MCF, if the file does not say it",
    try: "Try", import_now: "Import for good", retry: "Send again", settle: "Say what became of it", withdraw: "Do not send",
    settle_hint: "Look for this invoice on the DGI's portal, then say what you saw. It is written into the log with your name.",
    finalised: "It is there, with this code:", code: "Code DEF/DGI, 24 characters", not_there: "It is not there: it can be sent again",
    settle_now: "Save", close: "Close", why_withdraw: "Why are this invoice and its cancellation not to be sent?",
    sealed: "Sealed", since: "Since", next: "Next try", attempts: "Tries", dgi_code: "DGI code", difference: "Difference",
    nim: "NIM", token_ends: "Token until", token_unknown: "unknown", outlets: "Outlets", test: "TEST", oldest: "The oldest",
    no_machine: "without a machine", machine_state: { ready: "ready", paused: "paused", blocked: "blocked", stopped: "removed" },
    retried: (count) => `${number(count)} invoice${count === 1 ? "" : "s"} to be sent again`, done: "Done.",
    rows: (rows) => `${number(rows)} row${rows === 1 ? "" : "s"} read`,
    states_of: {
      PENDING: "pending", SUBMITTED: "being sent", SYNCED: "at the DGI", RETRY: "to be tried again", AMBIGUOUS: "outcome unknown",
      DIFFERS: "amounts differ", SYNCED_WITHOUT_CODE: "at the DGI, code to be fetched", FAILED: "refused", WITHDRAWN: "withdrawn",
    },
  },
};

const KIND = {
  PENDING: "", SUBMITTED: "", SYNCED: "good", RETRY: "warn", AMBIGUOUS: "bad", DIFFERS: "bad", SYNCED_WITHOUT_CODE: "warn", FAILED: "bad", WITHDRAWN: "",
};

const at = (id) => document.getElementById(id);
let language = sessionStorage.getItem(SPOKEN) || (navigator.language.toLowerCase().startsWith("en") ? "en" : "fr");
let shown = null;
let listed = [];
let cursor = null;
let timer = 0;
let round = 0;
let settling = null;
const say = () => WORDS[language];
const number = (count) => new Intl.NumberFormat(language).format(count);
const when = (text) => new Intl.DateTimeFormat(language, { dateStyle: "short", timeStyle: "short" }).format(new Date(text));

function element(name, text, kind) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function button(text, act) {
  const made = element("button", text);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

function facts(rows) {
  const list = element("dl");
  for (const [name, text, kind] of rows) {
    if (text !== null && text !== undefined) list.append(element("dt", name), element("dd", text, kind));
  }
  return list;
}

function speak() {
  document.documentElement.lang = language;
  for (const one of document.querySelectorAll("[data-say]")) one.textContent = say()[one.dataset.say];
  at("language").textContent = say().other;
  at("language").lang = language === "fr" ? "en" : "fr";
  document.title = `Stelala · ${say().title}`;
  fillStates();
  if (shown) draw();
}

function fillStates() {
  const chosen = at("state").value;
  const options = [["", say().all], ...Object.entries(say().states_of)];
  at("state").replaceChildren(...options.map(([value, text]) => Object.assign(element("option", text), { value })));
  at("state").value = chosen;
}

function fillOutlets() {
  const chosen = at("outlet").value;
  const known = shown.summary.outlets.map((outlet) => outlet.outlet_id);
  const options = [["", say().all], ...known.map((id) => [id, id])];
  at("outlet").replaceChildren(...options.map(([value, text]) => Object.assign(element("option", text), { value })));
  at("outlet").value = known.includes(chosen) ? chosen : "";
}

// ---- What the API is asked

async function call(method, path, body, kind) {
  const headers = { Authorization: `Bearer ${sessionStorage.getItem(KEPT)}`, "Accept-Language": language };
  if (body !== undefined) headers["Content-Type"] = kind || "application/json";
  const answer = await fetch(`/api/v1/${path}`, {
    method, headers, body: body === undefined ? undefined : kind ? body : JSON.stringify(body), cache: "no-store", credentials: "omit",
  });
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({}));
  throw Object.assign(new Error(problem.detail || answer.statusText), { status: answer.status });
}

const read = async (path) => (await call("GET", path)).json();

async function readAll(path, member) {
  const all = [];
  let next = null;
  do {
    const page = await read(`${path}?${new URLSearchParams(next ? { limit: "200", cursor: next } : { limit: "200" })}`);
    all.push(...page[member]);
    next = page.next;
  } while (next);
  return all;
}

function filters() {
  const query = new URLSearchParams();
  if (at("state").value) query.set("state", at("state").value);
  if (at("outlet").value) query.set("outlet_id", at("outlet").value);
  return query;
}

async function readInvoices(more) {
  const query = filters();
  query.set("limit", "50");
  if (more && cursor) query.set("cursor", cursor);
  const page = await read(`submissions?${query}`);
  listed = more ? [...listed, ...page.submissions] : page.submissions;
  cursor = page.next || null;
}

async function refresh() {
  clearTimeout(timer);
  if (!sessionStorage.getItem(KEPT)) return;
  const own = ++round;
  let again = true;
  try {
    const [summary, machines, alerts] = await Promise.all([
      read("authority"), readAll("authority/machines", "machines"), read("authority/alerts").then((page) => page.alerts),
    ]);
    // Who reads on is not thrown back to the first page.
    if (listed.length <= 50) await readInvoices(false);
    if (own !== round) return;
    shown = { summary, machines, alerts };
    fault(null);
    draw();
  } catch (error) {
    if (own !== round) return;
    if (error.status === 401 || error.status === 403) {
      leave();
      again = false;
    }
    fault(error.status ? error.message : say().lost);
  }
  if (again) timer = setTimeout(refresh, EVERY);
}

/** Does something, says what came of it, and shows how things are then. */
async function act(work, told) {
  done(null);
  try {
    const result = await work();
    fault(null);
    done(told ? told(result) : say().done);
    listed = [];
    await refresh();
  } catch (error) {
    fault(error.status ? error.message : say().lost);
  }
}

// ---- What is shown

function draw() {
  const { summary, machines, alerts } = shown;
  at("enter").hidden = true;
  at("leave").hidden = false;
  at("all").hidden = false;
  at("summary").textContent = summary.enabled ? say().summary(summary.unsent, summary.oldest) : say().off;
  at("alerts-part").hidden = alerts.length === 0;
  at("alerts").replaceChildren(...alerts.map(alertOf));
  const states = Object.entries(summary.states).filter(([, count]) => count > 0);
  at("states").replaceChildren(...states.map(([state, count]) => element("span", `${say().states_of[state] || state} ${number(count)}`, `mark ${KIND[state] || ""}`)));
  at("outlets").replaceChildren(...summary.outlets.map(outletCard));
  at("no-machines").hidden = machines.length > 0;
  at("machines").replaceChildren(...machines.map(machineCard));
  if (!at("add-url").value && summary.hosts.length > 0) at("add-url").value = `https://${summary.hosts[0]}`;
  fillOutlets();
  drawInvoices();
}

function drawInvoices() {
  at("invoices").replaceChildren(...listed.map(invoiceCard));
  at("none").hidden = listed.length > 0;
  at("more").hidden = cursor === null;
}

function alertOf(alert) {
  const about = [alert.outlet_id, alert.about, alert.detail].filter(Boolean);
  const once = about.filter((one, index) => about.indexOf(one) === index).join(" · ");
  return element("li", `${alert.explanation} ${once} (${when(alert.since)})`);
}

function outletCard(outlet) {
  const waits = outlet.unsent > 0;
  const card = element("li", undefined, outlet.machine_id ? (waits ? "warn" : "good") : "bad");
  card.append(element("h3", outlet.outlet_id));
  const rows = Object.entries(outlet.states).filter(([, count]) => count > 0).map(([state, count]) => [say().states_of[state] || state, number(count)]);
  rows.push([say().oldest, outlet.oldest ? when(outlet.oldest) : null, "warn"]);
  if (!outlet.machine_id) rows.push([say().machines, say().no_machine, "bad"]);
  card.append(facts(rows));
  return card;
}

function machineCard(machine) {
  const words = say();
  const kind = { ready: "good", paused: "warn", blocked: "bad" }[machine.state] || "";
  const card = element("li", undefined, kind);
  card.append(element("h3", machine.nim || machine.machine_id), element("p", machine.url, "hint"));
  const days = machine.token_expires ? (new Date(machine.token_expires) - Date.now()) / 86400000 : null;
  card.append(facts([
    [words.state, `${words.machine_state[machine.state] || machine.state}${machine.cause ? ` (${machine.cause})` : ""}`, kind === "good" ? "" : kind],
    [words.token_ends, machine.token_expires ? when(machine.token_expires) : words.token_unknown, days === null ? "" : days < 0 ? "bad" : days < 7 ? "warn" : ""],
    [words.outlets, machine.outlet_ids.join(", ")],
    ["", machine.test ? words.test : null, "warn"],
  ]));
  const path = `authority/machines/${encodeURIComponent(machine.machine_id)}`;
  const bar = element("div", undefined, "bar");
  const paused = machine.state === "paused";
  if (machine.state !== "stopped") {
    bar.append(button(paused ? words.resume : words.pause, () => act(() => call("PATCH", path, { paused: !paused }))));
    bar.append(button(words.replace_token, () => replaceToken(card, path)));
    bar.append(button(words.remove, () => confirm(words.sure_remove) && act(() => call("DELETE", path))));
  }
  card.append(bar);
  return card;
}

/** A token is typed into a field that hides it. */
function replaceToken(card, path) {
  if (card.querySelector("form")) return;
  clearTimeout(timer);
  const form = element("form", undefined, "bar");
  const field = Object.assign(element("input"), { type: "password", required: true, autocomplete: "off", spellcheck: false });
  field.setAttribute("aria-label", say().new_token);
  field.placeholder = say().new_token;
  const send = element("button", say().replace_token);
  send.type = "submit";
  form.append(field, send);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const token = field.value.trim();
    field.value = "";
    act(() => call("PATCH", path, { token }));
  });
  card.append(form);
  field.focus();
}

function invoiceCard(invoice) {
  const words = say();
  const card = element("li", undefined, KIND[invoice.state] || "");
  card.dataset.invoice = invoice.fiscal_number;
  card.append(element("h3", invoice.fiscal_number));
  card.append(element("span", words.states_of[invoice.state] || invoice.state, `mark ${KIND[invoice.state] || ""}`));
  if (invoice.explanation) card.append(element("p", invoice.explanation));
  if (invoice.advice) card.append(element("p", invoice.advice));
  card.append(facts([
    [words.outlet, invoice.outlet_id],
    [words.sealed, when(invoice.sealed)],
    [words.since, when(invoice.since)],
    [words.next, invoice.next ? when(invoice.next) : null],
    [words.attempts, invoice.attempts > 0 ? number(invoice.attempts) : null],
    [words.difference, invoice.difference, "bad"],
    [words.dgi_code, invoice.elements ? invoice.elements.code : null],
    ["", invoice.elements && invoice.elements.test ? words.test : null, "warn"],
  ]));
  const path = `invoices/${encodeURIComponent(invoice.fiscal_number)}/submission`;
  const bar = element("div", undefined, "bar");
  if (invoice.may.includes("retry")) bar.append(button(words.retry, () => act(() => call("POST", `${path}/retry`, {}))));
  if (invoice.may.includes("settle")) bar.append(button(words.settle, () => openSettle(invoice.fiscal_number)));
  if (invoice.may.includes("withdraw")) bar.append(button(words.withdraw, () => withdraw(path)));
  if (bar.children.length > 0) card.append(bar);
  return card;
}

function withdraw(path) {
  const reason = prompt(say().why_withdraw);
  if (reason && reason.trim()) act(() => call("POST", `${path}/withdraw`, { reason: reason.trim() }));
}

function openSettle(fiscalNumber) {
  settling = fiscalNumber;
  at("settle-title").textContent = fiscalNumber;
  for (const id of ["settle-code", "settle-nim", "settle-reason"]) at(id).value = "";
  at("settle").showModal();
}

// ---- Files

const utc = (local) => local ? new Date(local).toISOString().replace(/\.\d+Z$/, "Z") : "";

async function download(format) {
  const query = filters();
  query.set("format", format);
  const answer = await call("GET", `submissions/export?${query}`);
  const link = element("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = `stelala-dgi.${format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

async function takeSheet(isTrial) {
  const file = at("sheet").files[0];
  if (!file) return;
  const xlsx = file.name.toLowerCase().endsWith(".xlsx");
  const kind = xlsx ? "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" : "text/csv";
  const query = new URLSearchParams({ dry_run: String(isTrial), reason: file.name.slice(0, 100) || "import" });
  if (at("import-nim").value.trim()) query.set("nim", at("import-nim").value.trim());
  if (at("complete").checked) {
    query.set("complete_from", utc(at("complete-from").value));
    query.set("complete_to", utc(at("complete-to").value));
    query.set("complete_rows", at("complete-rows").value);
  }
  done(null);
  try {
    const report = await (await call("POST", `submissions/import?${query}`, file, kind)).json();
    fault(null);
    const list = element("ul");
    for (const row of report.results) list.append(element("li", `${row.fiscal_number || `#${row.row}`} : ${row.words}`));
    for (const absent of report.absent) list.append(element("li", `${absent.fiscal_number} : ${absent.kept ? absent.kept.words : say().absent}`));
    const head = [element("p", say().rows(report.rows))];
    if (report.not_complete) head.push(element("p", report.not_complete.words));
    at("imported").replaceChildren(...head, list);
    at("import-now").hidden = !isTrial;
    if (!isTrial) {
      done(say().done);
      listed = [];
      refresh();
    }
  } catch (error) {
    at("import-now").hidden = true;
    fault(error.status ? error.message : say().lost);
  }
}

function fault(text) {
  at("fault").hidden = !text;
  at("fault").textContent = text || "";
}

function done(text) {
  at("done").hidden = !text;
  at("done").textContent = text || "";
}

function leave() {
  clearTimeout(timer);
  round += 1;
  sessionStorage.removeItem(KEPT);
  shown = null;
  listed = [];
  cursor = null;
  fault(null);
  done(null);
  at("summary").textContent = "";
  for (const id of ["leave", "all"]) at(id).hidden = true;
  for (const id of ["alerts", "states", "outlets", "machines", "invoices", "imported"]) at(id).replaceChildren();
  at("enter").hidden = false;
  at("token").value = "";
}

at("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEPT, at("token").value.trim());
  refresh();
});
at("add").addEventListener("submit", (event) => {
  event.preventDefault();
  const outlets = at("add-outlets").value.split(",").map((id) => id.trim()).filter(Boolean);
  const body = { url: at("add-url").value.trim(), nim: at("add-nim").value.trim(), isf: at("add-isf").value.trim(), token: at("add-token").value.trim(), outlet_ids: outlets };
  at("add-token").value = "";
  act(() => call("POST", "authority/machines", body));
});
at("import").addEventListener("submit", (event) => {
  event.preventDefault();
  takeSheet(true);
});
at("import-now").addEventListener("click", () => takeSheet(false));
at("sheet").addEventListener("change", () => { at("import-now").hidden = true; });
at("complete").addEventListener("change", () => {
  at("import-now").hidden = true;
  at("complete-part").hidden = !at("complete").checked;
});
at("settle-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const outcome = new FormData(at("settle-form")).get("outcome");
  const body = { outcome, reason: at("settle-reason").value.trim() };
  if (outcome === "finalised") {
    body.code = at("settle-code").value.trim();
    const nim = at("settle-nim").value.trim();
    if (nim) body.nim = nim;
  }
  at("settle").close();
  act(() => call("POST", `invoices/${encodeURIComponent(settling)}/submission/settle`, body));
});
at("settle-close").addEventListener("click", () => at("settle").close());
at("retry-all").addEventListener("click", () => {
  const outlet = at("outlet").value;
  act(() => call("POST", "submissions/retry", outlet ? { outlet_id: outlet } : {}).then((answer) => answer.json()), (result) => say().retried(result.retried));
});
at("export-csv").addEventListener("click", () => download("csv").catch((error) => fault(error.message)));
at("export-xlsx").addEventListener("click", () => download("xlsx").catch((error) => fault(error.message)));
at("more").addEventListener("click", () => readInvoices(true).then(drawInvoices).catch((error) => fault(error.message)));
for (const id of ["state", "outlet"]) at(id).addEventListener("change", () => readInvoices(false).then(drawInvoices).catch((error) => fault(error.message)));
at("leave").addEventListener("click", leave);
at("language").addEventListener("click", () => {
  language = language === "fr" ? "en" : "fr";
  sessionStorage.setItem(SPOKEN, language);
  listed = [];
  speak();
  refresh();
});
speak();
refresh();
