import assert from "node:assert/strict"
import { test } from "node:test"

import { NODES, timelineOf } from "../../../web/timeline/abilities.js"

// [name, at, length, level] of each clip, and the frames of the whole
function shown(node, values, lengths) {
  const made = timelineOf(node, { fps: 8, ...values }, lengths)
  return [made.frames, ...made.clips.map(({ input, at, length, level }) => [input, at, length, level])]
}

test("extend, connect and loop leave room for what is generated", () => {
  assert.deepEqual(shown("SoraExtendVideo", { before: 0.5, after: 2 }, { source: 17 }), [37, ["source", 4, 17, 0]])
  const connected = shown("SoraConnectVideos", { seconds: 1 }, { first: 17, second: 9 })
  assert.deepEqual(connected, [34, ["first", 0, 17, 0], ["second", 25, 9, 0]])
  assert.deepEqual(shown("SoraLoopVideo", { seconds: 1 }, { source: 17 }), [25, ["source", 0, 17, 0]])
  assert(timelineOf("SoraLoopVideo", { fps: 8, seconds: 1 }, { source: 17 }).loop)
})

test("a picture begins what it is animated to, and an edit is as strong as it says", () => {
  assert.deepEqual(shown("SoraAnimateImage", { seconds: 2 }, { image: 1 }), [16, ["image", 0, 1, 0]])
  assert.deepEqual(shown("SoraEditVideo", { strength: 0.6 }, { source: 17 }), [17, ["source", 0, 17, 0.6]])
})

test("a range of time divides its source", () => {
  const ranged = [17, ["source", 0, 6, 0], ["source", 6, 6, 1], ["source", 12, 5, 0]]
  assert.deepEqual(shown("SoraTimeRange", { start: 0.75, end: 1.5 }, { source: 17 }), ranged)
  assert.deepEqual(shown("SoraInpaintVideo", { range: { start: 0.75, end: 1.5 } }, { source: 17 }), ranged)
  assert.deepEqual(shown("SoraInpaintVideo", {}, { source: 17 }), [17, ["source", 0, 17, 1]])
  assert.deepEqual(shown("SoraTimeRange", { start: 0, end: 9 }, { source: 17 }), [17, ["source", 0, 17, 1]])
})

test("a chain of keyframes stands on its grid, also counted from the end", () => {
  const keys = [{ seconds: 0, length: 1 }, { seconds: 0, from_end: true, length: 4 }]
  const made = shown("SoraKeyframe", { grid: { seconds: 2 }, keys }, {})
  assert.deepEqual(made, [16, ["key 1", 0, 1, 0], ["key 2", 12, 4, 0]])
})

test("without the length of a source there is no timeline", () => {
  const needs = NODES.filter((node) => node !== "SoraAnimateImage")
  for (const node of needs) assert.equal(timelineOf(node, { fps: 8, keys: [{ length: 0 }], grid: null }, {}), null, node)
})
