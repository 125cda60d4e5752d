// The page on the way to the tax authority in a real browser, as a merchant reads it on a desk and on a telephone.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { DESK, TELEPHONE, WIDE_DESK, Watched, assertFits, assertKeyLeaves, assertRefusesAWrongKey, assertSpeaks, enter, picture } from "./watched.mjs";

const { MERCHANT_KEY, OPERATOR_KEY } = process.env;
const SHOWN = "#machines > li";
const FOR_A_PERSON = "AMBIGUOUS,DIFFERS,FAILED,SYNCED_WITHOUT_CODE";

/** The cloud answers as it does, but for how many invoices are in these states, and for those that need a person. */
async function standing(page, states, stuck) {
  await page.route("**/api/v1/authority", async (route) => {
    const response = await route.fetch();
    const summary = await response.json();
    const outlets = summary.outlets.map((outlet, index) => ({ ...outlet, unsent: 0, oldest: undefined, states: index === 0 ? states : {} }));
    await route.fulfill({ response, json: { ...summary, unsent: 0, oldest: undefined, states, outlets } });
  });
  await page.route("**/api/v1/submissions?*", async (route) => {
    const asked = new URL(route.request().url()).searchParams;
    if (asked.get("state") !== FOR_A_PERSON) return route.continue();
    asked.set("state", "SYNCED");
    const response = await route.fetch({ url: `${new URL(route.request().url()).origin}/api/v1/submissions?${asked}` });
    const { submissions: [one] } = await response.json();
    await route.fulfill({ response, json: { submissions: stuck.map((more) => ({ ...one, elements: undefined, ...more })) } });
  });
}

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
    // Alerts tell the platform of him: he closes none.
    assert.equal(await page.locator("#alerts button").count(), 0);
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

  test("where all is at the DGI it says so, and each outlet is green", async () => {
    const page = await browser.open("/authority", WIDE_DESK);
    await standing(page, {}, []);
    await enter(page, MERCHANT_KEY, SHOWN);
    assert.equal(await page.locator("#summary").innerText(), "Rien n'attend : tout est à la DGI.");
    assert.equal(await page.locator("#outlets > li.good").count(), 2);
    await page.close();
  });

  test("what needs a person is counted, makes its outlet's card red, and comes first in the list", async () => {
    const page = await browser.open("/authority", WIDE_DESK);
    const advice = "Copy the code by hand.";
    const stuck = [
      { fiscal_number: "ZZZZ1-0-00000001", state: "SYNCED_WITHOUT_CODE", advice, may: [] },
      { fiscal_number: "ZZZZ1-0-00000002", state: "AMBIGUOUS", advice, may: ["settle"] },
      { fiscal_number: "ZZZZ1-0-00000003", state: "FAILED", advice, may: ["retry"] },
      { fiscal_number: "ZZZZ1-0-00000004", state: "DIFFERS", advice, may: ["retry"] },
    ];
    await standing(page, { AMBIGUOUS: 1, DIFFERS: 1, FAILED: 1, SYNCED_WITHOUT_CODE: 1 }, stuck);
    await enter(page, MERCHANT_KEY, SHOWN);
    assert.equal(await page.locator("#summary").innerText(), "Rien n'attend d'être envoyé, mais 4 ont besoin d'une personne.");
    assert.deepEqual(await page.locator("#outlets > li").evaluateAll((all) => all.map((one) => one.className)), ["bad", "good"]);
    const numbers = await page.locator("#invoices > li").evaluateAll((all) => all.map((one) => one.dataset.invoice));
    assert.deepEqual(numbers.slice(0, stuck.length), stuck.map((one) => one.fiscal_number));
    assert.ok(numbers.length > stuck.length, "the others come after them");
    await page.click("#language");
    await page.locator("#summary", { hasText: "Nothing waits to be sent, but 4 need a person." }).waitFor();
    // Who may not settle is told who may; who may is told what to do.
    const card = (number) => page.locator(`#invoices > li[data-invoice="${number}"]`);
    await card("ZZZZ1-0-00000001").filter({ hasText: /Only the operator.*authority:settle/ }).waitFor();
    assert.doesNotMatch(await card("ZZZZ1-0-00000001").innerText(), /by hand/);
    for (const number of ["ZZZZ1-0-00000002", "ZZZZ1-0-00000003"]) assert.match(await card(number).innerText(), /by hand/);
    // What this page has no button for is done elsewhere, or by somebody else.
    assert.match(await card("ZZZZ1-0-00000004").innerText(), /at the till.*“Do not send” is for the operator/s);
    await picture(page, "authority-needs-a-person");
    await page.selectOption("#state", "SYNCED");
    await page.locator("#invoices > li", { hasText: "The DGI has normalised it." }).first().waitFor();
    await card("ZZZZ1-0-00000001").waitFor({ state: "detached" });
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

  test("the operator says what he saw, and the alert is gone", async () => {
    const page = await browser.open("/authority", TELEPHONE);
    await enter(page, OPERATOR_KEY, SHOWN);
    const seen = page.getByRole("button", { name: "Vu", exact: true });
    const before = await seen.count();
    assert.ok(before > 0);
    assert.match(await page.locator("#alerts-title").innerText(), new RegExp(`\\(${await page.locator("#alerts > li").count()}\\)`));
    await assertFits(page);
    await picture(page, "authority-operator");
    // Who says nothing closes nothing.
    page.once("dialog", (asked) => asked.dismiss());
    await seen.first().click();
    assert.equal(await seen.count(), before);
    page.once("dialog", (asked) => asked.accept("c'est le simulateur"));
    await seen.first().click();
    await page.locator("#done", { hasText: "C'est fait." }).waitFor();
    await page.waitForFunction((left) => document.querySelectorAll("#alerts button").length === left, before - 1);
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
