// The page on the way to the tax authority in a real browser, as a merchant reads it on a desk and on a telephone.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { DESK, TELEPHONE, WIDE_DESK, Watched, assertFits, assertKeyLeaves, assertRefusesAWrongKey, assertSpeaks, enter, picture } from "./watched.mjs";

const { MERCHANT_KEY } = process.env;
const SHOWN = "#machines > li";

describe("the page on the way to the tax authority", () => {
  let browser;

  before(async () => {
    browser = await Watched.launch();
  });
  after(() => browser.close());

  test("a merchant reads in French where his invoices are, and that his machines are a trial's", async () => {
    const page = await browser.open("/authority", DESK);
    assert.equal(await page.locator("h1").innerText(), "Factures à la DGI");
    await enter(page, MERCHANT_KEY, SHOWN);
    await assertSpeaks(page, "fr");
    assert.equal(await page.locator("#machines > li").count(), 2);
    assert.match(await page.locator("#machines").innerText(), /CD01000001-1/);
    assert.match(await page.locator("#alerts").innerText(), /service d'essai/);
    // Nothing of the simulator's token is shown.
    assert.doesNotMatch(await page.content(), /eyJ/);
    await assertFits(page);
    await picture(page, "authority-french");
    await page.close();
  });

  test("and in English, after one press, with a key that leaves with a press", async () => {
    const page = await browser.open("/authority", WIDE_DESK);
    await page.click("#language");
    await enter(page, MERCHANT_KEY, SHOWN);
    await assertSpeaks(page, "en");
    assert.match(await page.locator("#alerts").innerText(), /test service/);
    await picture(page, "authority-english");
    await assertKeyLeaves(page, MERCHANT_KEY);
    await page.close();
  });

  test("whoever presses for the other language while he reads has all of it in that language", async () => {
    const page = await browser.open("/authority", WIDE_DESK);
    await enter(page, MERCHANT_KEY, SHOWN);
    await page.click("#language");
    await page.locator("#alerts", { hasText: "test service" }).waitFor();
    await assertSpeaks(page, "en");
    await page.selectOption("#state", "SYNCED");
    await page.locator("#invoices > li", { hasText: "The DGI has normalised it." }).first().waitFor();
    await page.close();
  });

  test("a telephone shows the same, and nothing is cut", async () => {
    const page = await browser.open("/authority", TELEPHONE);
    await assertFits(page);
    await enter(page, MERCHANT_KEY, SHOWN);
    await assertFits(page);
    await picture(page, "authority-telephone");
    await page.close();
  });

  test("a wrong key is refused in words", async () => {
    const page = await browser.open("/authority", WIDE_DESK);
    await assertRefusesAWrongKey(page);
    browser.forgiveRefusals();
    await page.close();
  });

  test("nothing was asked of anybody else, and nothing complained", () => browser.assertNoFaults());
});
