// The page of fiscal memories in a real browser, as a technician reads it on a desk and on a telephone.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { chromium } from "playwright-core";

const { CLOUD, MERCHANT_KEY, SERIAL, PICTURES, CHROMIUM } = process.env;

/** What one device's card says: its facts by their names, and its marks. */
const read = (page) => page.locator(`#devices > li[data-device="${SERIAL}"]`).evaluate((card) => ({
  title: card.querySelector("h2").innerText,
  outlet: card.querySelector(".outlet").innerText,
  marks: [...card.querySelectorAll(".mark")].map((mark) => mark.innerText),
  facts: Object.fromEntries([...card.querySelectorAll("dt")].map((name) => [name.innerText, name.nextElementSibling.innerText])),
  warnings: [...card.querySelectorAll(".warnings li")].map((warning) => warning.innerText),
}));
/** How far the page is wider than the window. */
const spill = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
/** How many of the card's names or values are cut or run into each other. */
const clashes = (page) => page.locator("#devices dl").evaluateAll((lists) => lists.flatMap((list) => [...list.querySelectorAll("dt")]).filter((name) => {
  const [left, right] = [name.getBoundingClientRect(), name.nextElementSibling.getBoundingClientRect()];
  return left.right > right.left + 1 || name.scrollWidth > name.clientWidth + 1;
}).length);

describe("the page of fiscal memories", () => {
  let browser;
  const faults = [];

  async function open(options) {
    const context = await browser.newContext(options);
    // What it asks of anybody else, or complains of, fails the test.
    context.on("request", (request) => {
      if (!request.url().startsWith(`${CLOUD}/`)) faults.push(`request: ${request.url()}`);
    });
    context.on("weberror", (error) => faults.push(String(error.error())));
    const page = await context.newPage();
    page.on("console", (message) => {
      if (message.type() === "error") faults.push(message.text());
    });
    await page.goto(`${CLOUD}/devices`);
    return page;
  }

  async function enter(page) {
    await page.fill("#token", MERCHANT_KEY);
    await page.click("#enter button");
    await page.locator(`#devices > li[data-device="${SERIAL}"]`).waitFor();
  }

  const picture = (page, name) => PICTURES && page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true });

  before(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
  });

  after(() => browser.close());

  test("a technician reads in French what his device is about", async () => {
    const page = await open({ viewport: { width: 920, height: 480 }, locale: "fr-CD" });
    await picture(page, "enter");
    await enter(page);
    const { title, outlet, marks, facts } = await read(page);
    assert.equal(title, SERIAL);
    assert.equal(outlet, "Point de vente LUB-KAMALONDO-01");
    assert.deepEqual(marks, ["joignable", "active"]);
    assert.equal(facts["Mode"], "DEF");
    assert.equal(facts["Tient la ligne"], "oui");
    assert.match(facts["Prochain numéro"], /^7 \(époque 0\)$/);
    assert.match(facts["Micrologiciel"], /^\d/);
    assert.match(facts["Certificat"], /^7\d\d jours \(\d\d\/\d\d\/20\d\d\)$/);
    assert.match(facts["Horloge"], /^à l'heure \(([+-]?\d+) s\)$/);
    assert.ok(Math.abs(Number(facts["Horloge"].match(/-?\d+/)[0])) < 60, facts["Horloge"]);
    assert.match(facts["Mémoire libre"], /Mo \/ .*Mo$/);
    assert.equal(await page.locator("#summary").innerText(), "1 joignable sur 2");
    // One that was registered and never came says so, and guesses nothing.
    const waits = await page.locator('#devices > li[data-device="DEF-000002"]').innerText();
    assert.match(waits, /injoignable\s+enregistrée/);
    assert.match(waits, /Vue la dernière fois\s+jamais/);
    assert.match(waits, /Certificat\s+aucun/);
    assert.equal(await spill(page), 0);
    await picture(page, "french");
    await page.close();
  });

  test("and in English, after one press", async () => {
    const page = await open({ viewport: { width: 1000, height: 720 }, locale: "fr-CD" });
    await page.click("#language");
    await enter(page);
    const { outlet, marks, facts } = await read(page);
    assert.equal(outlet, "Outlet LUB-KAMALONDO-01");
    assert.deepEqual(marks, ["reachable", "active"]);
    assert.equal(facts["Holds the line"], "yes");
    assert.match(facts["Next number"], /^7 \(epoch 0\)$/);
    assert.match(facts["Certificate"], /^7\d\d days/);
    assert.match(facts["Clock"], /^right/);
    assert.match(facts["Free storage"], /MB/);
    assert.equal(await page.evaluate(() => document.documentElement.lang), "en");
    await picture(page, "english");
    // The key stays in the tab, and is gone with a press.
    assert.equal(await page.evaluate(() => localStorage.length + document.cookie.length), 0);
    await page.click("#leave");
    assert.equal(await page.evaluate((key) => Object.values(sessionStorage).includes(key), MERCHANT_KEY), false);
    assert.equal(await page.locator("#enter").isVisible(), true);
    await page.close();
  });

  test("a telephone shows the same, and nothing is cut", async () => {
    const page = await open({ viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, locale: "fr-CD", colorScheme: "dark" });
    assert.equal(await spill(page), 0);
    await enter(page);
    assert.equal((await read(page)).title, SERIAL);
    assert.equal(await spill(page), 0);
    assert.equal(await clashes(page), 0);
    await picture(page, "telephone");
    await page.close();
  });

  test("a wrong key is refused in words", async () => {
    const page = await open({ viewport: { width: 1000, height: 720 }, locale: "fr-CD" });
    await page.fill("#token", "stk_wrong");
    await page.click("#enter button");
    await page.locator("#fault").waitFor();
    assert.match(await page.locator("#fault").innerText(), /clé/);
    assert.equal(await page.locator("#enter").isVisible(), true);
    await picture(page, "refused");
    faults.splice(0, faults.length, ...faults.filter((fault) => !fault.includes("401")));
    await page.close();
  });

  test("nothing was asked of anybody else, and nothing complained", () => assert.deepEqual(faults, []));
});
