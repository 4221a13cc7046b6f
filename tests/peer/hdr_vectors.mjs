// Writes tests/data/hdr_vectors.inc: histograms made by hdr-histogram-js, with what it says about
// them, for tests/unit/hist/hist_encode.c.
//
// In a folder outside of the repository:
//     npm install hdr-histogram-js@3.0.1
//     NODE_FOLDER=$PWD node .../tests/peer/hdr_vectors.mjs > .../tests/data/hdr_vectors.inc
import { createRequire } from "node:module";

const require = createRequire((process.env.NODE_FOLDER ?? process.cwd()) + "/");
const hdr = require("hdr-histogram-js");
const version = require("hdr-histogram-js/package.json").version;

const HIGHEST = 2 ** 42 - 1;

// Marsaglia's xorshift32: the same values every time.
let state = 2463534242;
function unit() {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) / 2 ** 32;
}

function normal() {
  return Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit());
}

function many(n, draw) {
  return Array.from({ length: n }, () => [Math.floor(draw()), 1 + Math.floor(unit() * 100)]);
}

const vectors = {
  empty: [],
  "one value": [[123456, 1]],
  "zero and one": [[0, 1], [1, 2]],
  "one to ten": Array.from({ length: 10 }, (_, i) => [i + 1, 1]),
  "gaps of one, two and three buckets": [[0, 1], [2, 1], [5, 1], [9, 1]],
  "around powers of two": [11, 12, 13, 20, 31, 32, 33, 41].flatMap((bits) =>
    [-1, 0, 1].map((step) => [2 ** bits + step, bits])),
  uniform: many(150, () => unit() * 1e6),
  lognormal: many(150, () => 50000 * Math.exp(normal())),
  "two modes and stalls": many(150, () => {
    const kind = unit();
    return kind < 0.7 ? 30000 + 2000 * unit() : kind < 0.95 ? 200000 + 5e4 * unit() : 4e8 * unit();
  }),
  "over a minute": [[61e9, 3], [75123456789, 2], [3600e9, 1], [HIGHEST, 1]],
  "large counts": [[1000, 5e9], [2000, 2 ** 40 + 1], [3000, 127], [4000, 128], [5000, 8191]],
};

function build(samples) {
  const histogram = hdr.build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 64,
  });
  for (const [value, count] of samples) {
    histogram.recordValueWithCount(value, count);
  }
  return histogram;
}

// Lines of at most 100 columns.
function wrap(items, separator, indent) {
  const lines = [];
  let line = indent;
  for (const item of items) {
    if (line.length + item.length + separator.length > 99) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += item + separator;
  }
  return lines.concat(line.trimEnd()).join("\n");
}

function pieces(text) {
  return (text.match(/.{1,88}/g) ?? [""]).map((piece) => `     "${piece}"`).join("\n");
}

const names = Object.keys(vectors);
console.log(`/* Made by tests/peer/hdr_vectors.mjs with hdr-histogram-js ${version}. Not to be edited. */`);
console.log("/* clang-format off */");
names.forEach((name, i) => {
  const items = vectors[name].map(([value, count]) => `{${value}, ${count}}`);
  const list = items.length === 0 ? "    {0, 0}," : wrap(items, ", ", "    ");
  console.log(`static const struct sample samples_${i}[] = { /* ${name} */\n${list}\n};`);
});
console.log("static const struct vector vectors[] = {");
names.forEach((name, i) => {
  const text = hdr.encodeIntoCompressedBase64(build(vectors[name]));
  const read = hdr.decodeFromCompressedBase64(text, 64);
  const percentiles = [50, 90, 99, 99.9, 99.99].map((p) => read.getValueAtPercentile(p));
  console.log(`    {"${name}", samples_${i}, ${vectors[name].length}, ${read.totalCount},`);
  console.log(`     {${percentiles.join(", ")}}, ${read.maxValue},`);
  console.log(`${pieces(text)}},`);
});
console.log("};");
console.log("/* clang-format on */");
