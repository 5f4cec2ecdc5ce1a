// What keys do on a timeline: a key and the panel's state give a changed state, or null where the key is the host's.
import { begun, borderMoved, ended, levelled, moved, split, withPrompt, withoutClip, withoutPrompt } from "./edits.js"
import { zoomed } from "./geometry.js"
import { spansTo } from "./grid.js"

const LEVEL = 0.05
const ZOOM = 1.25

// state: {timeline, grid, view, selected, playhead, sources}. Returns what changes of it, with `write` for a prompt
// whose text is to be written, or `plays` where the finished video is to play or to stop.
export function pressed(event, state) {
  if (event.ctrlKey || event.metaKey) return null
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  return (ACTIONS[key] ?? (() => null))(state, event)
}

const ACTIONS = {
  ArrowLeft: (state, event) => nudged(state, event, -1),
  ArrowRight: (state, event) => nudged(state, event, 1),
  ArrowUp: (state) => chosen(state, -1),
  ArrowDown: (state) => chosen(state, 1),
  PageUp: (state) => ofClip(state, (timeline, index, clip) => levelled(timeline, index, clip.level + LEVEL)),
  PageDown: (state) => ofClip(state, (timeline, index, clip) => levelled(timeline, index, clip.level - LEVEL)),
  "[": (state) => ofClip(state, (timeline, index) => begun(timeline, index, state.playhead)),
  "]": (state) =>
    ofClip(state, (timeline, index, clip) => ended(timeline, index, state.playhead, state.sources[clip.input])),
  s: (state) => ofClip(state, (timeline, index) => split(timeline, index, state.playhead) ?? timeline),
  p: (state) => {
    const [timeline, index] = withPrompt(state.timeline, state.playhead, "")
    return { timeline, selected: { kind: "prompt", index }, write: index }
  },
  Enter: ({ selected }) => (selected?.kind === "prompt" ? { write: selected.index } : null),
  k: () => ({ plays: true }),
  Delete: removed,
  Backspace: removed,
  Escape: ({ selected }) => (selected ? { selected: null } : null),
  Home: () => ({ playhead: 0 }),
  End: ({ timeline }) => ({ playhead: timeline.frames }),
  ",": ({ playhead }) => ({ playhead: Math.max(0, playhead - 1) }),
  ".": ({ playhead, timeline }) => ({ playhead: Math.min(timeline.frames, playhead + 1) }),
  "+": (state) => zoom(state, ZOOM),
  "=": (state) => zoom(state, ZOOM),
  "-": (state) => zoom(state, 1 / ZOOM),
}

function zoom({ view, timeline, playhead }, factor) {
  return { view: zoomed(view, factor, (playhead - view.scroll) * view.scale, timeline.frames) }
}

function ofClip({ timeline, selected }, change) {
  if (selected?.kind !== "clip") return null
  return { timeline: change(timeline, selected.index, timeline.clips[selected.index]) }
}

export function removed({ timeline, selected }) {
  if (!selected) return null
  const without = selected.kind === "clip" ? withoutClip : withoutPrompt
  return { timeline: without(timeline, selected.index), selected: null }
}

// the parts in the order in which the keys go through them
export function parts({ clips, prompts }) {
  const ofClips = clips.map((_, index) => ({ kind: "clip", index }))
  const inTime = ofClips.sort((one, other) => clips[one.index].at - clips[other.index].at)
  return [...inTime, ...prompts.map((_, index) => ({ kind: "prompt", index }))]
}

function chosen({ timeline, selected }, step) {
  const all = parts(timeline)
  const now = all.findIndex(({ kind, index }) => kind === selected?.kind && index === selected?.index)
  const next = selected ? now + step : step > 0 ? 0 : all.length - 1
  return all.length ? { selected: all[Math.max(0, Math.min(next, all.length - 1))] } : null
}

function nudged(state, event, direction) {
  const { timeline, selected } = state
  if (!selected) {
    const frame = step(state, state.playhead, event, direction)
    return { playhead: Math.max(0, Math.min(timeline.frames, frame)) }
  }
  const { kind, index } = selected
  if (kind === "prompt") {
    return { timeline: borderMoved(timeline, index, step(state, timeline.prompts[index].at, event, direction)) }
  }
  return { timeline: moved(timeline, index, step(state, timeline.clips[index].at, event, direction)) }
}

// the frame a second, a frame or a latent frame further on or back
function step({ timeline, grid }, at, event, direction) {
  if (event.shiftKey) return at + direction * Math.round(timeline.fps)
  if (event.altKey) return at + direction
  const starts = spansTo(grid, timeline.frames).map(([start]) => start)
  return direction > 0 ? starts.find((start) => start > at) ?? at : starts.findLast((start) => start < at) ?? 0
}

