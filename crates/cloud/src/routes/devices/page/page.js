// Devices as a technician reads them. Everything that comes from the API is put into the page as text.
"use strict";

const EVERY = 5000;
const KEPT = "stelala-token";
const SPOKEN = "stelala-language";

const WORDS = {
  fr: {
    title: "Mémoires fiscales", other: "English", token: "Clé d'API ou jeton de session", show: "Montrer les mémoires",
    hint: "Elle reste dans cet onglet, et n'en sort que vers ce serveur.", leave: "Quitter",
    none: "Aucune mémoire fiscale n'est enregistrée ici.", lost: "Le serveur ne répond pas : nouvel essai dans quelques secondes.",
    summary: (all, here) => `${here} joignable${here > 1 ? "s" : ""} sur ${all}`,
    outlet: "Point de vente", mode: "Mode", mode_cloud: "nuage", mode_def: "DEF", switching: "changement en cours",
    line: "Tient la ligne", yes: "oui", held_by_cloud: "non, le nuage la tient", held_by: (serial) => `non, ${serial} la tient`,
    reachable: "Joignable depuis", seen: "Vue la dernière fois", never: "jamais", unreachable: "injoignable", here: "joignable",
    next: "Prochain numéro", epoch: (epoch) => `époque ${epoch}`, counter: "Compteur", firmware: "Micrologiciel", proxy: "Proxy",
    certificate: "Certificat", days: (days) => days === 1 ? "1 jour" : `${days} jours`, ended: "expiré", no_certificate: "aucun", revoked_on: (day) => `révoqué le ${day}`,
    clock: "Horloge", clock_ok: "à l'heure", clock_lost: "perdue", clock_behind: "en retard", drift: (s) => `${s > 0 ? "+" : ""}${s} s`,
    storage: "Mémoire libre", waiting: "En attente d'envoi", unknown: "—",
    registered: "enregistrée", activated: "activée", pending_homologation: "homologation attendue", active: "active",
    revoked: "révoquée", lost_state: "perdue", decommissioned: "hors service",
    warnings: {
      flash: "La mémoire est presque pleine : demandez un accusé de réception, clôturez, puis réinitialisez.",
      counter: "Le compteur du composant de sécurité touche à sa fin : prévoyez le remplacement.",
      offline: "La limite hors ligne est presque atteinte : rétablissez le réseau.",
      totals: "Clôturez la journée bientôt (Z).",
      clock: "L'horloge n'est pas fiable : elle est mise à l'heure dès que le réseau le permet.",
      certificate: "Le certificat expire bientôt : il est renouvelé à la prochaine connexion.",
      debug: "Le port de mise au point est ouvert : ce n'est pas un appareil de série.",
      self_test: "L'autotest a échoué : rien n'est scellé ; changez l'appareil.",
      corrupt: "Une partie du journal est illisible : laissez l'appareil branché et appelez un technicien.",
      line_down: "Le proxy ne voit pas l'appareil : vérifiez le câble USB.",
      unresolved: "Des ventes attendent encore de savoir ce qu'elles sont devenues.",
      not_delivering: "Des ventes scellées n'arrivent pas au registre : vérifiez le proxy ; rien n'est vendu par le nuage d'ici là.",
      forked: "L'appareil contredit le registre : gardez-le comme preuve, et remplacez-le.",
      answered_falsely: "Le proxy a nié une vente qui était scellée : faites-le examiner.",
    },
  },
  en: {
    title: "Fiscal memories", other: "Français", token: "API key or session token", show: "Show the memories",
    hint: "It stays in this tab, and leaves it only for this server.", leave: "Leave",
    none: "No fiscal memory is registered here.", lost: "The server does not answer: another try in a few seconds.",
    summary: (all, here) => `${here} of ${all} reachable`,
    outlet: "Outlet", mode: "Mode", mode_cloud: "cloud", mode_def: "DEF", switching: "switching",
    line: "Holds the line", yes: "yes", held_by_cloud: "no, the cloud holds it", held_by: (serial) => `no, ${serial} holds it`,
    reachable: "Reachable since", seen: "Last seen", never: "never", unreachable: "unreachable", here: "reachable",
    next: "Next number", epoch: (epoch) => `epoch ${epoch}`, counter: "Counter", firmware: "Firmware", proxy: "Proxy",
    certificate: "Certificate", days: (days) => days === 1 ? "1 day" : `${days} days`, ended: "expired", no_certificate: "none", revoked_on: (day) => `revoked on ${day}`,
    clock: "Clock", clock_ok: "right", clock_lost: "lost", clock_behind: "behind", drift: (s) => `${s > 0 ? "+" : ""}${s} s`,
    storage: "Free storage", waiting: "Waiting to be sent", unknown: "—",
    registered: "registered", activated: "activated", pending_homologation: "pending homologation", active: "active",
    revoked: "revoked", lost_state: "lost", decommissioned: "decommissioned",
    warnings: {
      flash: "The memory is nearly full: have it acknowledged, close the day, then reset it.",
      counter: "The secure element's counter is near its end: plan a replacement.",
      offline: "The offline bound is nearly reached: bring the network back.",
      totals: "Close the day soon (Z).",
      clock: "The clock is not to be trusted: it is set as soon as the network allows.",
      certificate: "The certificate ends soon: it is renewed at the next connection.",
      debug: "The debug port is open: this is not a production device.",
      self_test: "The self-test failed: nothing is sealed; change the device.",
      corrupt: "A part of the journal cannot be read: leave the device plugged in and call a technician.",
      line_down: "The proxy does not see the device: check the USB cable.",
      unresolved: "Some sales still wait to know what became of them.",
      not_delivering: "What was sealed does not reach the ledger: look at the proxy; until then the cloud sells nothing through it.",
      forked: "The device contradicts the ledger: keep it as evidence, and replace it.",
      answered_falsely: "The proxy denied a sale that was sealed: have it examined.",
    },
  },
};

