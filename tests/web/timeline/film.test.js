// Which picture of a film shows a moment.
import assert from "node:assert/strict"
import { test } from "node:test"

import { knownAt, pictureAt } from "../../../web/timeline/film.js"

const PICTURES = ["a", "b", "c", "d"]
const clip = (input, at, length, more = {}) => ({ input, at, length, from: 0, level: 0, ...more })
const clips = [clip("clip1", 8, 8, { from: 8 }), clip("clip2", 20, 1), clip("clip3", 24, 4, { level: 1 })]
const strips = {
  clip1: { pictures: PICTURES, frames: 16 },
  clip2: { pictures: ["picture"], frames: 1 },
  clip3: { pictures: PICTURES, frames: 4 },
}

test("a share of a film has its picture, also at its ends and beyond", () => {
  assert.deepEqual([-1, 0, 0.3, 0.99, 1, 2].map((share) => pictureAt(PICTURES, share)), ["a", "a", "b", "d", "d", "d"])
})

test("at a frame that a clip shows, it is the picture of the source's moment", () => {
  assert.deepEqual([8, 11, 12, 15].map((frame) => knownAt({ clips }, strips, frame)), ["c", "c", "d", "d"])
  assert.equal(knownAt({ clips }, strips, 20), "picture")
})

test("where all is invented, or has no pictures, nothing is known", () => {
  for (const frame of [0, 7, 16, 21, 25, 99]) assert.equal(knownAt({ clips }, strips, frame), null)
  assert.equal(knownAt({ clips }, {}, 8), null)
  assert.equal(knownAt({ clips }, { clip1: { pictures: [], frames: 1 } }, 8), null)
})
