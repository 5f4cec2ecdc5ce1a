// What a drag or a key makes of a timeline: each function returns a new timeline and leaves the old one as it is.
import { atLeast, spansTo } from "./grid.js"
import { stopOf } from "./geometry.js"

const SNAP = 7 // pixels within which a frame is drawn to a mark
const STRONG = 0.7 // share of the pixels to an edge that count

const limited = (value, low, high) => Math.max(low, Math.min(value, high))

function changed(timeline, key, index, values) {
  return { ...timeline, [key]: timeline[key].map((one, place) => (place === index ? { ...one, ...values } : one)) }
}

// a clip at another place, within the timeline
export function moved(timeline, index, at) {
  const clip = timeline.clips[index]
  const last = Math.max(0, timeline.frames - Math.max(1, clip.length))
  return changed(timeline, "clips", index, { at: limited(Math.round(at), 0, last) })
}

// a clip that begins at another frame and ends where it did; of its source it shows as much less or more
export function begun(timeline, index, at) {
  const clip = timeline.clips[index]
  const stop = stopOf(clip)
  const first = limited(Math.round(at), Math.max(0, clip.at - clip.from), stop - 1)
  return withRamps(timeline, index, { at: first, length: stop - first, from: clip.from + first - clip.at })
}

// a clip that ends before another frame; source: frames of its source, 0 where it is not known
export function ended(timeline, index, stop, source = 0) {
  const clip = timeline.clips[index]
  const most = source > 1 ? Math.min(timeline.frames, clip.at + source - clip.from) : timeline.frames
  const length = limited(Math.round(stop), clip.at + 1, Math.max(clip.at + 1, most)) - clip.at
  return withRamps(timeline, index, { length })
}

function withRamps(timeline, index, values) {
  const clip = timeline.clips[index]
  const length = values.length ?? clip.length
  const ramps = { ramp_in: Math.min(clip.ramp_in, length), ramp_out: Math.min(clip.ramp_out, length) }
  return changed(timeline, "clips", index, { ...ramps, ...values })
}

export function levelled(timeline, index, level) {
  return changed(timeline, "clips", index, { level: limited(Math.round(level * 20) / 20, 0, 1) })
}

// key: ramp_in or ramp_out
export function ramped(timeline, index, key, frames) {
  const clip = timeline.clips[index]
  return changed(timeline, "clips", index, { [key]: limited(Math.round(frames), 0, Math.max(1, clip.length)) })
}

// two clips of one, which go on into each other; null where a frame is not within it
export function split(timeline, index, frame) {
  const clip = timeline.clips[index]
  const at = Math.round(frame)
  if (at <= clip.at || at >= stopOf(clip)) return null
  const stop = stopOf(clip)
  const before = { ...clip, length: at - clip.at, ramp_in: Math.min(clip.ramp_in, at - clip.at), ramp_out: 0 }
  const ramp = Math.min(clip.ramp_out, stop - at)
  const after = { ...clip, at, length: stop - at, from: clip.from + at - clip.at, ramp_in: 0, ramp_out: ramp }
  return { ...timeline, clips: timeline.clips.flatMap((one, place) => (place === index ? [before, after] : [one])) }
}

export function withoutClip(timeline, index) {
  return { ...timeline, clips: timeline.clips.filter((_, place) => place !== index) }
}

// a new clip at a frame; the timeline grows where it would end after it
export function withClip(timeline, input, at, length) {
  const clip = { input, at: Math.round(at), length, from: 0, level: 0, ramp_in: 0, ramp_out: 0 }
  return { ...timeline, frames: Math.max(timeline.frames, stopOf(clip)), clips: [...timeline.clips, clip] }
}

// the first free frame at or after one at which a clip of so many frames has room, or the end
export function freePlace(timeline, from, length) {
  const taken = [...timeline.clips].sort((one, other) => one.at - other.at)
  let at = Math.max(0, Math.round(from))
  for (const clip of taken) if (clip.at < at + length && stopOf(clip) > at) at = stopOf(clip)
  return at
}

// a prompt that begins at another frame, between its neighbours; the first one begins the timeline
export function borderMoved(timeline, index, at) {
  const before = timeline.prompts[index - 1]?.at
  if (before === undefined) return timeline
  const after = timeline.prompts[index + 1]?.at ?? timeline.frames
  const first = limited(Math.round(at), before + 1, Math.max(before + 1, after - 1))
  return changed(timeline, "prompts", index, { at: first })
}

export function written(timeline, index, text) {
  return changed(timeline, "prompts", index, { text })
}

// a new prompt from a frame on, and its index; the first one begins the timeline
export function withPrompt(timeline, frame, text) {
  const at = timeline.prompts.length ? Math.max(1, Math.round(frame)) : 0
  const there = timeline.prompts.findIndex((prompt) => prompt.at === at)
  if (there >= 0) return [timeline, there]
  const prompts = [...timeline.prompts, { at, text }].sort((one, other) => one.at - other.at)
  return [{ ...timeline, prompts }, prompts.findIndex((prompt) => prompt.at === at)]
}

export function withoutPrompt(timeline, index) {
  const prompts = timeline.prompts.filter((_, place) => place !== index)
  return { ...timeline, prompts: prompts.map((prompt, place) => (place ? prompt : { ...prompt, at: 0 })) }
}

// a timeline of another length: what the VAE takes, and no less than its clips
export function lengthened(timeline, frames, grid) {
  const clips = Math.max(1, ...timeline.clips.map(stopOf))
  return { ...timeline, frames: atLeast(grid, Math.max(Math.round(frames), clips)) }
}

// the frame to which a dragged one is drawn: the nearest of the edges of other clips, the beginnings of latent frames
// and whole seconds; edges draw from further away
export function snapped(timeline, grid, view, frame, { except = null, playhead = null } = {}) {
  const edges = timeline.clips.filter((_, index) => index !== except).flatMap((clip) => [clip.at, stopOf(clip)])
  const latents = spansTo(grid, timeline.frames).map(([start]) => start)
  const second = Math.round(Math.round(frame / timeline.fps) * timeline.fps)
  const strong = [...edges, 0, timeline.frames, ...(playhead === null ? [] : [playhead])]
  const distance = (mark, share) => Math.abs(mark - frame) * view.scale * share
  const marks = [
    ...strong.map((mark) => [distance(mark, STRONG), mark]),
    ...[...latents, second].map((mark) => [distance(mark, 1), mark]),
  ]
  const [pixels, nearest] = marks.reduce((best, mark) => (mark[0] < best[0] ? mark : best), [Infinity, frame])
  return pixels <= SNAP ? nearest : Math.round(frame)
}