const at = (id) => document.getElementById(id);
let language = sessionStorage.getItem(SPOKEN) || (navigator.language.toLowerCase().startsWith("en") ? "en" : "fr");
let shown = null;
let timer = 0;
let round = 0;
const say = () => WORDS[language];

function speak() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-say]")) element.textContent = say()[element.dataset.say];
  at("language").textContent = say().other;
  at("language").lang = language === "fr" ? "en" : "fr";
  document.title = `Stelala · ${say().title}`;
  if (shown) draw(shown);
}

function element(name, text, kind) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

const when = (text) => new Intl.DateTimeFormat(language, { dateStyle: "short", timeStyle: "medium" }).format(new Date(text));
const bytes = (count) => new Intl.NumberFormat(language, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 }).format(count / 1e6);
const number = (count) => new Intl.NumberFormat(language).format(count);

const DEAD = ["revoked", "lost", "decommissioned"];

function warningsOf(device) {
  return [...new Set(device.warnings)].map((code) => say().warnings[code] || code);
}

function health(device) {
  if (DEAD.includes(device.state)) return "bad";
  const sells = device.state === "active" && device.mode === "def";
  if (!device.reachable) return sells ? "bad" : "warn";
  return device.warnings.length > 0 ? "warn" : "good";
}

function rows(device) {
  const words = say();
  const list = [];
  const row = (name, text, kind) => list.push([words[name], text === null || text === undefined ? words.unknown : text, kind]);
  const mode = words[`mode_${device.mode}`] + (device.switching ? ` (${words.switching})` : "");
  row("mode", mode);
  row("line", device.holds_line ? words.yes : device.line_holder ? words.held_by(device.line_holder) : words.held_by_cloud);
  if (device.reachable) row("reachable", when(device.reachable_since));
  else row("seen", device.last_seen ? when(device.last_seen) : words.never, "warn");
  row("next", device.next_invoice_seq === null ? null : `${number(device.next_invoice_seq)} (${words.epoch(device.epoch)})`);
  row("counter", device.counter && `${number(device.counter.value)} / ${number(device.counter.limit)}`);
  row("firmware", device.firmware_version);
  row("proxy", device.proxy_version);
  const day = (text) => new Intl.DateTimeFormat(language, { dateStyle: "short" }).format(new Date(text));
  if (!device.certificate) {
    const revoked = device.ended && device.activated;
    row("certificate", revoked ? words.revoked_on(day(device.ended.time)) : words.no_certificate, revoked ? "bad" : "");
  }
  else {
    const left = device.certificate.days_left;
    const text = left < 0 ? words.ended : `${words.days(left)} (${day(device.certificate.not_after)})`;
    row("certificate", text, left < 0 ? "bad" : left <= 30 ? "warn" : "");
  }
  if (!device.clock) row("clock", null);
  else {
    const drift = device.clock.drift_seconds;
    const text = words[`clock_${device.clock.state}`] + (drift === null ? "" : ` (${words.drift(drift)})`);
    row("clock", text, device.clock.state === "ok" ? (Math.abs(drift || 0) > 60 ? "warn" : "") : "bad");
  }
  row("storage", device.storage && `${bytes(device.storage.free_bytes)} / ${bytes(device.storage.capacity_bytes)}`);
  if (device.waiting) row("waiting", number(device.waiting), "warn");
  return list;
}

