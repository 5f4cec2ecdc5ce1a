// What a run has made of a timeline: the measures of its joins and the finished video, from the `ui` outputs of the
// nodes. A result is {run, prompt, joins, begin, address}; run: {timeline, fps, loop, frames, rate, addresses}, what
// has run; prompt: the id of the job. No DOM.
import { resolved } from "./clips.js"
import { parseTimeline } from "./parsing.js"

export const RUN = "sora_timeline" // of the output of Sora Timeline
const JOINS = "sora_joins" // of that of Sora Decode to Video
const VIDEO = /\.(mp4|m4v|webm|mov|mkv)$/i
const NEAR = { frames: 2, seconds: 0.25 } // by which a video of the timeline may last longer: sound is coded in blocks

// the address of the first video that an output names; "" for none
export function videoOf(output) {
  const files = Object.values(output ?? {}).flatMap((entries) => (Array.isArray(entries) ? entries : []))
  const file = files.find((entry) => VIDEO.test(entry?.filename ?? ""))
  return file ? viewAddress(file.filename, file.subfolder, file.type) : ""
}

export function viewAddress(filename, subfolder = "", type = "output") {
  return `/view?${new URLSearchParams({ filename, subfolder, type })}`
}

// a result with what one more node has told; the same one where that is nothing
export function withOutput(result, output) {
  const [measured] = output?.[JOINS] ?? []
  const address = videoOf(output)
  if (!measured && !address) return result
  return { ...result, ...(measured ?? {}), ...(address ? { address } : {}) }
}

// whether a result is of the clips that are on a timeline now; other prompts leave it where it is.
// now: {timeline, loop, sources, addresses}
export function isOf({ run }, now) {
  const same = run.loop === now.loop && run.fps === now.timeline.fps
  if (!same || JSON.stringify(run.addresses) !== JSON.stringify(now.addresses)) return false
  try {
    return places(resolved(parseTimeline(run.timeline, run.fps), now.sources)) === places(now.timeline)
  } catch {
    return false
  }
}

function places({ frames, clips }) {
  const ordered = clips.map(({ input, at, length, from, level, ramp_in: rampIn, ramp_out: rampOut }) => {
    return [input, at, length, from, level, rampIn, rampOut]
  })
  return JSON.stringify([frames, ordered])
}

// whether a video of so many seconds shows the whole timeline, and nothing before or after it
export function fits({ run }, seconds) {
  if (!run.frames) return false
  return Math.abs(seconds - run.frames / run.rate) <= Math.max(NEAR.seconds, NEAR.frames / run.rate)
}

// the second of the finished video that shows a frame of the timeline: a loop begins later, its beginning comes last
export function secondAt({ run, begin = 0 }, frame) {
  const shown = run.loop ? (frame - begin + run.frames) % run.frames : Math.min(frame, run.frames - 1)
  return (shown + 0.5) / run.rate
}

// and the frame of the timeline that is shown at a second
export function frameAt({ run, begin = 0 }, seconds) {
  const shown = Math.min(run.frames - 1, Math.floor(seconds * run.rate + 1e-6))
  return run.loop ? (shown + begin) % run.frames : shown
}

// the measured join nearest to a frame, within so many; null for none
export function joinNear(joins, frame, reach) {
  const near = joins.filter((join) => Math.abs(join.frame - frame) <= reach)
  return near.sort((one, other) => Math.abs(one.frame - frame) - Math.abs(other.frame - frame))[0] ?? null
}

// joins with something measured
export function measured(joins) {
  return (joins ?? []).filter((join) => MEASURES.some((name) => Number.isFinite(join[name])))
}

export const MEASURES = ["colour", "flicker", "motion"]
