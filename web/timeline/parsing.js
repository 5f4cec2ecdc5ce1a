// A timeline of text or JSON, as sora_core/timeline/parsing.py reads it.
import { atRate } from "./clips.js"
import { isJson, parseJson } from "./state.js"
import { parseText } from "./text.js"

export function parseTimeline(text, fps) {
  return isJson(text) ? atRate(parseJson(text), fps) : parseText(text, fps)
}
