// A timeline as JSON of version 1, in whole frames, as sora_core/timeline/json_form.py reads it. Faults are thrown as
// Error with the sentence that Python says.

export const VERSION = 1
export const SOURCE = /^clip[1-9]\d{0,3}$/
export const MOST = 1000
export const MOST_FRAMES = 72_000
const FPS = [1, 120]
const KEYS = ["version", "fps", "frames", "clips", "prompts"]
const CLIP_KEYS = ["input", "at", "length", "from", "level", "ramp_in", "ramp_out"]
const PROMPT_KEYS = ["at", "text"]
const MOST_SHOWN = 40

export class TimelineError extends Error {}

function fail(sentence) {
  throw new TimelineError(sentence)
}

// a value for a message, cut off where it is long
export function shown(value) {
  const text = JSON.stringify(value) ?? "null"
  return text.length <= MOST_SHOWN ? text : `${text.slice(0, MOST_SHOWN)}...`
}

export function isJson(text) {
  return text.replace(/^\uFEFF/, "").trimStart().startsWith("{")
}

export function parseJson(text) {
  let document
  try {
    document = JSON.parse(text.replace(/^\uFEFF/, ""))
  } catch (problem) {
    fail(`the timeline is no JSON: ${problem.message}`)
  }
  const version = document?.version ?? null
  if (version !== VERSION) {
    const isLater = Number.isInteger(version) && version > VERSION
    const update = isLater ? "; update it" : ""
    fail(`timeline of version ${shown(version)}: this pack reads version ${VERSION}${update}`)
  }
  checkKeys(document, "the timeline", KEYS)
  const clips = numbered(document, "clips").map(clipOf)
  const prompts = numbered(document, "prompts").map(promptOf)
  const fps = number(document, "fps", "the timeline", ...FPS)
  return { version: VERSION, fps, frames: frames(document, "frames", "the timeline"), clips, prompts }
}

export function jsonText(timeline) {
  return JSON.stringify(timeline)
}

function numbered(document, key) {
  const entries = document[key] ?? []
  if (!Array.isArray(entries) || entries.length > MOST) {
    fail(`${key} is ${shown(entries)}, expected a list of at most ${MOST}`)
  }
  return entries
}

function clipOf(entry, index) {
  let where = `clips, entry ${index + 1}`
  checkKeys(entry, where, CLIP_KEYS)
  if (typeof entry.input !== "string" || !SOURCE.test(entry.input)) {
    fail(`${where}: input is ${shown(entry.input)}, expected the name of one, such as clip1`)
  }
  where = `${where} (${entry.input})`
  const [at, length, from, rampIn, rampOut] = ["at", "length", "from", "ramp_in", "ramp_out"].map((key) =>
    frames(entry, key, where),
  )
  const level = number(entry, "level", where, 0, 1)
  return { input: entry.input, at, length, from, level, ramp_in: rampIn, ramp_out: rampOut }
}

function promptOf(entry, index) {
  const where = `prompts, entry ${index + 1}`
  checkKeys(entry, where, PROMPT_KEYS)
  if (typeof entry.text !== "string") fail(`${where}: text is ${shown(entry.text)}, expected a text`)
  return { at: frames(entry, "at", where), text: entry.text }
}

function checkKeys(entry, where, known) {
  if (entry === null || typeof entry !== "object" || Array.isArray(entry)) {
    fail(`${where} is ${shown(entry)}, expected an object`)
  }
  const unknown = Object.keys(entry).find((key) => !known.includes(key))
  if (unknown !== undefined) fail(`${where} has the key ${shown(unknown)}, expected some of ${known.join(", ")}`)
}

function frames(entry, key, where) {
  const value = number(entry, key, where, 0, MOST_FRAMES)
  if (!Number.isInteger(value)) fail(`${where}: ${key} is ${value}, expected whole frames`)
  return value
}

// a key that is left out is 0
function number(entry, key, where, low, high) {
  const value = key in entry ? entry[key] : 0
  if (typeof value !== "number" || Number.isNaN(value)) fail(`${where}: ${key} is ${shown(value)}, expected a number`)
  if (value < low || value > high) fail(`${where}: ${key} is ${value}, expected ${low} to ${high}`)
  return value
}
