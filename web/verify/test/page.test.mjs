// The built page in a real browser, with the network off.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

import { png, receipt, writeCameraFilm } from "./pictures.mjs";

const { PAGE, DEMO, WORK, CHROMIUM } = process.env;
const URL_OF_PAGE = pathToFileURL(PAGE).href;
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const demo = (name) => join(DEMO, name);
const qrTexts = (await readFile(demo("qr.txt"), "utf8")).trim().split("\n");
const [qr] = qrTexts;
const key = await readFile(demo("key.pem"), "utf8");
const total = qr.split("|")[10];
const forged = qr.replace(`|${total}|`, `|${total.replace(/\d/, (digit) => (Number(digit) % 9) + 1)}|`);
const formats = await readFile(new URL("../../../docs/formats.md", import.meta.url), "utf8");
const example = (name) => formats.split(`<!-- example: ${name} -->\n\`\`\`text\n`)[1].split("\n```")[0];

/** Whoever waits for longer waits for what will not come: a busy machine takes longer than Playwright's half minute. */
const PATIENCE = 120_000;
const launch = (...more) => chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, ...more], timeout: PATIENCE });

/** A phone without a network. What the page asks of the network, or complains of, fails the test. */
async function phone(browser, width = 390) {
  const context = await browser.newContext({ viewport: { width, height: 844 }, serviceWorkers: "block" });
  context.setDefaultTimeout(PATIENCE);
  await context.setOffline(true);
  const faults = [];
  context.on("request", (request) => {
    if (!/^(file|blob|data):/.test(request.url())) faults.push(`request: ${request.url()}`);
  });
  context.on("weberror", (error) => faults.push(String(error.error())));
  context.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  const page = await context.newPage();
  await open(page);
  return { page, close: () => context.close().then(() => assert.deepEqual(faults, [])) };
}

async function open(page) {
  await page.goto(URL_OF_PAGE);
  await page.locator("html[data-ready]").waitFor({ state: "attached" });
}

async function pasteKey(page, pem = key) {
  await openTrust(page);
  await page.fill("#pems", pem);
  await page.click("#use-pems");
}

async function openTrust(page) {
  if (!(await page.locator("#trust").evaluate((trust) => trust.open))) await page.click("#trust summary");
}

async function loadList(page, root = demo("root.pem"), list = demo("trust.jws")) {
  await openTrust(page);
  await page.setInputFiles("#bundle-file", list);
  await page.setInputFiles("#root-file", root);
}

/** The keys of `docs/formats.md`, which are the same in every run. */
function loadExampleList(page) {
  const file = (name, text) => ({ name, mimeType: "text/plain", buffer: Buffer.from(text) });
  return loadList(page, file("racine.pem", example("root-key")), file("liste.jws", example("bundle")));
}

async function check(page, text) {
  await page.fill("#text", text);
  await page.click("#check");
}

const photograph = (page, buffer, name = "photo.png") =>
  page.setInputFiles("#photo-file", { name, mimeType: "image/png", buffer });

/** Waits for a text, so that a failure shows what was there instead. */
async function shows(page, selector, expected) {
  const deadline = Date.now() + PATIENCE;
  let text = "";
  while (Date.now() < deadline) {
    text = (await page.locator(selector).allTextContents()).join("");
    if (expected instanceof RegExp ? expected.test(text) : text === expected) return;
    await new Promise((resume) => setTimeout(resume, 50));
  }
  assert.fail(`${selector} shows ${JSON.stringify(text)} and not ${expected}`);
}

const isTrue = (page) => shows(page, "#verdict h2", "VRAI : ce sceau est valide");
const isFalse = (page) => shows(page, "#verdict h2", "FAUX : ne vous fiez pas à ce sceau");

/** The facts' table as an object. */
const factsOn = (page) =>
  page.locator("#verdict tr").evaluateAll((rows) =>
    Object.fromEntries(rows.map((row) => [row.cells[0].textContent, row.cells[1].textContent])),
  );

