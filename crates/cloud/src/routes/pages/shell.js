// What the pages for people share: a key that stays in the tab, two languages, what the API is asked, and what came of it.
// Everything that comes from the API is put into the page as text.
"use strict";

const KEPT = "stelala-token";
const SPOKEN = "stelala-language";
const LANGUAGES = ["fr", "en"];

/** What every page says, each in French and in English. */
const SHARED = {
  other: ["English", "Français"],
  token: ["Clé d'API ou jeton de session", "API key or session token"],
  hint: ["Elle reste dans cet onglet, et n'en sort que vers ce serveur.", "It stays in this tab, and leaves it only for this server."],
  leave: ["Quitter", "Leave"],
  lost: ["Le serveur ne répond pas : nouvel essai dans quelques secondes.", "The server does not answer: another try in a few seconds."],
};

const at = (id) => document.getElementById(id);
let language = sessionStorage.getItem(SPOKEN) || (navigator.language.toLowerCase().startsWith("en") ? "en" : "fr");
/** What the page is: its words, how often it asks, and what it does with the answers. */
let page = null;
/** What it was answered last. */
let shown = null;
let timer = 0;
let round = 0;

// ---- In two languages

/** One language out of a table that has each word in both. */
const inLanguage = (table, index) => Object.fromEntries(Object.entries(table).map(([name, said]) => [name, Array.isArray(said) ? said[index] : inLanguage(said, index)]));
const say = () => page.said[language];
const number = (count) => new Intl.NumberFormat(language).format(count);
const when = (text, precision = "short") => new Intl.DateTimeFormat(language, { dateStyle: "short", timeStyle: precision }).format(new Date(text));

function speak() {
  document.documentElement.lang = language;
  for (const one of document.querySelectorAll("[data-say]")) one.textContent = say()[one.dataset.say];
  at("language").textContent = say().other;
  at("language").lang = language === "fr" ? "en" : "fr";
  document.title = `Stelala · ${say().title}`;
  page.speak();
  if (shown) show();
}

// ---- What is drawn

function element(name, text, kind) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

/** Names and what is known; what is not is left out. */
function facts(rows) {
  const list = element("dl");
  for (const [name, text, kind] of rows) {
    if (text !== null && text !== undefined) list.append(element("dt", name), element("dd", text, kind));
  }
  return list;
}

function show() {
  at("enter").hidden = true;
  at("leave").hidden = false;
  at("all").hidden = false;
  page.draw(shown);
}

function fault(text) {
  at("fault").hidden = !text;
  at("fault").textContent = text || "";
}

const faultOf = (error) => fault(error.status ? error.message : say().lost);

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
    const part = await read(`${path}?${new URLSearchParams(next ? { limit: "200", cursor: next } : { limit: "200" })}`);
    all.push(...part[member]);
    next = part.next;
  } while (next);
  return all;
}

/** Asks for all that is shown, and again after a while. What was asked before, and comes later, is not shown. */
async function refresh() {
  rest();
  if (!sessionStorage.getItem(KEPT)) return;
  const own = ++round;
  let again = true;
  try {
    const found = await page.load();
    if (own !== round) return;
    shown = found;
    fault(null);
    show();
  } catch (error) {
    if (own !== round) return;
    if (error.status === 401 || error.status === 403) {
      leave();
      again = false;
    }
    faultOf(error);
  }
  if (again) timer = setTimeout(refresh, page.every);
}

/** Does not ask again by itself, until something is done. */
function rest() {
  clearTimeout(timer);
}

// ---- Who reads

function leave() {
  rest();
  round += 1;
  sessionStorage.removeItem(KEPT);
  shown = null;
  fault(null);
  at("summary").textContent = "";
  for (const id of ["leave", "all"]) at(id).hidden = true;
  page.clear();
  at("enter").hidden = false;
  at("token").value = "";
}

/** Opens a page: `words`, `every` so many milliseconds; `load` asks, `draw` shows, `clear` forgets, `speak` follows the language. */
function start({ words, every, load, draw, clear, speak: follow = () => {} }) {
  const all = { ...SHARED, ...words };
  const said = Object.fromEntries(LANGUAGES.map((name, index) => [name, inLanguage(all, index)]));
  page = { said, every, load, draw, clear, speak: follow };
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
    refresh();
  });
  speak();
  refresh();
}

