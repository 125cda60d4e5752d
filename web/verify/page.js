"use strict";

(() => {
  const STORE = "stelala-verify";
  const LONGEST_KEY_FILE = 4 * 1024 * 1024;
  /**
   * The lengths at which a picture is tried. One reads four codes of five, when the paper lies askew; how much of the
   * picture the code fills is not known either.
   */
  const PHOTO_SIDES = [1400, 1600, 1100, 2000, 900, 2600, 700, 3400, 500];
  const FRAME_SIDES = [1280, 1120, 960];
  const FRAME_PAUSE = 60;

  const at = (id) => document.getElementById(id);
  const say = (word) => WORDS[language][word];

  let language = "fr";
  /** What the wasm is asked with, and what it says of it. */
  let trust = null;
  let trusted = null;
  let kept = true;
  /** The files of a list, until both are there. */
  let files = {};
  /** Shown again in the other language or under other keys. */
  let shownText = null;
  let entryFault = null;
  let stream = null;
  let cameraAsked = false;

  // The referee.

  const wasm = {
    module: null,
    instance: null,

    async start() {
      if (!this.module) {
        const base64 = atob(at("wasm").textContent);
        this.module = await WebAssembly.compile(Uint8Array.from(base64, (byte) => byte.charCodeAt(0)));
      }
      this.instance = await WebAssembly.instantiate(this.module);
    },

    /** The answer; null when the instance stopped, which some pictures do to it. */
    async ask(call, input, ...sizes) {
      try {
        if (!this.instance) await this.start();
        const { memory, input: room, output, [call]: answer } = this.instance.exports;
        const address = room(input.length) >>> 0;
        if (address === 0) return { error: say("tooLong") };
        new Uint8Array(memory.buffer, address, input.length).set(input);
        const length = answer(...sizes) >>> 0;
        const bytes = new Uint8Array(memory.buffer, output() >>> 0, length);
        return JSON.parse(new TextDecoder().decode(bytes));
      } catch {
        this.instance = null;
        return null;
      }
    },

    question(call, question) {
      return this.ask(call, new TextEncoder().encode(JSON.stringify({ ...question, language })));
    },
  };

  // The verdict.

  function make(tag, className, ...content) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    element.append(...content);
    return element;
  }

  function drawing(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `#${name}`);
    svg.setAttribute("aria-hidden", "true");
    svg.append(use);
    return svg;
  }

  function banner(report) {
    const colon = report.title.search(/ ?: /);
    const title = make("h2");
    if (colon < 0) {
      title.append(make("strong", "", report.title));
    } else {
      const rest = report.title.slice(colon);
      const spoken = rest.match(/^ ?: /)[0];
      title.append(
        make("strong", "", report.title.slice(0, colon), make("span", "unseen", spoken)),
        rest.slice(spoken.length),
      );
    }
    return make("div", "banner", drawing(report.valid ? "right" : "wrong"), title);
  }

  function list(className, title, items) {
    if (items.length === 0) return [];
    const rows = items.map((item) => make("li", "", item));
    return [make("div", `part ${className}`, make("h3", "", title), make("ul", "", ...rows))];
  }

  function findings(report) {
    return report.findings.map(({ code, place, sentence }) => {
      const words = make("div", "finding", place ? `${place}: ${sentence}` : sentence);
      return make("div", "", words, make("code", "", code));
    });
  }

  /** The text in words that are broken only where they do not fit on a line: no date is torn at its hyphens. */
  const words = (text) =>
    text.split(" ").flatMap((word, index) => [index > 0 ? " " : "", make("span", "word", word)]);

  /** What stands in brackets explains the value, and is less. */
  function factValue(value) {
    const bracket = value.endsWith(")") ? value.indexOf(" (") : -1;
    if (bracket < 0) return make("td", "", make("strong", "", ...words(value)));
    const stated = make("strong", "", ...words(value.slice(0, bracket)));
    return make("td", "", stated, " ", make("span", "quiet", ...words(value.slice(bracket + 1))));
  }

  function facts(report) {
    if (report.facts.length === 0) return [];
    const rows = report.facts.map(({ name, value }) => {
      const head = make("th", "", name);
      head.scope = "row";
      return make("tr", "", head, factValue(value));
    });
    const title = make("h3", "", say(report.valid ? "sealed" : "stated"));
    return [make("div", "part facts", title, make("table", "", make("tbody", "", ...rows)))];
  }

  function showVerdict(report) {
    const next = make("button", "", say("next"));
    next.type = "button";
    next.addEventListener("click", () => {
      forgetVerdict();
      at("text").value = "";
      at("start-camera").focus();
      scrollTo(0, 0);
    });
    const verdict = at("verdict");
    verdict.className = report.valid ? "right" : "wrong";
    verdict.replaceChildren(
      banner(report),
      ...list("false", say("isFalse"), findings(report)),
      ...facts(report),
      ...list("proves", say("proves"), report.proves),
      ...list("not-proven", say("doesNotProve"), report.does_not_prove),
      make("div", "part", next),
    );
  }

  function forgetVerdict() {
    shownText = null;
    at("verdict").replaceChildren();
    showEntryFault(null);
  }

  function showEntryFault(fault) {
    entryFault = fault;
    at("entry-fault").textContent = fault ? (WORDS[language][fault] ?? fault) : "";
  }

  async function verify(text) {
    forgetVerdict();
    if (text.trim() === "") return showEntryFault("noText");
    shownText = text;
    const report = await wasm.question("verify_qr", { text, trust: trust ?? { keys: [] } });
    if (shownText !== text) return;
    if (!report) return showEntryFault("stopped");
    if (report.error) return showEntryFault(report.error);
    showVerdict(report);
    scrollTo(0, 0);
  }

  // Pictures.

  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });

  async function codesIn(picture, width, height, longest) {
    const scale = Math.min(1, longest / Math.max(width, height));
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.imageSmoothingQuality = "high";
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
    const grey = new Uint8Array(data.length / 4);
    for (let pixel = 0, from = 0; pixel < grey.length; pixel += 1, from += 4) {
      grey[pixel] = (data[from] * 77 + data[from + 1] * 151 + data[from + 2] * 28) >> 8;
    }
    const codes = await wasm.ask("scan", grey, canvas.width, canvas.height);
    const { texts = [], unreadable = 0 } = codes ?? {};
    return { texts: [...new Set(texts)], unreadable };
  }

  const isInvoice = (text) => text.includes("|");

  async function readPhoto(file) {
    forgetVerdict();
    const busy = at("busy");
    busy.textContent = say("reading");
    try {
      const picture = await createImageBitmap(file);
      const fault = await verifyPicture(picture);
      picture.close();
      if (fault) showEntryFault(fault);
    } catch {
      showEntryFault("notPicture");
    } finally {
      busy.textContent = "";
    }
  }

  async function verifyPicture(picture) {
    let fault = "noCode";
    const longest = Math.max(picture.width, picture.height);
    const sides = new Set(PHOTO_SIDES.map((side) => Math.min(side, longest)));
    for (const side of sides) {
      const { texts, unreadable } = await codesIn(picture, picture.width, picture.height, side);
      const invoices = texts.filter(isInvoice);
      if (invoices.length > 1) return "severalCodes";
      if (invoices.length === 1) {
        at("text").value = invoices[0];
        await verify(invoices[0]);
        return null;
      }
      if (texts.length > 0) fault = "otherCode";
      else if (unreadable > 0 && fault === "noCode") fault = "unreadable";
    }
    return fault;
  }

  // The camera.

  function cameraFault(cause) {
    if (cause.name === "NotAllowedError" || cause.name === "SecurityError") return "cameraDenied";
    if (cause.name === "NotFoundError" || cause.name === "OverconstrainedError") return "cameraMissing";
    return "cameraBusy";
  }

  async function startCamera() {
    forgetVerdict();
    if (!navigator.mediaDevices?.getUserMedia) return showEntryFault("noCamera");
    if (cameraAsked) return;
    cameraAsked = true;
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } },
      });
    } catch (cause) {
      return showEntryFault(cameraFault(cause));
    } finally {
      cameraAsked = false;
    }
    at("aim").textContent = say("aim");
    at("camera").showModal();
    at("video").srcObject = stream;
    at("video").play().catch(() => {});
    readFrames(stream);
  }

  async function readFrames(source) {
    const video = at("video");
    for (let turn = 0; stream === source; turn += 1) {
      if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && video.videoWidth > 0) {
        const side = FRAME_SIDES[turn % FRAME_SIDES.length];
        const { texts } = await codesIn(video, video.videoWidth, video.videoHeight, side);
        if (stream !== source) return;
        const invoices = texts.filter(isInvoice);
        if (invoices.length === 1) {
          navigator.vibrate?.(80);
          stopCamera();
          at("text").value = invoices[0];
          return verify(invoices[0]);
        }
        if (invoices.length > 1) at("aim").textContent = say("severalCodes");
        else if (texts.length > 0) at("aim").textContent = say("otherCode");
      }
      await new Promise((resume) => setTimeout(resume, FRAME_PAUSE));
    }
  }

  function stopCamera() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    at("video").srcObject = null;
    if (at("camera").open) at("camera").close();
  }

  // The keys.

  function remember() {
    try {
      localStorage.setItem(STORE, JSON.stringify({ language, trust }));
      kept = true;
    } catch {
      kept = false;
    }
  }

  function recall() {
    try {
      return JSON.parse(localStorage.getItem(STORE)) ?? {};
    } catch {
      return {};
    }
  }

  /** Takes the keys if they can be relied on, and leaves the former ones otherwise. */
  async function useTrust(given) {
    const answer = await wasm.question("read_trust", { trust: given });
    const error = answer ? answer.error : say("stopped");
    at("trust-fault").textContent = error ?? "";
    if (error) return false;
    trust = given;
    trusted = answer;
    files = {};
    remember();
    showTrust();
    if (shownText !== null) await verify(shownText);
    return true;
  }

  function forgetTrust() {
    trust = null;
    trusted = null;
    files = {};
    forgetVerdict();
    remember();
    showTrust();
  }

  function showTrust() {
    const issued = trusted?.issued?.replace("T", " ");
    const summary = !trusted
      ? say("trustNone")
      : issued
        ? say("trustList")(issued)
        : say("trustKeys")(trusted.keys.length);
    at("trusted").textContent = summary;
    at("no-trust").hidden = trusted !== null;
    at("kept").hidden = trusted === null;
    at("not-kept").hidden = kept;
    const ids = trusted?.keys?.map(say("key")) ?? (trusted ? [say("root")(trusted.root)] : []);
    at("key-ids").replaceChildren(...ids.map((id) => make("li", "", id)));
    at("bundle-name").textContent = files.bundle?.name ?? "";
    at("root-name").textContent = files.root?.name ?? "";
  }

  async function takeFile(part, input) {
    const [file] = input.files;
    // Or the same file could not be chosen again once it was mended.
    input.value = "";
    if (!file) return;
    at("trust-fault").textContent = "";
    try {
      if (file.size > LONGEST_KEY_FILE) throw new RangeError();
      files[part] = { name: file.name, text: await file.text() };
    } catch {
      at("trust-fault").textContent = say("notText");
      return;
    }
    showTrust();
    // A newer list is mostly of the same root, so that one file is enough.
    const bundle = files.bundle?.text;
    const root = files.root?.text ?? trust?.root;
    if (!bundle || !root) {
      at("trust-fault").textContent = say(bundle ? "rootNeeded" : "bundleNeeded");
      return;
    }
    if (await useTrust({ bundle, root })) at("trust").open = false;
  }

  // The page.

  function showWords() {
    document.documentElement.lang = language;
    for (const element of document.querySelectorAll("[data-say]")) {
      element.textContent = say(element.dataset.say);
    }
    for (const element of document.querySelectorAll("[data-say-label]")) {
      element.setAttribute("aria-label", say(element.dataset.sayLabel));
    }
    for (const id of ["fr", "en"]) at(id).setAttribute("aria-pressed", String(id === language));
    document.title = `${say("title")} · Stelala`;
    at("trust-fault").textContent = "";
    showTrust();
  }

  async function speak(chosen) {
    language = chosen;
    remember();
    showWords();
    const fault = entryFault;
    if (shownText !== null) await verify(shownText);
    else if (fault) showEntryFault(fault);
  }

  function openTrust() {
    at("trust").open = true;
    at("trust").scrollIntoView();
    at("trust").querySelector("summary").focus();
  }

  function listen() {
    const on = (id, event, act) => at(id).addEventListener(event, act);
    on("fr", "click", () => speak("fr"));
    on("en", "click", () => speak("en"));
    on("check", "click", () => verify(at("text").value));
    on("text", "input", forgetVerdict);
    on("start-camera", "click", startCamera);
    on("stop-camera", "click", stopCamera);
    on("camera", "close", stopCamera);
    on("photo-file", "change", ({ target }) => {
      const [file] = target.files;
      target.value = "";
      if (file) readPhoto(file);
    });
    on("load-trust", "click", openTrust);
    on("bundle-file", "change", ({ target }) => takeFile("bundle", target));
    on("root-file", "change", ({ target }) => takeFile("root", target));
    on("use-pems", "click", async () => {
      if (await useTrust({ keys: [at("pems").value] })) {
        at("pems").value = "";
        at("trust").open = false;
      }
    });
    on("forget", "click", forgetTrust);
    document.addEventListener("visibilitychange", () => document.hidden && stopCamera());
  }

  async function open() {
    const stored = recall();
    if (Object.hasOwn(WORDS, stored.language)) language = stored.language;
    showWords();
    listen();
    try {
      await wasm.start();
    } catch {
      return showEntryFault("tooOld");
    }
    if (stored.trust) await useTrust(stored.trust);
    document.documentElement.dataset.ready = "";
  }

  open();
})();
