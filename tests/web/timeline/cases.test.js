// The cases that Python's tests read too.
import assert from "node:assert/strict"
import { test } from "node:test"

import cases from "../../timeline_cases.json" with { type: "json" }
import { converted, framesAt, written } from "../../../web/timeline/frames.js"
import { atLeast, latentsWithin } from "../../../web/timeline/grid.js"
import { loopProblems, overruns, problems } from "../../../web/timeline/problems.js"
import { jsonText, parseJson } from "../../../web/timeline/state.js"
import { atRate, levels } from "../../../web/timeline/clips.js"
import { parseText, textOf } from "../../../web/timeline/text.js"

function each(name, check) {
  test(`${name}: ${cases[name].length} cases`, () => {
    assert(cases[name].length)
    for (const one of cases[name]) check(one)
  })
}

const grid = (one) => cases.grids[one.grid]

const throwsWith = (sentence) => (error) => {
  assert(error.message.startsWith(sentence), `${error.message}\n${sentence}`)
  return true
}

each("frames_at", (one) => assert.equal(framesAt(one.seconds, one.fps), one.frames, JSON.stringify(one)))
each("written", (one) => assert.equal(written(one.frames, one.fps), one.seconds, JSON.stringify(one)))
each("converted", (one) =>
  assert.equal(converted(one.frames, one.fps, one.new_fps), one.converted, JSON.stringify(one)),
)
each("at_least", (one) => assert.equal(atLeast(grid(one), one.frames), one.at_least, JSON.stringify(one)))
each("latents_within", (one) =>
  assert.deepEqual(latentsWithin(grid(one), one.first, one.stop), one.latents, JSON.stringify(one)),
)
each("levels", (one) => assert.deepEqual(levels(one.clip), one.levels))
each("texts", (one) => {
  const timeline = parseText(one.text, one.fps)
  assert.deepEqual(timeline, one.timeline)
  assert.equal(textOf(timeline), one.written)
  assert.deepEqual(parseJson(jsonText(timeline)), timeline)
})
each("bad_texts", (one) => assert.throws(() => parseText(one.text, one.fps), throwsWith(one.error)))
each("bad_json", (one) => assert.throws(() => parseJson(one.json), throwsWith(one.error)))
each("at_rate", (one) => assert.deepEqual(atRate(one.timeline, one.fps), one.converted))
each("bad_lengths", (one) => {
  const [found] = overruns(one.timeline, one.lengths)
  assert.equal(found.sentence, one.error)
  assert.equal(found.clip, 0)
  assert.deepEqual(overruns(one.timeline, {}), [])
})
each("texts", ({ timeline }) => {
  const long = Object.fromEntries(timeline.clips.map(({ input, from, length }) => [input, from + length + 1000]))
  assert.deepEqual(overruns(timeline, long), [])
})
each("problems", (one) => assert.deepEqual(problems(one.timeline, grid(one)), one.problems, one.name))
each("loop_problems", (one) => assert.deepEqual(loopProblems(one.timeline, grid(one)), one.problems, one.name))

test("a thousand clips over ten minutes are checked at once", () => {
  const clips = Array.from({ length: 1000 }, (_, index) => ({ input: "clip1", at: 72 * index, level: 0 }))
  for (const length of [1, 50]) {
    const timeline = { fps: 24, frames: 72_000, clips: clips.map((clip) => ({ ...clip, length })), prompts: [] }
    for (const one of Object.values(cases.grids)) {
      const begun = process.cpuUsage()
      assert.equal(problems(timeline, one).length, 0)
      assert(process.cpuUsage(begun).user < 250_000) // microseconds; it took 700,000 and more
    }
  }
})
