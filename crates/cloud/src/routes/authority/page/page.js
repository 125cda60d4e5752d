// How invoices stand with the tax authority.

const KIND = {
  PENDING: "", SUBMITTED: "", SYNCED: "good", RETRY: "warn", AMBIGUOUS: "bad", DIFFERS: "bad", SYNCED_WITHOUT_CODE: "warn", FAILED: "bad", WITHDRAWN: "",
};

/** Those in these need a person. */
const FOR_A_PERSON = ["AMBIGUOUS", "DIFFERS", "FAILED", "SYNCED_WITHOUT_CODE"];
/** Of those in these a person says what became of them. */
const IN_DOUBT = ["AMBIGUOUS", "SYNCED_WITHOUT_CODE"];
const OTHERS = Object.keys(KIND).filter((state) => !FOR_A_PERSON.includes(state));
const PAGE = 50;

let listed = [];
/** Where the next page begins: in which part of the list, and after what. */
let further = null;
let settling = null;
let alerts = [];
/** Where the next page of the alerts begins. */
let furtherAlerts = null;

function button(text, act) {
  const made = element("button", text);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

/** What one may choose; what was chosen stays, if it is still there. */
function fill(id, options) {
  const chosen = at(id).value;
  const list = [["", say().all], ...options];
  at(id).replaceChildren(...list.map(([value, text]) => Object.assign(element("option", text), { value })));
  at(id).value = list.some(([value]) => value === chosen) ? chosen : "";
}

const fillStates = () => fill("state", Object.entries(say().states_of));
const fillOutlets = (summary) => fill("outlet", summary.outlets.map(({ outlet_id: id }) => [id, id]));

// ---- What the API is asked

function filters() {
  const query = new URLSearchParams();
  if (at("state").value) query.set("state", at("state").value);
  if (at("outlet").value) query.set("outlet_id", at("outlet").value);
  return query;
}

/** Those that need a person come first, unless one state is chosen. */
async function readInvoices(more) {
  const query = filters();
  const asked = String(query);
  const parts = query.has("state") ? [query.get("state")] : [FOR_A_PERSON.join(), OTHERS.join()];
  const found = [];
  let from = (more && further) || { part: 0 };
  do {
    query.set("state", parts[from.part]);
    query.set("limit", String(PAGE - found.length));
    if (from.cursor) query.set("cursor", from.cursor);
    else query.delete("cursor");
    const page = await read(`submissions?${query}`);
    found.push(...page.submissions);
    const isLast = from.part + 1 === parts.length;
    from = page.next ? { part: from.part, cursor: page.next } : isLast ? null : { part: from.part + 1 };
  } while (from && found.length < PAGE);
  // Somebody chose others meanwhile.
  if (String(filters()) !== asked) return;
  listed = more ? [...listed, ...found] : found;
  further = from;
}

async function readAlerts(more) {
  const page = await read(`authority/alerts?${new URLSearchParams({ limit: String(PAGE), ...(more && { cursor: furtherAlerts }) })}`);
  alerts = more ? [...alerts, ...page.alerts] : page.alerts;
  furtherAlerts = page.next || null;
}

async function load() {
  const [summary, machines] = await Promise.all([read("authority"), readAll("authority/machines", "machines")]);
  // Who reads on is not thrown back to the first page.
  if (alerts.length <= PAGE) await readAlerts(false);
  if (listed.length <= PAGE) await readInvoices(false);
  return { summary, machines };
}

/** Does something, says what came of it, and shows how things are then. */
async function act(work, told) {
  done(null);
  try {
    const result = await work();
    fault(null);
    done(told ? told(result) : say().done);
    listed = [];
    alerts = [];
    await refresh();
  } catch (error) {
    faultOf(error);
  }
}

// ---- What is shown

const forAPerson = (states) => FOR_A_PERSON.reduce((sum, state) => sum + (states[state] || 0), 0);

function draw({ summary, machines }) {
  at("summary").textContent = summary.enabled ? say().summary(summary.unsent, summary.handed_out, summary.oldest, forAPerson(summary.states)) : say().off;
  drawAlerts();
  at("alerts-title").textContent = `${say().alerts} (${number(summary.alerts)})`;
  const states = Object.entries(summary.states).filter(([, count]) => count > 0);
  at("states").replaceChildren(...states.map(([state, count]) => element("span", `${say().states_of[state] || state} ${number(count)}`, `mark ${KIND[state] || ""}`)));
  at("outlets").replaceChildren(...summary.outlets.map(outletCard));
  at("no-machines").hidden = machines.length > 0;
  at("machines").replaceChildren(...machines.map(machineCard));
  if (!at("add-url").value && summary.hosts.length > 0) at("add-url").value = `https://${summary.hosts[0]}`;
  fillOutlets(summary);
  drawInvoices();
}

function drawInvoices() {
  at("invoices").replaceChildren(...listed.map(invoiceCard));
  at("none").hidden = listed.length > 0;
  at("more").hidden = further === null;
}

function drawAlerts() {
  at("alerts-part").hidden = alerts.length === 0;
  at("alerts").replaceChildren(...alerts.map(alertOf));
  at("more-alerts").hidden = furtherAlerts === null;
}

function alertOf(alert) {
  const about = [alert.outlet_id, alert.about, alert.detail].filter(Boolean);
  const once = about.filter((one, index) => about.indexOf(one) === index).join(" · ");
  const item = element("li", `${alert.explanation} ${once} (${when(alert.since)})`);
  if (alert.may.includes("close")) item.append(button(say().seen, () => closeAlert(alert)));
  return item;
}

function closeAlert({ cause, about, seen }) {
  const reason = prompt(say().why_seen);
  if (reason && reason.trim()) act(() => call("POST", "authority/alerts/close", { cause, about, seen, reason: reason.trim() }));
}

function outletCard(outlet) {
  const states = Object.entries(outlet.states).filter(([, count]) => count > 0);
  const isBad = !outlet.machine_id || states.some(([state]) => KIND[state] === "bad");
  const waits = outlet.unsent > 0 || forAPerson(outlet.states) > 0;
  const card = element("li", undefined, isBad ? "bad" : waits ? "warn" : "good");
  card.append(element("h3", outlet.outlet_id));
  const rows = states.map(([state, count]) => [say().states_of[state] || state, number(count), KIND[state]]);
  rows.push([say().handed_out, outlet.handed_out > 0 ? number(outlet.handed_out) : null, "warn"]);
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
  rest();
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
  const isOthers = IN_DOUBT.includes(invoice.state) && !invoice.may.includes("settle");
  if (invoice.advice) card.append(element("p", isOthers ? words.who_settles : invoice.advice));
  if (invoice.state === "DIFFERS") card.append(element("p", invoice.may.includes("withdraw") ? words.where_sold : `${words.where_sold} ${words.who_withdraws}`, "hint"));
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

function done(text) {
  at("done").hidden = !text;
  at("done").textContent = text || "";
}

function clear() {
  listed = [];
  further = null;
  alerts = [];
  furtherAlerts = null;
  done(null);
  for (const id of ["alerts", "states", "outlets", "machines", "invoices", "imported"]) at(id).replaceChildren();
}

at("add").addEventListener("submit", (event) => {
  event.preventDefault();
  const outlets = at("add-outlets").value.split(",").map((id) => id.trim()).filter(Boolean);
  const body = { url: at("add-url").value.trim(), nim: at("add-nim").value.trim(), isf: at("add-isf").value.trim(), token: at("add-token").value.trim(), outlet_ids: outlets };
  at("add-token").value = "";
  act(() => call("POST", "authority/machines", body));
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
at("more-alerts").addEventListener("click", () => readAlerts(true).then(drawAlerts).catch(faultOf));
at("more").addEventListener("click", () => readInvoices(true).then(drawInvoices).catch(faultOf));
for (const id of ["state", "outlet"]) at(id).addEventListener("change", () => readInvoices(false).then(drawInvoices).catch(faultOf));

start({
  words: WORDS,
  every: 10000,
  load,
  draw,
  clear,
  speak() {
    // What the API said of them was in the other language.
    listed = [];
    alerts = [];
    fillStates();
  },
});
