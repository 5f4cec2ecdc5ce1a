// The timeline in words: for people who do not see it, and below it for the chosen part.
import { written } from "./frames.js"
import { MEASURES } from "./results.js"

export function clipInWords(clip, fps) {
  const time = (frames) => written(frames, fps)
  const parts = [`${clip.input}, ${time(clip.at)} to ${time(clip.at + Math.max(1, clip.length))} s`]
  if (clip.from) parts.push(`from ${time(clip.from)} s of its source`)
  if (clip.level) parts.push(clip.level === 1 ? "invented" : `level ${clip.level}`)
  else parts.push("kept")
  if (clip.ramp_in) parts.push(`ramp in ${time(clip.ramp_in)} s`)
  if (clip.ramp_out) parts.push(`ramp out ${time(clip.ramp_out)} s`)
  return parts.join(", ")
}

export function promptInWords({ at, text }, fps) {
  return `prompt from ${written(at, fps)} s: ${text}`
}

export function joinInWords(join, fps) {
  const values = MEASURES.filter((name) => Number.isFinite(join[name])).map((name) => `${name} ${join[name]}`)
  return `join at ${written(join.frame, fps)} s: ${values.join(", ")} (1 is as beside it)`
}

export function inWords({ clips, prompts, fps }, joins = []) {
  return [
    ...clips.map((clip) => clipInWords(clip, fps)),
    ...prompts.map((prompt) => promptInWords(prompt, fps)),
    ...joins.map((join) => joinInWords(join, fps)),
  ]
}

export const KEYS =
  "Up and down choose a part; left and right move it by a latent frame, with Shift by a second, with Alt by a frame; " +
  "[ and ] let it begin and end at the playhead; Page Up and Page Down change its level; S splits at the playhead; " +
  "Delete removes; Ctrl+C and Ctrl+V copy a part, also to another timeline; Enter writes a prompt, P adds one; comma " +
  "and full stop move the playhead; K plays the finished video; + and - zoom"
