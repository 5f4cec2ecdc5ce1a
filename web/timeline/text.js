// A timeline as text, a line for each thing, as sora_core/timeline/text_form.py and canvas/stretches.py read it.
import { framesAt, written } from "./frames.js"
import { MOST, MOST_FRAMES, SOURCE, TimelineError, VERSION, shown } from "./state.js"

const SYNTAX =
  "`length 6`, `0-2 = clip1`, `3 = clip2 from 1.5`, `4-5 = clip3 level 0.6 ramp 0.25` or `0: a red ball rolls`"
const SECONDS = "(\\d{1,6}(?:\\.\\d{0,6})?)"
const LENGTH = new RegExp(`^\\s*length\\s+${SECONDS}\\s*$`)
const CLIP = new RegExp(`^\\s*${SECONDS}\\s*(?:-\\s*${SECONDS}\\s*)?=\\s*(\\S+)(.*)$`)
const OPTION = new RegExp(`\\s+(from|level|ramp(?:\\s+in|\\s+out)?)\\s+${SECONDS}(?=\\s|$)`, "g")
const MEANT = /^\s*(?:[-\d.,]+\s*(?:-\s*[-\d.,]*\s*)?(?:=|clip)|clip\d|length\b[-\d.,=:\s]*$)/
const TIME = /^\s*(\d{1,6}(?:\.\d{0,6})?)\s*(?:(?:s|secs?|seconds?|\u79d2)\s*)?[:\uff1a](?!\d)(.*)$/s
const UNREAD = /^(?:\s*([-+.]?\d[-+.,:~\u2013\ds e]*)[:\uff1a](?:\s.*)?|\s*(0\d*:\d\d).*)$/s

function fail(sentence) {
  throw new TimelineError(sentence)
}

export function parseText(text, fps) {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/)
  if (!lines.some((line) => line.trim())) fail(`the timeline is empty, expected lines such as ${SYNTAX}`)
  const timeline = { version: VERSION, fps, frames: 0, clips: [], prompts: [] }
  const prompts = []
  lines.forEach((line, index) => {
    const [ofLength, ofClip] = [LENGTH.exec(line), CLIP.exec(line)]
    if (ofLength) timeline.frames = framesOf(ofLength[1], fps, index + 1)
    else if (ofClip) timeline.clips.push(clipOf(ofClip, fps, index + 1))
    else if (MEANT.test(line)) fail(`line ${index + 1}: got ${shown(line.trim())}, expected such as ${SYNTAX}`)
    else prompts.push(line)
  })
  if (timeline.clips.length > MOST) fail(`got ${timeline.clips.length} clips, expected at most ${MOST}`)
  timeline.prompts = promptsOf(prompts, fps)
  return timeline
}

export function textOf(timeline) {
  const { fps } = timeline
  const length = timeline.frames ? [`length ${written(timeline.frames, fps)}`] : []
  const clips = timeline.clips.map((clip) => clipLine(clip, fps))
  const prompts = timeline.prompts.map(({ at, text }) => `${written(at, fps)}: ${inOneLine(text)}`)
  return [...length, ...clips, ...prompts].join("\n")
}

function inOneLine(text) {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter(Boolean)
    .join(" ")
}

function clipLine(clip, fps) {
  const time = (frames) => written(frames, fps)
  const stop = clip.length ? `-${time(clip.at + clip.length)}` : ""
  const parts = [`${time(clip.at)}${stop} = ${clip.input}`]
  if (clip.from) parts.push(`from ${time(clip.from)}`)
  if (clip.level) parts.push(`level ${Number(clip.level.toPrecision(6))}`)
  const ramps =
    clip.ramp_in === clip.ramp_out
      ? [["ramp", clip.ramp_in]]
      : [
          ["ramp in", clip.ramp_in],
          ["ramp out", clip.ramp_out],
        ]
  parts.push(...ramps.filter(([, ramp]) => ramp).map(([name, ramp]) => `${name} ${time(ramp)}`))
  return parts.join(" ")
}

function clipOf([, first, last, input, rest], fps, line) {
  if (!SOURCE.test(input)) fail(`line ${line}: got ${shown(input)}, expected the name of an input, such as clip1`)
  const options = [...rest.matchAll(OPTION)].map(([, name, value]) => [name.replace(/\s+/g, " "), value])
  const unread = rest.replace(OPTION, "").trim()
  if (unread) {
    fail(`line ${line}: got ${shown(unread)} after ${input}, expected such as \`from 1.5 level 0.6 ramp 0.25\``)
  }
  const at = framesOf(first, fps, line)
  const stop = last === undefined ? at : framesOf(last, fps, line)
  if (last !== undefined && stop <= at) {
    fail(`line ${line}: ${input} is shown from ${first} to ${last} s, expected at least one frame`)
  }
  const values = new Map(options)
  if (values.size < options.length) fail(`line ${line}: got an option of ${input} twice, expected it once`)
  const level = Number(values.get("level") ?? 0)
  if (level > 1) fail(`line ${line}: level is ${level}, expected 0 (keep) to 1 (invent)`)
  const both = values.get("ramp") ?? "0"
  const [from, rampIn, rampOut] = [
    values.get("from") ?? "0",
    values.get("ramp in") ?? both,
    values.get("ramp out") ?? both,
  ].map((value) => framesOf(value, fps, line))
  return { input, at, length: stop - at, from, level, ramp_in: rampIn, ramp_out: rampOut }
}

function framesOf(seconds, fps, line) {
  const frames = framesAt(seconds, fps)
  if (frames > MOST_FRAMES) {
    fail(`line ${line}: got ${seconds} s, expected at most ${MOST_FRAMES.toLocaleString("en")} frames at ${fps} fps`)
  }
  return frames
}

function promptsOf(lines, fps) {
  const found = []
  for (const line of lines.filter((one) => one.trim())) {
    const timed = TIME.exec(line)
    const unread = !timed && UNREAD.exec(line)
    if (unread) {
      const got = (unread[1] ?? unread[2]).slice(0, 20)
      fail(`got the time ${got}, expected seconds such as \`90: a red circle\` or \`1.5: a red circle\``)
    }
    if (timed) found.push([timed[1], timed[2].trim()])
    else if (found.length) found.at(-1)[1] = `${found.at(-1)[1]} ${line.trim()}`.trim()
    else found.push(["0", line.trim()])
  }
  checkRising(found.map(([begin]) => Number(begin)))
  const empty = found.find(([, text]) => !text)
  if (empty) fail(`got no prompt from ${Number(empty[0])} s on, expected one after the colon`)
  return found.map(([begin, text]) => ({ at: framesAt(begin, fps), text }))
}

function checkRising(begins) {
  const rise = begins.every((begin, index) => (index ? begin > begins[index - 1] : begin === 0))
  if (rise && begins.length <= MOST) return
  const some = begins.slice(0, 8).join(", ")
  fail(`got prompts from ${some} s on, expected at most ${MOST} with times that rise from 0`)
}
