// Devices as a technician reads them.

const bytes = (count) => new Intl.NumberFormat(language, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 }).format(count / 1e6);

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
  if (device.reachable) row("reachable", when(device.reachable_since, "medium"));
  else row("seen", device.last_seen ? when(device.last_seen, "medium") : words.never, "warn");
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
  card.append(facts(rows(device)));
  const warnings = warningsOf(device);
  if (warnings.length > 0) {
    const list = element("ul", undefined, "warnings");
    for (const text of warnings) list.append(element("li", text));
    card.append(list);
  }
  return card;
}

function draw(devices) {
  at("none").hidden = devices.length > 0;
  at("summary").textContent = say().summary(devices.length, devices.filter((device) => device.reachable).length);
  at("devices").replaceChildren(...devices.map(card));
}

start({
  words: WORDS,
  every: 5000,
  load: () => readAll("devices", "devices"),
  draw,
  clear() {
    at("devices").replaceChildren();
  },
});
