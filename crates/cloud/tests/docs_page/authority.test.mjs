// The page on the way to the tax authority in a real browser, as a merchant reads it on a desk and on a telephone.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { chromium } from "playwright-core";

const { CLOUD, MERCHANT_KEY, PICTURES, CHROMIUM } = process.env;

/** How far the page is wider than the window. */
const spill = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

describe("the page on the way to the tax authority", () => {
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
    await page.goto(`${CLOUD}/authority`);
    return page;
  }

  async function enter(page) {
    await page.fill("#token", MERCHANT_KEY);
    await page.click("#enter button");
    await page.locator("#machines > li").first().waitFor();
  }

  const picture = (page, name) => PICTURES && page.screenshot({ path: `${PICTURES}/authority-${name}.png`, fullPage: true });

  before(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
  });

  after(() => browser.close());

  test("a merchant reads in French where his invoices are, and that his machines are a trial's", async () => {
    const page = await open({ viewport: { width: 920, height: 480 }, locale: "fr-CD" });
    assert.equal(await page.locator("h1").innerText(), "Factures à la DGI");
    await enter(page);
    assert.equal(await page.locator("#machines > li").count(), 2);
    assert.match(await page.locator("#machines").innerText(), /CD01000001-1/);
    assert.match(await page.locator("#alerts").innerText(), /service d'essai/);
    // Nothing of the simulator's token is shown.
    assert.doesNotMatch(await page.content(), /eyJ/);
    assert.equal(await spill(page), 0);
    await picture(page, "french");
    await page.close();
  });

  test("and in English, after one press, with a key that leaves with a press", async () => {
    const page = await open({ viewport: { width: 1000, height: 720 }, locale: "fr-CD" });
    await page.click("#language");
    await enter(page);
    assert.equal(await page.evaluate(() => document.documentElement.lang), "en");
    assert.match(await page.locator("#alerts").innerText(), /test service/);
    assert.equal(await page.evaluate(() => localStorage.length + document.cookie.length), 0);
    await picture(page, "english");
    await page.click("#leave");
    assert.equal(await page.evaluate((key) => Object.values(sessionStorage).includes(key), MERCHANT_KEY), false);
    assert.equal(await page.locator("#enter").isVisible(), true);
    await page.close();
  });

  test("a telephone shows the same, and nothing is cut", async () => {
    const page = await open({ viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, locale: "fr-CD", colorScheme: "dark" });
    assert.equal(await spill(page), 0);
    await enter(page);
    assert.equal(await spill(page), 0);
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
    faults.splice(0, faults.length, ...faults.filter((fault) => !fault.includes("401")));
    await page.close();
  });

  test("nothing was asked of anybody else, and nothing complained", () => assert.deepEqual(faults, []));
});
