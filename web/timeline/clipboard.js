// Parts of timelines as text for the clipboard: a timeline with this part alone, so that any timeline can read it.
import { atRate } from "./clips.js"
import { freePlace, lengthened, withPrompt, written } from "./edits.js"
import { stopOf } from "./geometry.js"
import { isJson, jsonText, parseJson } from "./state.js"

// the chosen part as text; "" where none is chosen
export function copied({ timeline, selected }) {
  if (!selected) return ""
  const { kind, index } = selected
  const clips = kind === "clip" ? [{ ...timeline.clips[index], at: 0 }] : []
  const prompts = kind === "prompt" ? [{ ...timeline.prompts[index], at: 0 }] : []
  return jsonText({ ...timeline, frames: timeline.frames, clips, prompts })
}

// the state with a part from the clipboard: a clip where there is room from the playhead on, a prompt at the playhead;
// null for a text that is no part of a timeline
export function pasted(text, { timeline, grid, playhead }) {
  const part = partOf(text, timeline.fps)
  if (!part) return null
  const [clip] = part.clips
  if (clip) {
    const at = freePlace(timeline, playhead, Math.max(1, clip.length))
    const clips = [...timeline.clips, { ...clip, at }]
    const frames = Math.max(timeline.frames, stopOf({ ...clip, at }))
    const grown = lengthened({ ...timeline, clips, frames }, frames, grid)
    const selected = { kind: "clip", index: clips.length - 1 }
    return { timeline: frames > timeline.frames ? grown : { ...timeline, clips }, selected }
  }
  const { text: prompt } = part.prompts[0]
  const at = Math.min(playhead, Math.max(0, timeline.frames - 1))
  const there = timeline.prompts.findIndex((one) => one.at === at)
  const [withOne, index] = there >= 0 ? [timeline, there] : withPrompt(timeline, at, prompt)
  return { timeline: written(withOne, index, prompt), selected: { kind: "prompt", index } }
}

function partOf(text, fps) {
  if (!isJson(text)) return null
  try {
    const part = atRate(parseJson(text), fps)
    return part.clips.length + part.prompts.length === 1 ? part : null
  } catch {
    return null
  }
}
