// Parts of a timeline go to another one as text.
import assert from "node:assert/strict"
import { test } from "node:test"

import { copied, pasted } from "../../../web/timeline/clipboard.js"
import { USUAL } from "../../../web/timeline/grid.js"

const clip = (input, at, length, more = {}) => {
  return { input, at, length, from: 0, level: 0, ramp_in: 0, ramp_out: 0, ...more }
}
const PROMPTS = [
  { at: 0, text: "a red circle" },
  { at: 16, text: "a blue square" },
]
const ONE = { version: 1, fps: 8, frames: 33, clips: [clip("clip1", 0, 8, { level: 0.5, from: 2, ramp_in: 4 })] }
const timeline = { ...ONE, prompts: PROMPTS }
const into = (playhead, more = {}) => ({ timeline: { ...timeline, ...more }, grid: USUAL, playhead })
const CLIP = copied({ timeline, selected: { kind: "clip", index: 0 } })
const PROMPT = copied({ timeline, selected: { kind: "prompt", index: 1 } })

test("a clip is pasted where there is room from the playhead on, with all that it is", () => {
  const { timeline: made, selected } = pasted(CLIP, into(12))
  assert.deepEqual(made.clips, [timeline.clips[0], { ...timeline.clips[0], at: 12 }])
  assert.deepEqual([made.frames, made.prompts, selected], [33, PROMPTS, { kind: "clip", index: 1 }])
  assert.equal(pasted(CLIP, into(3)).timeline.clips[1].at, 8)
})

test("a timeline grows for what is pasted at its end, to what the VAE takes", () => {
  assert.equal(pasted(CLIP, into(33)).timeline.frames, 41)
})

test("at another rate it lasts as long", () => {
  const [, there] = pasted(CLIP, into(24, { fps: 24, frames: 99 })).timeline.clips
  assert.deepEqual([there.at, there.length, there.from, there.ramp_in], [24, 24, 6, 12])
})

test("a prompt is pasted at the playhead, in place of one that begins there", () => {
  assert.deepEqual(pasted(PROMPT, into(8)).timeline.prompts[1], { at: 8, text: "a blue square" })
  assert.deepEqual(
    pasted(PROMPT, into(0)).timeline.prompts.map(({ text }) => text),
    ["a blue square", "a blue square"],
  )
  const first = pasted(PROMPT, into(20, { prompts: [] }))
  assert.deepEqual(first.timeline.prompts, [{ at: 0, text: "a blue square" }])
  assert.equal(pasted(PROMPT, into(33)).timeline.prompts.at(-1).at, 32)
})

test("what is no part of a timeline is the host's", () => {
  assert.equal(copied({ timeline, selected: null }), "")
  const whole = JSON.stringify(timeline)
  for (const text of ["", "a red circle", "{", "{}", '{"nodes": []}', whole]) assert.equal(pasted(text, into(0)), null)
})