describe("the page", () => {
  let browser;
  let page;
  let close;

  before(async () => {
    browser = await launch();
  });
  after(() => browser?.close());
  beforeEach(async () => {
    ({ page, close } = await phone(browser));
  });
  afterEach(() => close());

  test("a true code is true under its key, with what it says", async () => {
    await pasteKey(page);
    await check(page, qr);
    await isTrue(page);
    const [device, number, code, , , outlet, items, type, , nif, , vat, currency] = qr.split("|");
    const facts = await factsOn(page);
    assert.equal(facts["Appareil"], device);
    assert.equal(facts["Numéro"], `${number} (époque 0)`);
    assert.equal(facts["Code d'authentification"], code);
    assert.equal(facts["NIF"], nif);
    assert.equal(facts["Point de vente"], outlet);
    assert.match(facts["Type"], new RegExp(`\\(${type}\\)$`));
    assert.equal(facts["Articles"], items);
    assert.equal(facts["Total"], `${total} ${currency}`);
    assert.equal(facts["dont TVA"], `${vat} ${currency}`);
    await shows(page, "#verdict .not-proven", /Que la clé est celle de ce vendeur/);
    assert.equal(await page.locator("#verdict .false").count(), 0);
  });

  test("every code of the demo's day is true under the signed list", async () => {
    await loadList(page);
    for (const text of qrTexts) {
      await check(page, text);
      await isTrue(page);
      assert.equal((await factsOn(page))["Code d'authentification"], text.split("|")[2]);
    }
  });

  test("one changed digit of the total is false, and says so without colour", async () => {
    await pasteKey(page);
    await check(page, forged);
    await isFalse(page);
    await shows(page, "#verdict .false code", "signature_false");
    await shows(page, "#verdict .facts h3", "Ce qui est écrit, sans être prouvé");
    assert.equal(await page.locator("#verdict .banner use").getAttribute("href"), "#wrong");
    assert.equal(await page.locator("#verdict .proves").count(), 0);
  });

  test("a verdict does not outlive the text or the keys that it was about", async () => {
    await pasteKey(page);
    await check(page, qr);
    await isTrue(page);
    await page.fill("#text", forged);
    await shows(page, "#verdict", "");
    await check(page, qr);
    await isTrue(page);
    await openTrust(page);
    await page.click("#forget");
    await shows(page, "#verdict", "");
    await page.click("#check");
    await shows(page, "#entry-fault", /pas de clé de confiance : chargez/);
  });

  test("the signed list proves whose the key is, on its date", async () => {
    const body = JSON.parse(Buffer.from((await readFile(demo("trust.jws"), "utf8")).split(".")[1], "base64url"));
    await loadList(page);
    await shows(page, "#trusted", `liste signée du ${body.issued.replace("T", " ")} UTC`);
    await check(page, qr);
    await isTrue(page);
    await shows(page, "#verdict .proves", new RegExp(`selon la liste signée du ${body.issued}`));
  });

  test("a list under a wrong root is refused, and the former keys stay", async () => {
    await loadList(page, demo("key.pem"));
    await shows(page, "#trust-fault", /^La clé racine n'a pas signé cette liste de clés : ne l'utilisez pas/);
    await shows(page, "#trusted", "aucune");
    await loadList(page);
    await shows(page, "#trusted", /^liste signée/);
    await openTrust(page);
    await page.setInputFiles("#root-file", demo("key.pem"));
    await shows(page, "#trust-fault", "Choisissez maintenant la liste signée.");
    await page.setInputFiles("#bundle-file", demo("trust.jws"));
    await shows(page, "#trust-fault", /ne l'utilisez pas/);
    await shows(page, "#trusted", /^liste signée/);
    await check(page, qr);
    await isTrue(page);
  });

  test("half a list asks for the other half, and a newer list needs no new root", async () => {
    await openTrust(page);
    await page.setInputFiles("#bundle-file", demo("trust.jws"));
    await shows(page, "#trust-fault", /Choisissez maintenant la clé racine/);
    await page.setInputFiles("#root-file", demo("root.pem"));
    await shows(page, "#trusted", /^liste signée/);
    await openTrust(page);
    await page.setInputFiles("#bundle-file", demo("key.pem"));
    await shows(page, "#trust-fault", /n'est pas une liste signée de clés : demandez-la de nouveau/);
    await page.setInputFiles("#bundle-file", demo("trust.jws"));
    await shows(page, "#trust-fault", "");
  });

  test("a key that is none is refused with advice", async () => {
    await pasteKey(page, "ceci n'est pas une clé");
    await shows(page, "#trust-fault", /^La clé n'est pas une clé publique PEM : donnez le texte entier/);
    await shows(page, "#trusted", "aucune");
  });

  test("without keys nothing is true, and the text is verified as soon as they are there", async () => {
    assert.ok(await page.locator("#no-trust").isVisible());
    await check(page, qr);
    await shows(page, "#entry-fault", /pas de clé de confiance/);
    await shows(page, "#verdict", "");
    await pasteKey(page);
    await isTrue(page);
    assert.ok(await page.locator("#no-trust").isHidden());
  });

  test("an offline sale under a delegated key says what it leaves open", async () => {
    await loadExampleList(page);
    await check(page, example("delegated-qr"));
    await isTrue(page);
    await shows(page, "#verdict .not-proven", /cette vente hors ligne/);
  });

  test("a photo of a code is read and verified", async () => {
    await loadList(page);
    await photograph(page, await png(qr));
    await isTrue(page);
    assert.equal(await page.inputValue("#text"), qr);
    await photograph(page, await png(forged));
    await isFalse(page);
  });

  test("a photo of a receipt that lies askew is read", async () => {
    await loadExampleList(page);
    for (const name of ["qr", "delegated-qr"]) {
      await photograph(page, await picture([example(name)], { askew: true }));
      await isTrue(page);
      assert.equal(await page.inputValue("#text"), example(name));
    }
  });

  test("a photo that cannot help says what to do", async () => {
    await loadList(page);
    await photograph(page, await picture([]));
    await shows(page, "#entry-fault", /^Il n'y a pas de code QR dans l'image : photographiez-le de près/);
    await photograph(page, await png("https://example.invalid/"));
    await shows(page, "#entry-fault", /^Ce code QR n'est pas celui d'une facture normalisée/);
    await photograph(page, await picture([example("qr"), example("delegated-qr")]));
    await shows(page, "#entry-fault", /^Il y a plusieurs codes de facture/);
    await photograph(page, Buffer.from("no picture"));
    await shows(page, "#entry-fault", /^Ce fichier n'est pas une image/);
    await shows(page, "#verdict", "");
  });

  test("a picture that stops the reader of pictures does not stop the page", async () => {
    await loadList(page);
    await photograph(page, await readFile(new URL("stops-the-reader.png", import.meta.url)));
    await shows(page, "#entry-fault", /^Il n'y a pas de code QR dans l'image/);
    await photograph(page, await png(qr));
    await isTrue(page);
  });

  test("English and French, for the page and its verdict", async () => {
    await pasteKey(page);
    await check(page, qr);
    await isTrue(page);
    await page.click("#en");
    await shows(page, "#verdict h2", "TRUE: this seal is valid");
    await shows(page, "h1", "Verify an invoice");
    await shows(page, "#trusted", "1 key given by hand");
    assert.equal(await page.locator("html").getAttribute("lang"), "en");
    assert.equal((await factsOn(page))["Outlet"], qr.split("|")[5]);
    await check(page, forged);
    await shows(page, "#verdict h2", "FALSE: do not rely on this seal");
    await check(page, " ");
    await shows(page, "#entry-fault", /^There is no text/);
    await page.click("#fr");
    await shows(page, "#entry-fault", /^Il n'y a pas de texte/);
    await shows(page, "h1", "Vérifier une facture");
  });

  test("both languages have the same words", async () => {
    const script = await readFile(new URL("../words.js", import.meta.url), "utf8");
    const words = (from) => script.split(from)[1].split("\n  },")[0].match(/^ {4}\w+(?=:)/gm);
    assert.ok(words("  fr: {").length > 30);
    assert.deepEqual(words("  en: {"), words("  fr: {"));
    const said = await page.locator("[data-say]").evaluateAll((all) => all.map((one) => one.textContent));
    assert.ok(said.every((text) => text && text !== "undefined"));
  });

  test("no text can do more than be false", async () => {
    await pasteKey(page);
    const marked = qr.replace("|KIN", "|<img src=x onerror=alert(1)><script>alert(1)</script>KIN");
    for (const text of [marked, "<script>alert(1)</script>", "\u202e|\0|😀", "|".repeat(15), "{}", "x".repeat(300_000)]) {
      await check(page, text);
      await isFalse(page);
      assert.equal(await page.locator("#verdict script, #verdict img").count(), 0);
    }
    // Not drawn, because a browser takes its time to draw so much.
    await page.locator("#text").evaluate((text) => {
      text.style.display = "none";
      text.value = "|".repeat(40_000_000);
    });
    await page.click("#check");
    await shows(page, "#entry-fault", /^Ce texte est trop long/);
    await page.locator("#text").evaluate((text) => {
      text.value = "";
      text.style.removeProperty("display");
    });
    await check(page, `  ${qr}\n\n`);
    await isTrue(page);
    await pasteKey(page, "<script>alert(1)</script>".repeat(1_000));
    await shows(page, "#trust-fault", /n'est pas une clé publique PEM/);
  });

  test("keys and language survive a reload, until they are forgotten", async () => {
    await loadList(page);
    await shows(page, "#trusted", /^liste signée/);
    await page.click("#en");
    await open(page);
    await shows(page, "#trusted", /^list signed on/);
    await page.click("#fr");
    await check(page, qr);
    await isTrue(page);
    await openTrust(page);
    await page.click("#forget");
    await open(page);
    await shows(page, "#trusted", "aucune");
  });

  test("what another page left in the store is not believed", async () => {
    for (const left of ["{", "7", '{"trust":7,"language":"__proto__"}', '{"trust":{"bundle":"a.b.c","root":"x"}}']) {
      await page.evaluate((text) => localStorage.setItem("stelala-verify", text), left);
      await open(page);
      await shows(page, "#trusted", "aucune");
      await check(page, qr);
      await shows(page, "#entry-fault", /pas de clé de confiance/);
    }
  });

  test("the page fits a phone of 320 pixels, and fingers fit its buttons", async () => {
    const narrow = await phone(browser, 320);
    await pasteKey(narrow.page);
    for (const text of [qr, forged]) {
      await check(narrow.page, text);
      await narrow.page.locator("#verdict .banner").waitFor();
      await openTrust(narrow.page);
      const overflow = await narrow.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${overflow} pixels too wide`);
    }
    const sides = await narrow.page
      .locator("button:visible, label.button:visible, summary")
      .evaluateAll((all) => all.map((one) => [one.textContent, one.offsetHeight, one.offsetWidth]));
    assert.ok(sides.length > 8);
    for (const [name, height, width] of sides) assert.ok(height >= 48 && width >= 48, `${name}: ${width} x ${height}`);
    await narrow.close();
  });

  test("everything has a name and can be reached without a pointer", async () => {
    const nameless = await page
      .locator("button, input, textarea")
      .evaluateAll((all) =>
        all
          .filter((one) => !(one.ariaLabel || one.textContent.trim() || [...(one.labels ?? [])].some((label) => label.textContent.trim())))
          .map((one) => one.id),
      );
    assert.deepEqual(nameless, []);
    await pasteKey(page);
    await page.fill("#text", qr);
    await page.focus("#text");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await isTrue(page);
    assert.equal(await page.locator("#verdict").getAttribute("aria-live"), "polite");
  });

  test("the page may ask nothing of any network", async () => {
    const policy = await page.locator("meta[http-equiv]").getAttribute("content");
    assert.match(policy, /^default-src 'none'; script-src 'wasm-unsafe-eval' 'sha256-[^']+'; style-src 'sha256-[^']+';/);
    assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval(?<!wasm-unsafe-eval)|https?:/);
    const source = await readFile(PAGE, "utf8");
    assert.doesNotMatch(source.replace("http://www.w3.org/2000/svg", ""), /innerHTML|<script src|<link [^>]*stylesheet/);
  });

  /** What a camera sees of codes on a receipt. */
  async function picture(texts, { askew } = { askew: false }) {
    const studio = await browser.newPage({ viewport: { width: 1600, height: 1200 } });
    studio.setDefaultTimeout(PATIENCE);
    await studio.setContent(await receipt(texts, { askew }));
    const photo = await studio.screenshot({ type: "jpeg", quality: 80 });
    await studio.close();
    return photo;
  }
});

describe("the camera", () => {
  const fake = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"];

  async function seen(text, act) {
    const film = join(WORK, "camera.y4m");
    await writeCameraFilm(film, text);
    const browser = await launch(...fake, `--use-file-for-fake-video-capture=${film}`);
    try {
      const { page, close } = await phone(browser);
      await loadList(page);
      await page.click("#start-camera");
      await act(page);
      await close();
    } finally {
      await browser.close();
    }
  }

  const isOff = (page) => page.waitForFunction(() => !document.getElementById("video").srcObject);

  test("a code before the camera is found and verified, and the camera stops", () =>
    seen(qr, async (page) => {
      await isTrue(page);
      await isOff(page);
      assert.ok(await page.locator("#camera").isHidden());
    }));

  test("a forged code before the camera is false", () => seen(forged, isFalse));

  test("another code is no invoice, and the camera can be stopped", () =>
    seen("https://example.invalid/", async (page) => {
      await shows(page, "#aim", /^Ce code QR n'est pas celui d'une facture normalisée/);
      await page.click("#stop-camera");
      await isOff(page);
      await shows(page, "#verdict", "");
    }));

  test("without a camera the page says what to do instead", async () => {
    const browser = await launch("--use-fake-ui-for-media-stream");
    try {
      const { page, close } = await phone(browser);
      await page.click("#start-camera");
      await shows(page, "#entry-fault", /^Il n'y a pas d'appareil photo ici : choisissez une image/);
      await close();
    } finally {
      await browser.close();
    }
  });

  test("when the camera is denied the page says what to do instead", async () => {
    const browser = await launch("--deny-permission-prompts", "--use-fake-device-for-media-stream");
    try {
      const { page, close } = await phone(browser);
      await page.click("#start-camera");
      await shows(page, "#entry-fault", /^L'appareil photo est refusé à cette page : autorisez-le/);
      await close();
    } finally {
      await browser.close();
    }
  });
});
