// What a run has made, from the outputs of nodes: which video, when it is shown, and where its frames stand.
import assert from "node:assert/strict"
import { test } from "node:test"

import { parseTimeline } from "../../../web/timeline/parsing.js"
import { fits, frameAt, isOf, joinNear, measured, secondAt, videoOf, withOutput } from "../../../web/timeline/results.js"
import { inWords } from "../../../web/timeline/words.js"

const TEXT = "length 4\n0 = clip1\n0: a red ball"
const RUN = { timeline: TEXT, fps: 8, loop: false, frames: 33, rate: 8, addresses: { clip1: "/a" } }
const JOINS = [{ frame: 9, colour: 1.2, flicker: 0.9 }, { frame: 21 }]

const now = (text = TEXT, more = {}) => {
  const sources = { clip1: 9 }
  const given = parseTimeline(text, more.fps ?? 8)
  const clips = given.clips.map((clip) => ({ ...clip, length: clip.length || sources[clip.input] - clip.from }))
  return { timeline: { ...given, clips }, loop: false, sources, addresses: { clip1: "/a" }, ...more }
}

test("the first video of an output is found, whatever its key, and pictures are not taken for one", () => {
  const file = { filename: "a b.mp4", subfolder: "video", type: "output" }
  const expected = "/view?filename=a+b.mp4&subfolder=video&type=output"
  assert.equal(videoOf({ images: [{ filename: "a.png" }, file], animated: [true] }), expected)
  assert.equal(videoOf({ gifs: [file] }), expected)
  for (const none of [null, undefined, {}, { images: [{ filename: "a.png" }] }, { text: ["a.mp4"] }, { text: "a" }]) {
    assert.equal(videoOf(none), "")
  }
})

test("measures and the video come from different nodes, and other nodes change nothing", () => {
  const first = { run: RUN }
  const second = withOutput(first, { sora_joins: [{ joins: JOINS, begin: 0 }] })
  const third = withOutput(second, { images: [{ filename: "a.mp4" }] })
  assert.deepEqual(third.joins, JOINS)
  assert.equal(third.address, "/view?filename=a.mp4&subfolder=&type=output")
  for (const nothing of [null, { sora_notices: ["a"] }]) assert.equal(withOutput(third, nothing), third)
})

test("a result is shown where the clips stand as they ran, with whatever prompts", () => {
  assert(isOf({ run: RUN }, now()))
  assert(isOf({ run: RUN }, now("length 4\n0-1.125 = clip1\n0: a blue ball\n2: another")))
  assert(!isOf({ run: RUN }, now("length 4\n0.5 = clip1\n0: a red ball")))
  assert(!isOf({ run: RUN }, now("length 5\n0 = clip1\n0: a red ball")))
  assert(!isOf({ run: RUN }, now(TEXT, { loop: true })))
  assert(!isOf({ run: RUN }, now(TEXT, { fps: 12 })))
  assert(!isOf({ run: RUN }, now(TEXT, { addresses: { clip1: "/b" } })))
  assert(!isOf({ run: { ...RUN, timeline: "{" } }, now()))
})

test("a video of another length than the timeline is not placed on it", () => {
  assert(fits({ run: RUN }, 33 / 8))
  assert(fits({ run: RUN }, 33 / 8 + 0.2))
  assert(!fits({ run: RUN }, 33 / 8 + 1))
  assert(!fits({ run: RUN }, 2))
  assert(!fits({ run: { ...RUN, frames: 0 } }, 4))
})

test("frames of the timeline are found in the video and back, also those of a loop, which begins later", () => {
  const loop = { run: { ...RUN, loop: true }, begin: 8 }
  assert.equal(secondAt({ run: RUN }, 0), 0.0625)
  assert.equal(secondAt(loop, 8), 0.0625)
  assert.equal(secondAt(loop, 0), 25.5 / 8)
  for (const result of [{ run: RUN }, loop]) {
    for (let frame = 0; frame < 33; frame++) assert.equal(frameAt(result, secondAt(result, frame)), frame)
  }
  assert.equal(frameAt({ run: RUN }, 4.2), 32)
})

test("joins without a measure are left out, and the nearest one is found", () => {
  assert.deepEqual(measured(JOINS), [JOINS[0]])
  assert.deepEqual(measured(undefined), [])
  assert.equal(joinNear(JOINS, 10, 2), JOINS[0])
  assert.equal(joinNear(JOINS, 17, 2), null)
  assert.equal(joinNear(JOINS, 16, 20), JOINS[1])
})

test("joins are told in words, with what was measured alone", () => {
  const said = inWords({ clips: [], prompts: [], fps: 8 }, [JOINS[0]])
  assert.deepEqual(said, ["join at 1.125 s: colour 1.2, flicker 0.9 (1 is as beside it)"])
})