function card(device) {
  const words = say();
  const card = element("li", undefined, health(device));
  card.dataset.device = device.serial;
  card.append(element("h2", device.serial), element("p", `${words.outlet} ${device.outlet_id}`, "outlet"));
  const marks = element("div", undefined, "marks");
  marks.append(element("span", device.reachable ? words.here : words.unreachable, `mark ${device.reachable ? "good" : "bad"}`));
  const dead = DEAD.includes(device.state);
  const state = device.state === "lost" ? words.lost_state : words[device.state] || device.state;
  marks.append(element("span", state, `mark ${dead ? "bad" : device.state === "active" ? "good" : "warn"}`));
  card.append(marks);
  const facts = element("dl");
  for (const [name, text, kind] of rows(device)) facts.append(element("dt", name), element("dd", text, kind));
  card.append(facts);
  const warnings = warningsOf(device);
  if (warnings.length > 0) {
    const list = element("ul", undefined, "warnings");
    for (const text of warnings) list.append(element("li", text));
    card.append(list);
  }
  return card;
}

function draw(devices) {
  shown = devices;
  at("enter").hidden = true;
  at("leave").hidden = false;
  at("devices").hidden = devices.length === 0;
  at("none").hidden = devices.length > 0;
  at("summary").textContent = say().summary(devices.length, devices.filter((device) => device.reachable).length);
  at("devices").replaceChildren(...devices.map(card));
}

function fault(text) {
  at("fault").hidden = !text;
  at("fault").textContent = text || "";
}

async function ask(token) {
  const devices = [];
  let cursor = null;
  do {
    const query = new URLSearchParams({ limit: "200" });
    if (cursor) query.set("cursor", cursor);
    const answer = await fetch(`/api/v1/devices?${query}`, {
      headers: { Authorization: `Bearer ${token}`, "Accept-Language": language },
      cache: "no-store",
      credentials: "omit",
    });
    const page = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(page.detail), { status: answer.status });
    devices.push(...page.devices);
    cursor = page.next;
  } while (cursor);
  return devices;
}

async function refresh() {
  clearTimeout(timer);
  const token = sessionStorage.getItem(KEPT);
  if (!token) return;
  const own = ++round;
  let again = true;
  try {
    const devices = await ask(token);
    if (own !== round) return;
    fault(null);
    draw(devices);
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

function leave() {
  clearTimeout(timer);
  round += 1;
  sessionStorage.removeItem(KEPT);
  shown = null;
  fault(null);
  at("summary").textContent = "";
  for (const id of ["leave", "devices", "none"]) at(id).hidden = true;
  at("devices").replaceChildren();
  at("enter").hidden = false;
  at("token").value = "";
}

at("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEPT, at("token").value.trim());
  refresh();
});
at("leave").addEventListener("click", leave);
at("language").addEventListener("click", () => {
  language = language === "fr" ? "en" : "fr";
  sessionStorage.setItem(SPOKEN, language);
  speak();
});
speak();
refresh();
