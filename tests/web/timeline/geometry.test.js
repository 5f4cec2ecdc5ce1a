import assert from "node:assert/strict"
import { test } from "node:test"

import { FILM, HEIGHT, PAD, PROMPTS, frameOf, hit, levelOfY, marks, rampX, scrolled, whole, xOf, yOfLevel, zoomed }
  from "../../../web/timeline/geometry.js"

const clip = (at, length, more = {}) => ({ input: "clip1", at, length, from: 0, level: 0, ramp_in: 0, ramp_out: 0, ...more })
const timeline = {
  version: 1, fps: 8, frames: 64, clips: [clip(0, 16), clip(24, 16, { level: 0.5 })],
  prompts: [{ at: 0, text: "a" }, { at: 32, text: "b" }],
}
const view = whole(656, 64) // 10 pixels a frame
const middle = (FILM.top + FILM.bottom) / 2

test("a view of the whole has all frames between its pads", () => {
  assert.equal(view.scale, 10)
  assert.equal(xOf(view, 0), PAD)
  assert.equal(xOf(view, 64), 656 - PAD)
  assert.equal(frameOf(view, xOf(view, 12.5)), 12.5)
})

test("zooming keeps the frame under the pointer, and never shows less than the whole in it", () => {
  const near = zoomed(view, 2, 328, 64)
  assert.equal(near.scale, 20)
  assert(Math.abs(frameOf(near, 328) - frameOf(view, 328)) < 1e-9)
  const back = zoomed(near, 0.01, 100, 64)
  assert.equal(back.scale, view.scale)
  assert(Math.abs(back.scroll - view.scroll) < 1e-9)
})

test("scrolling ends at the first and at the last frame", () => {
  const near = zoomed(view, 4, 0, 64)
  assert.equal(xOf(scrolled(near, -1e6, 64), 0), PAD)
  assert.equal(Math.round(xOf(scrolled(near, 1e6, 64), 64)), 656 - PAD)
})

test("the marks of the ruler stand on whole steps and have room", () => {
  const found = marks(view, 8)
  assert.deepEqual(found.slice(0, 3), [{ frame: 0, label: "0 s" }, { frame: 8, label: "1 s" }, { frame: 16, label: "2 s" }])
  for (const width of [120, 300, 1200]) {
    const some = marks(whole(width, 960), 24)
    const [one, two] = some.map(({ frame }) => xOf(whole(width, 960), frame))
    assert(some.length < 2 || two - one >= 52)
  }
})

test("edges, bodies and the empty film are told apart", () => {
  assert.deepEqual(hit(timeline, view, xOf(view, 16) + 3, middle), { kind: "end", index: 0 })
  assert.deepEqual(hit(timeline, view, xOf(view, 24) - 3, middle), { kind: "begin", index: 1 })
  assert.deepEqual(hit(timeline, view, xOf(view, 8), middle), { kind: "clip", index: 0 })
  assert.deepEqual(hit(timeline, view, xOf(view, 20), middle), { kind: "film" })
  assert.equal(hit(timeline, view, 100, HEIGHT + 5), null)
})

test("the selected clip has handles for its level and its ramps", () => {
  const selected = { kind: "clip", index: 1 }
  const x = xOf(view, 32)
  assert.deepEqual(hit(timeline, view, x, yOfLevel(0.5), { selected }), { kind: "level", index: 1 })
  assert.deepEqual(hit(timeline, view, x, yOfLevel(0.5)), { kind: "clip", index: 1 })
  for (const kind of ["ramp_in", "ramp_out"]) {
    const found = hit(timeline, view, rampX(timeline.clips[1], view, kind), FILM.top + 4, { selected })
    assert.deepEqual(found, { kind, index: 1 })
  }
})

test("a touching pair: the selected one's edge is found first", () => {
  const pair = { ...timeline, clips: [clip(0, 16), clip(16, 16)] }
  const x = xOf(view, 16)
  assert.deepEqual(hit(pair, view, x, middle, { selected: { kind: "clip", index: 0 } }), { kind: "end", index: 0 })
  assert.deepEqual(hit(pair, view, x, middle), { kind: "begin", index: 1 })
})

test("prompts have borders but for the first one's beginning, and empty room is theirs too", () => {
  const y = PROMPTS.top + 4
  assert.deepEqual(hit(timeline, view, xOf(view, 32) - 2, y), { kind: "border", index: 1 })
  assert.deepEqual(hit(timeline, view, xOf(view, 0) + 1, y), { kind: "prompt", index: 0 })
  assert.deepEqual(hit({ ...timeline, prompts: [] }, view, 100, y), { kind: "prompts" })
})

test("the playhead is found on the ruler", () => {
  assert.deepEqual(hit(timeline, view, xOf(view, 10), 5, { playhead: 10 }), { kind: "playhead" })
  assert.deepEqual(hit(timeline, view, xOf(view, 30), 5, { playhead: 10 }), { kind: "ruler" })
})

test("levels and heights are each other's inverse, within 0 to 1", () => {
  assert.equal(levelOfY(yOfLevel(0.25)), 0.25)
  assert.equal(levelOfY(-100), 1)
  assert.equal(levelOfY(1000), 0)
})
