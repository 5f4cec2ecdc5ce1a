// Clips of a timeline: their noise levels, other rates, and the lengths that only their sources know.
import { converted } from "./frames.js"

// the noise level of each frame of a clip, taken at their middles
export function levels(clip) {
  return Array.from({ length: clip.length }, (_, frame) => levelAt(clip, frame + 0.5))
}

// the noise level at a moment of a clip, in frames from its beginning
export function levelAt(clip, moment) {
  const edges = [
    [moment, clip.ramp_in],
    [clip.length - moment, clip.ramp_out],
  ]
  const shares = edges.filter(([, ramp]) => ramp).map(([inside, ramp]) => Math.max(0, 1 - inside / ramp))
  return clip.level + (1 - clip.level) * Math.max(0, ...shares)
}

// the same times in frames of another rate
export function atRate(timeline, fps) {
  if (fps === timeline.fps) return timeline
  const at = (frames) => converted(frames, timeline.fps, fps)
  const clips = timeline.clips.map((clip) => ({
    ...clip,
    at: at(clip.at),
    length: clip.length < 2 ? clip.length : Math.max(1, at(clip.at + clip.length) - at(clip.at)),
    from: at(clip.from),
    ramp_in: at(clip.ramp_in),
    ramp_out: at(clip.ramp_out),
  }))
  const prompts = timeline.prompts.map((prompt) => ({ ...prompt, at: at(prompt.at) }))
  return { ...timeline, fps, frames: at(timeline.frames), clips, prompts }
}

// the timeline with lengths of clips, and of the whole, where sources of so many frames give them; sources: {input:
// frames}, of those that are known
export function resolved(timeline, sources) {
  const clips = timeline.clips.map((clip) => {
    const known = sources[clip.input]
    return clip.length || !known ? clip : { ...clip, length: Math.max(1, known - clip.from) }
  })
  const frames = timeline.frames || Math.max(0, ...clips.map((clip) => clip.at + Math.max(1, clip.length)))
  return { ...timeline, frames, clips }
}
