// Pictures of QR codes, as a phone would see them.

import { writeFile } from "node:fs/promises";

import QRCode from "qrcode";

const LEVEL = { errorCorrectionLevel: "M" };

/** A PNG, four pixels a module. */
export const png = (text) => QRCode.toBuffer(text, { ...LEVEL, scale: 4 });

/** A page with a receipt on a dark table, for the browser to take a picture of. */
export async function receipt(texts, { askew }) {
  const codes = await Promise.all(texts.map((text) => QRCode.toDataURL(text, { ...LEVEL, scale: 6 })));
  const images = codes.map((code) => `<img src="${code}" alt="">`).join("");
  return `<!doctype html><style>
    body { margin: 0; height: 1200px; display: grid; place-items: center; background: linear-gradient(50deg, #3a2d22, #8a7358) }
    div { padding: 60px 40px; background: linear-gradient(100deg, #fff, #b9b6ad); font: 30px monospace }
    div.askew { filter: blur(.8px); transform: perspective(1400px) rotateX(18deg) rotateY(-12deg) rotate(7deg) }
    img { width: 400px; margin: 0 40px; mix-blend-mode: multiply }
  </style><div${askew ? " class=askew" : ""}><p>FACTURE NORMALISÉE</p>${images}<p>TOTAL 19 500,00 CDF</p></div>`;
}

/** What Chromium's fake camera shows: uncompressed frames (YUV4MPEG2) with the code before a grey wall. */
export async function writeCameraFilm(file, text) {
  const [width, height, module] = [1280, 720, 8];
  const { modules } = QRCode.create(text, LEVEL);
  const side = (modules.size + 8) * module;
  const [left, top] = [(width - side) >> 1, (height - side) >> 1];
  const luma = Buffer.alloc(width * height, 120);
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const [column, row] = [Math.floor(x / module) - 4, Math.floor(y / module) - 4];
      const inside = column >= 0 && row >= 0 && column < modules.size && row < modules.size;
      luma[(top + y) * width + left + x] = inside && modules.get(row, column) ? 40 : 210;
    }
  }
  const colour = Buffer.alloc((width * height) / 2, 128);
  const frame = Buffer.concat([Buffer.from("FRAME\n"), luma, colour]);
  const head = Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\n`);
  await writeFile(file, Buffer.concat([head, frame, frame]));
}
