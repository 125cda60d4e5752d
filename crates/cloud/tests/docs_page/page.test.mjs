// The documentation in a real browser that reaches nothing but the cloud.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { Watched } from "./watched.mjs";

const { KEY, PICTURE } = process.env;

describe("the documentation of a running cloud", () => {
  let browser, page;

  before(async () => {
    browser = await Watched.launch();
    page = await browser.open("/docs", { viewport: { width: 1300, height: 1050 } });
    await page.locator("#operations-Invoices-sealInvoice").waitFor();
  });
  after(() => browser.close());

  test("an integrator authorises, presses Execute, and the sale is sealed", async () => {
    await page.click("button.authorize");
    await page.fill(".auth-container input", KEY);
    await page.click(".auth-btn-wrapper button.authorize");
    await page.click(".auth-btn-wrapper button.btn-done");
    const sale = page.locator("#operations-Invoices-sealInvoice");
    await sale.locator(".opblock-summary").click();
    await sale.locator("button.execute").click();
    const answer = sale.locator(".live-responses-table .response .microlight").first();
    await answer.waitFor();
    const status = await sale.locator(".live-responses-table .response .response-col_status").first().innerText();
    assert.match(status, /^201/);
    assert.match(await answer.innerText(), /"fiscal_number": "KINGOMBE01-0-000000\d\d"/);
    if (PICTURE) {
      await sale.locator(".responses-inner").first().scrollIntoViewIfNeeded();
      await page.evaluate(() => document.querySelector("#operations-Invoices-sealInvoice .request-url, #operations-Invoices-sealInvoice .execute-wrapper").scrollIntoView());
      await page.evaluate(() => window.scrollBy(0, -420));
      await page.screenshot({ path: PICTURE });
    }
  });

  test("pressing Execute again is another sale", async () => {
    await page.waitForTimeout(1100);
    const sale = page.locator("#operations-Invoices-sealInvoice");
    const number = sale.locator(".live-responses-table .response .microlight").first();
    const before = await number.innerText();
    await sale.locator("button.execute").click();
    await page.waitForFunction(
      (before) => document.querySelector("#operations-Invoices-sealInvoice .live-responses-table .microlight")?.innerText !== before,
      before,
    );
    assert.match(await sale.locator(".live-responses-table .response .response-col_status").first().innerText(), /^201/);
  });

  test("a question without its key is refused in words", async () => {
    const refused = await page.evaluate(async () => {
      const answer = await fetch("/api/v1/invoices?limit=1", { headers: { "Accept-Language": "fr" } });
      return [answer.status, (await answer.json()).detail];
    });
    assert.equal(refused[0], 401);
    assert.match(refused[1], /clé d'API/);
    browser.forgiveRefusals();
  });

  test("nothing was asked of anybody else, and nothing complained", () => browser.assertNoFaults());
});
