// The page of fiscal memories in a real browser, as a technician reads it on a desk and on a telephone.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { DESK, TELEPHONE, WIDE_DESK, Watched, assertFits, assertKeyLeaves, assertRefusesAWrongKey, assertSpeaks, enter, picture } from "./watched.mjs";

const { MERCHANT_KEY, SERIAL } = process.env;
const SHOWN = `#devices > li[data-device="${SERIAL}"]`;

/** What one device's card says: its facts by their names, and its marks. */
const read = (page) => page.locator(SHOWN).evaluate((card) => ({
  title: card.querySelector("h2").innerText,
  outlet: card.querySelector(".outlet").innerText,
  marks: [...card.querySelectorAll(".mark")].map((mark) => mark.innerText),
  facts: Object.fromEntries([...card.querySelectorAll("dt")].map((name) => [name.innerText, name.nextElementSibling.innerText])),
  warnings: [...card.querySelectorAll(".warnings li")].map((warning) => warning.innerText),
}));
/** How many of the card's names or values are cut or run into each other. */
const clashes = (page) => page.locator("#devices dl").evaluateAll((lists) => lists.flatMap((list) => [...list.querySelectorAll("dt")]).filter((name) => {
  const [left, right] = [name.getBoundingClientRect(), name.nextElementSibling.getBoundingClientRect()];
  return left.right > right.left + 1 || name.scrollWidth > name.clientWidth + 1;
}).length);

describe("the page of fiscal memories", () => {
  let browser;

  before(async () => {
    browser = await Watched.launch();
  });
  after(() => browser.close());

  test("a technician reads in French what his device is about", async () => {
    const page = await browser.open("/devices", DESK);
    await picture(page, "enter");
    await enter(page, MERCHANT_KEY, SHOWN);
    await assertSpeaks(page, "fr");
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
    await assertFits(page);
    await picture(page, "french");
    await page.close();
  });

  test("and in English, after one press, with a key that leaves with a press", async () => {
    const page = await browser.open("/devices", WIDE_DESK);
    await page.click("#language");
    await enter(page, MERCHANT_KEY, SHOWN);
    await assertSpeaks(page, "en");
    const { outlet, marks, facts } = await read(page);
    assert.equal(outlet, "Outlet LUB-KAMALONDO-01");
    assert.deepEqual(marks, ["reachable", "active"]);
    assert.equal(facts["Holds the line"], "yes");
    assert.match(facts["Next number"], /^7 \(epoch 0\)$/);
    assert.match(facts["Certificate"], /^7\d\d days/);
    assert.match(facts["Clock"], /^right/);
    assert.match(facts["Free storage"], /MB/);
    await picture(page, "english");
    await assertKeyLeaves(page, MERCHANT_KEY);
    await page.close();
  });

  test("a telephone shows the same, and nothing is cut", async () => {
    const page = await browser.open("/devices", TELEPHONE);
    await assertFits(page);
    await enter(page, MERCHANT_KEY, SHOWN);
    assert.equal((await read(page)).title, SERIAL);
    await assertFits(page);
    assert.equal(await clashes(page), 0);
    await picture(page, "telephone");
    await page.close();
  });

  test("a wrong key is refused in words", async () => {
    const page = await browser.open("/devices", WIDE_DESK);
    await assertRefusesAWrongKey(page);
    await picture(page, "refused");
    browser.forgiveRefusals();
    await page.close();
  });

  test("nothing was asked of anybody else, and nothing complained", () => browser.assertNoFaults());
});
