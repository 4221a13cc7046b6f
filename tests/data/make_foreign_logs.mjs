// Writes tests/data/foreign/*.hlog and *.hgrm: files as hdr-histogram-js makes them, and what it
// says about them, for tests/unit/foreign.
//
// In a folder outside of the repository:
//     npm install hdr-histogram-js@3.0.1
//     NODE_FOLDER=$PWD node .../tests/data/make_foreign_logs.mjs .../tests/data/foreign
import { createRequire } from "node:module";
import { writeFileSync } from "node:fs";

const require = createRequire((process.env.NODE_FOLDER ?? process.cwd()) + "/");
const hdr = require("hdr-histogram-js");
const folder = process.argv[2];

// Marsaglia's xorshift32: the same values every time.
let state = 2463534242;
function unit() {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) / 2 ** 32;
}

function record(options, count, draw) {
  const histogram = hdr.build({ bitBucketSize: 64, autoResize: true, ...options });
  for (let i = 0; i < count; i++) histogram.recordValue(Math.floor(draw()));
  return histogram;
}

function say(name, histogram) {
  const at = (percent) => histogram.getValueAtPercentile(percent);
  console.log(name, histogram.totalCount, at(50), at(99), at(99.9), histogram.maxValue);
}

// Nanoseconds, three digits, two intervals of one second.
let text = "#[Made by hdr-histogram-js]\n";
const writer = new hdr.HistogramLogWriter((line) => (text += line));
writer.outputLogFormatVersion();
writer.outputStartTime(1764057600000);
writer.outputLegend();
const whole = hdr.build({ bitBucketSize: 64, autoResize: true });
for (let second = 0; second < 2; second++) {
  const one = record({}, 1000 + second, () => 1e5 + 1e6 * unit() ** 4);
  one.startTimeStampMsec = 1764057600000 + second * 1000;
  one.endTimeStampMsec = one.startTimeStampMsec + 1000;
  writer.outputIntervalHistogram(one);
  whole.add(one);
}
writeFileSync(folder + "/plain.hlog", text);
say("plain.hlog", whole);

// Microseconds, two digits, in units of 8, with tags, in timestamps that count from the start.
text = "";
const tagged = new hdr.HistogramLogWriter((line) => (text += line));
tagged.outputLogFormatVersion();
tagged.outputStartTime(1764057600000);
tagged.baseTime = 1764057600000;
tagged.outputLegend();
for (let second = 0; second < 2; second++) {
  for (const [tag, base] of [["GET", 200], ["SET", 900]]) {
    const one = record({ numberOfSignificantValueDigits: 2, lowestDiscernibleValue: 8,
      highestTrackableValue: 3600e6 }, 500,
      () => base + 1000 * unit() ** 4);
    one.tag = tag;
    one.startTimeStampMsec = 1764057600000 + second * 1000;
    one.endTimeStampMsec = one.startTimeStampMsec + 1000;
    tagged.outputIntervalHistogram(one);
    say(`tagged.hlog ${tag} ${second}`, one);
  }
}
writeFileSync(folder + "/tagged.hlog", text);

// Milliseconds from nanoseconds.
const distribution = record({}, 10000, () => 1e5 + 1e6 * unit() ** 4);
writeFileSync(folder + "/ms.hgrm", distribution.outputPercentileDistribution(5, 1e6));
writeFileSync(folder + "/ms.hgrm.csv", distribution.outputPercentileDistribution(5, 1e6, true));
say("ms.hgrm", distribution);
console.log("mean", distribution.mean);
