import assert from "node:assert/strict"
import { test } from "node:test"

import { FILM, whole, xOf, yOfLevel } from "../../../web/timeline/geometry.js"
import { USUAL } from "../../../web/timeline/grid.js"
import { parts, pressed } from "../../../web/timeline/keys.js"
import { gesture } from "../../../web/timeline/pointer.js"
import { clipInWords, inWords } from "../../../web/timeline/words.js"

const clip = (at, length, more = {}) => ({ input: "clip1", at, length, from: 0, level: 0, ramp_in: 0, ramp_out: 0, ...more })
const timeline = {
  version: 1, fps: 8, frames: 65, clips: [clip(25, 16, { input: "clip2", from: 4 }), clip(0, 17)],
  prompts: [{ at: 0, text: "a" }, { at: 32, text: "b" }],
}
const view = whole(666, 65)
const state = (more = {}) => ({ timeline, grid: USUAL, view, selected: null, playhead: 30, sources: {}, ...more })
const chosen = { kind: "clip", index: 0 }
const drag = (found, from, more = {}) => gesture({ ...state(more), found, x: xOf(view, from) })
const press = (key, more = {}, event = {}) => pressed({ key, ...event }, state(more))

test("a clip is dragged to a mark by its beginning or its end, and without snapping to any frame", () => {
  const go = drag({ kind: "clip", index: 0 }, 30)
  assert.equal(go(xOf(view, 22.4), 0, false).clips[0].at, 17)
  assert.equal(go(xOf(view, 22.4), 0, true).clips[0].at, 17)
  assert.equal(go(xOf(view, 23.6), 0, true).clips[0].at, 19)
  assert.equal(go(xOf(view, 53.7), 0, false).clips[0].at, 49)
})

test("edges, levels, ramps and borders are dragged", () => {
  assert.equal(drag({ kind: "begin", index: 0 }, 25)(xOf(view, 29.3), 0, false).clips[0].from, 8)
  assert.equal(drag({ kind: "end", index: 0 }, 41, { sources: { clip2: 24 } })(xOf(view, 60), 0, true).clips[0].length, 20)
  assert.equal(drag({ kind: "level", index: 0 }, 30)(0, yOfLevel(0.4), false).clips[0].level, 0.4)
  assert.equal(drag({ kind: "ramp_in", index: 0 }, 26)(xOf(view, 29), 0, false).clips[0].ramp_in, 4)
  assert.equal(drag({ kind: "ramp_out", index: 0 }, 40)(xOf(view, 39), 0, false).clips[0].ramp_out, 2)
  assert.equal(drag({ kind: "border", index: 1 }, 32)(xOf(view, 40.1), FILM.top, false).prompts[1].at, 40)
  assert.equal(drag({ kind: "film" }, 20), null)
})

test("keys go through the clips in time and then the prompts", () => {
  assert.deepEqual(parts(timeline).map(({ kind, index }) => `${kind} ${index}`), ["clip 1", "clip 0", "prompt 0", "prompt 1"])
  assert.deepEqual(press("ArrowDown").selected, { kind: "clip", index: 1 })
  assert.deepEqual(press("ArrowDown", { selected: chosen }).selected, { kind: "prompt", index: 0 })
  assert.deepEqual(press("ArrowUp", { selected: { kind: "clip", index: 1 } }).selected, { kind: "clip", index: 1 })
})

test("arrows move by a latent frame, a second or a frame", () => {
  const at = (event, key = "ArrowRight") => press(key, { selected: chosen }, event).timeline.clips[0].at
  assert.deepEqual([at({}), at({ shiftKey: true }), at({ altKey: true }), at({}, "ArrowLeft")], [29, 33, 26, 21])
  assert.equal(press("ArrowRight").playhead, 33)
  const prompt = press("ArrowLeft", { selected: { kind: "prompt", index: 1 } })
  assert.equal(prompt.timeline.prompts[1].at, 29)
})

test("trim, split, level, remove and write by keys", () => {
  const clips = (key) => press(key, { selected: chosen }).timeline.clips
  assert.deepEqual([clips("[")[0].at, clips("[")[0].from], [30, 9])
  assert.equal(clips("]")[0].length, 5)
  assert.deepEqual(clips("s").map(({ at }) => at), [25, 30, 0])
  assert.equal(clips("PageUp")[0].level, 0.05)
  assert.equal(clips("Delete").length, 1)
  assert.equal(press("p").write, 1)
  assert.equal(press("Enter", { selected: { kind: "prompt", index: 1 } }).write, 1)
})

test("keys that are the host's are left to it", () => {
  assert.equal(press("z", {}, { ctrlKey: true }), null)
  assert.equal(press("Delete"), null)
  assert.equal(press("Tab"), null)
  assert.equal(press("q"), null)
})

test("a clip is told in words", () => {
  assert.equal(clipInWords(timeline.clips[0], 8), "clip2, 3.125 to 5.125 s, from 0.5 s of its source, kept")
  assert.equal(inWords(timeline).length, 4)
})
