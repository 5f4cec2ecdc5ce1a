import assert from "node:assert/strict"
import { test } from "node:test"

import * as edits from "../../../web/timeline/edits.js"
import { whole } from "../../../web/timeline/geometry.js"
import { USUAL } from "../../../web/timeline/grid.js"

const clip = (at, length, more = {}) => ({ input: "clip1", at, length, from: 0, level: 0, ramp_in: 0, ramp_out: 0, ...more })
const timeline = Object.freeze({
  version: 1, fps: 8, frames: 65, clips: [clip(0, 17), clip(25, 16, { from: 4, ramp_in: 2, ramp_out: 8 })],
  prompts: [{ at: 0, text: "a" }, { at: 32, text: "b" }],
})
const second = (changed) => changed.clips[1]

test("a clip moves within the timeline", () => {
  assert.equal(second(edits.moved(timeline, 1, 30.4)).at, 30)
  assert.equal(second(edits.moved(timeline, 1, -5)).at, 0)
  assert.equal(second(edits.moved(timeline, 1, 60)).at, 49)
  assert.equal(second(timeline).at, 25)
})

test("the beginning of a clip takes its source with it, and goes no further than that begins", () => {
  assert.deepEqual(second(edits.begun(timeline, 1, 27)), { ...second(timeline), at: 27, length: 14, from: 6 })
  assert.deepEqual(second(edits.begun(timeline, 1, 10)), { ...second(timeline), at: 21, length: 20, from: 0 })
  const shortest = second(edits.begun(timeline, 1, 99))
  assert.deepEqual([shortest.at, shortest.length, shortest.ramp_out], [40, 1, 1])
})

test("the end of a clip goes no further than its source and the timeline", () => {
  assert.equal(second(edits.ended(timeline, 1, 33)).length, 8)
  assert.equal(second(edits.ended(timeline, 1, 99, 24)).length, 20)
  assert.equal(second(edits.ended(timeline, 1, 99)).length, 40)
  assert.equal(second(edits.ended(timeline, 1, 0)).length, 1)
})

test("the two parts of a clip that is split show what it showed", () => {
  const { clips } = edits.split(timeline, 1, 31)
  assert.deepEqual(clips[1], clip(25, 6, { from: 4, ramp_in: 2 }))
  assert.deepEqual(clips[2], clip(31, 10, { from: 10, ramp_out: 8 }))
  assert.equal(edits.split(timeline, 1, 25), null)
  assert.equal(edits.split(timeline, 1, 41), null)
})

test("levels are in steps of 0.05 and ramps within the clip", () => {
  assert.equal(second(edits.levelled(timeline, 1, 0.618)).level, 0.6)
  assert.equal(second(edits.levelled(timeline, 1, 3)).level, 1)
  assert.equal(second(edits.ramped(timeline, 1, "ramp_in", 99)).ramp_in, 16)
})

test("a new clip stands where there is room, and the timeline grows for it", () => {
  assert.equal(edits.freePlace(timeline, 3, 8), 17)
  assert.equal(edits.freePlace(timeline, 3, 9), 41)
  assert.equal(edits.freePlace(timeline, 45, 9), 45)
  const grown = edits.withClip(timeline, "clip2", 60, 9)
  assert.deepEqual([grown.frames, grown.clips.at(-1).input], [69, "clip2"])
})

test("prompts rise from 0 whatever is done to them", () => {
  assert.equal(edits.borderMoved(timeline, 1, -9).prompts[1].at, 1)
  assert.equal(edits.borderMoved(timeline, 1, 99).prompts[1].at, 64)
  assert.equal(edits.borderMoved(timeline, 0, 9), timeline)
  const [added, index] = edits.withPrompt(timeline, 16.2, "c")
  assert.deepEqual([added.prompts.map(({ at }) => at), index], [[0, 16, 32], 1])
  assert.deepEqual(edits.withPrompt(timeline, 32, "c"), [timeline, 1])
  assert.deepEqual(edits.withPrompt({ ...timeline, prompts: [] }, 20, "c")[0].prompts, [{ at: 0, text: "c" }])
  assert.deepEqual(edits.withoutPrompt(timeline, 0).prompts, [{ at: 0, text: "b" }])
})

test("the length is one that the VAE takes, and no shorter than the clips", () => {
  assert.equal(edits.lengthened(timeline, 70, USUAL).frames, 73)
  assert.equal(edits.lengthened(timeline, 3, USUAL).frames, 41)
})

test("a frame is drawn to edges first, then to latent frames and seconds, within a few pixels", () => {
  const view = whole(666, 65)
  assert.equal(edits.snapped(timeline, USUAL, view, 16.6), 17)
  assert.equal(edits.snapped(timeline, USUAL, view, 20.6), 21)
  assert.equal(edits.snapped(timeline, USUAL, view, 47.7), 48)
  assert.equal(edits.snapped(timeline, USUAL, view, 35.1), 35)
  assert.equal(edits.snapped(timeline, USUAL, view, 25.2, { except: 1 }), 25)
})
