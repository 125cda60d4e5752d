// Pages of a running cloud in Chromium, watched: what they ask of anybody else, or complain of, is a fault.

import assert from "node:assert/strict";

import { chromium } from "playwright-core";

const { CLOUD, PICTURES, CHROMIUM } = process.env;
/** Whoever waits for longer waits for what will not come: a busy machine takes longer than Playwright's half minute. */
const PATIENCE = 120_000;

export class Watched {
  #browser;
  #faults = [];

  static async launch() {
    const watched = new Watched();
    watched.#browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"], timeout: PATIENCE });
    return watched;
  }

  /** A page at a path, in a window of its own that has nothing kept. */
  async open(path, options) {
    const context = await this.#browser.newContext(options);
    context.setDefaultTimeout(PATIENCE);
    context.on("request", (request) => {
      if (!request.url().startsWith(`${CLOUD}/`) && !request.url().startsWith("data:")) this.#faults.push(`request: ${request.url()}`);
    });
    context.on("weberror", (error) => this.#faults.push(String(error.error())));
    const page = await context.newPage();
    page.on("console", (message) => {
      if (message.type() === "error") this.#faults.push(message.text());
    });
    await page.goto(`${CLOUD}${path}`);
    return page;
  }

  /** An answer of 401 was meant. */
  forgiveRefusals() {
    this.#faults = this.#faults.filter((fault) => !fault.includes("401"));
  }

  assertNoFaults() {
    assert.deepEqual(this.#faults, []);
  }

  close() {
    return this.#browser.close();
  }
}

/** Windows in which people read. */
export const DESK = { viewport: { width: 920, height: 480 }, locale: "fr-CD" };
export const WIDE_DESK = { viewport: { width: 1000, height: 720 }, locale: "fr-CD" };
export const TELEPHONE = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, locale: "fr-CD", colorScheme: "dark" };

/** How far the page is wider than the window. */
const spill = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** Nothing is cut, and whoever reads does not have to move it sideways. */
export const assertFits = async (page) => assert.equal(await spill(page), 0);

/** A picture, if pictures are wanted. */
export const picture = (page, name) => PICTURES && page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true });

/** Enters with a key, and waits for what is shown then. */
export async function enter(page, key, shown) {
  await page.fill("#token", key);
  await page.click("#enter button");
  await page.locator(shown).first().waitFor();
}

/** In the language that is spoken, every element says something. */
export async function assertSpeaks(page, language) {
  assert.equal(await page.evaluate(() => document.documentElement.lang), language);
  const said = await page.locator("[data-say]").evaluateAll((all) => all.map((one) => [one.dataset.say, one.textContent]));
  for (const [name, text] of said) assert.ok(text && text !== "undefined", name);
}

/** The key stays in the tab, and is gone with a press. */
export async function assertKeyLeaves(page, key) {
  assert.equal(await page.evaluate(() => localStorage.length + document.cookie.length), 0);
  await page.click("#leave");
  assert.equal(await page.evaluate((key) => Object.values(sessionStorage).includes(key), key), false);
  assert.equal(await page.locator("#enter").isVisible(), true);
}

/** A wrong key is refused in words, and another can be typed. */
export async function assertRefusesAWrongKey(page) {
  await enter(page, "stk_wrong", "#fault:visible");
  assert.match(await page.locator("#fault").innerText(), /clé/);
  assert.equal(await page.locator("#enter").isVisible(), true);
}
