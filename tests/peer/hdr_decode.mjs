// Reads JSON lines {"histogram": base64, "count", "p50", "p99", "p999", "max"} from standard input
// and fails unless hdr-histogram-js reads the same out of every histogram. NODE_FOLDER names the
// folder where it was installed (default: the current one).
//
// The format keeps values to the resolution of a bucket, tenbin keeps the maximum beside it. So
// the maxima must fall into the same bucket, and percentiles are compared after the same cut at
// the exact maximum. A value beyond the range of the buckets is as good as the end of the range.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire((process.env.NODE_FOLDER ?? process.cwd()) + "/");
const hdr = require("hdr-histogram-js");
const version = require("hdr-histogram-js/package.json").version;

const HIGHEST = 2 ** 42 - 1;
const PERMILLES = { p50: 500, p99: 990, p999: 999 };

// The value of rank ceil(permille / 1000 * count), found by adding up the buckets in use.
function percentile(histogram, permille) {
  const rank = (BigInt(permille) * BigInt(histogram.totalCount) + 999n) / 1000n;
  for (let i = 0, below = 0; i < histogram.countsArrayLength; i++) {
    below += histogram.getCountAtIndex(i);
    if (histogram.totalCount > 0 && BigInt(below) >= rank) {
      return histogram.highestEquivalentValue(histogram.valueFromIndex(i));
    }
  }
  return 0;
}

function differences(line) {
  const histogram = hdr.decodeFromCompressedBase64(line.histogram, 64);
  const max = Math.min(line.max, HIGHEST);
  const pairs = [
    ["count", histogram.totalCount, line.count],
    ["max", histogram.maxValue, line.count === 0 ? 0 : histogram.highestEquivalentValue(max)],
  ];
  for (const [name, permille] of Object.entries(PERMILLES)) {
    const theirs = Math.min(percentile(histogram, permille), max);
    pairs.push([name, theirs, Math.min(line[name], HIGHEST)]);
  }
  return pairs
    .filter(([, theirs, ours]) => theirs !== ours)
    .map(([name, theirs, ours]) => `${name} is ${theirs}, tenbin says ${ours}`);
}

let lines = 0;
let failed = 0;
for await (const text of createInterface({ input: process.stdin })) {
  if (text.trim() === "") {
    continue;
  }
  lines++;
  let found;
  try {
    found = differences(JSON.parse(text));
  } catch (error) {
    found = [String(error)];
  }
  failed += found.length > 0 ? 1 : 0;
  found.forEach((difference) => console.error(`line ${lines}: ${difference}`));
}
console.log(`hdr-histogram-js ${version}: ${lines} histograms, ${failed} differ`);
process.exit(lines > 0 && failed === 0 ? 0 : 1);
