// Prints sample receipts by an interpreter of ESC/POS that is not ours (npos 0.1.19 of npm, MIT): each NAME.bin of a folder
// must be known to its last byte and hold what NAME.txt, the code's text, says of device and authentication code. What
// it makes of the pictures, one for each line of NAME.txt, goes to NAME.pgm and NAME.2.pgm, for `read_back`.
//
//   npm install --prefix NPOS --omit=optional --ignore-scripts npos@0.1.19
//   NODE_PATH=NPOS/node_modules node crates/receipt/tests/foreign_printer.cjs DIR
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const Parser = require('npos/lib/parser');

async function main(folder) {
  const names = fs.readdirSync(folder).filter((file) => file.endsWith('.bin'));
  if (names.length === 0) throw new Error(`no samples in ${folder}`);
  for (const file of names) await print(path.join(folder, file.slice(0, -'.bin'.length)));
  console.log(`${names.length} receipts printed by npos`);
}

async function print(base) {
  const bytes = fs.readFileSync(`${base}.bin`);
  const printed = await new Parser().parse(bytes);
  const end = printed.tree.at(-1);
  expect(end.ascii === 'GS' && end.fn === 'V' && end.offset + end.length === bytes.length, base, 'does not end with a cut');
  // Runs of characters, which this interpreter calls STX.
  const text = printed.tree
    .filter((node) => node.ascii === 'STX')
    .map((node) => bytes.subarray(node.offset, node.offset + node.length).toString('latin1'))
    .join('');
  const codes = fs.readFileSync(`${base}.txt`, 'utf8').split('\n');
  const [device, , code] = codes[0].split('|');
  for (const part of [device, code.match(/.{4}/g).join(' ')]) expect(text.includes(part), base, `does not say ${part}`);
  const pictures = printed.entries.filter((entry) => entry.type === 'raster');
  expect(pictures.length === codes.length, base, `has not ${codes.length} pictures`);
  pictures.forEach((picture, at) => {
    expect(picture.nodes.length === 1, base, 'has a picture in parts');
    fs.writeFileSync(at === 0 ? `${base}.pgm` : `${base}.${at + 1}.pgm`, grey(picture.data));
  });
}

function grey(picture) {
  const { width, height } = picture;
  const pixels = Buffer.alloc(width * height);
  for (let at = 0; at < pixels.length; at += 1) pixels[at] = picture.getPixel(at % width, Math.floor(at / width)) ? 255 : 0;
  return Buffer.concat([Buffer.from(`P5 ${width} ${height} 255\n`), pixels]);
}

function expect(holds, base, what) {
  if (!holds) throw new Error(`${path.basename(base)} ${what}`);
}

main(process.argv[2] ?? '.').catch((error) => {
  console.error(error.message);
  process.exit(1);
});
