// What the pointer does on a timeline: a gesture begins at what was hit, and gives a timeline for each place it goes
// to.
import { begun, borderMoved, ended, levelled, moved, ramped, snapped } from "./edits.js"
import { frameOf, levelOfY, stopOf } from "./geometry.js"

export const CURSORS = {
  ruler: "text",
  playhead: "ew-resize",
  begin: "ew-resize",
  end: "ew-resize",
  border: "ew-resize",
  level: "ns-resize",
  ramp_in: "ew-resize",
  ramp_out: "ew-resize",
  clip: "grab",
  prompt: "pointer",
}

// start: {timeline, grid, view, playhead, found, x, sources}; found is what geometry.hit says. Returns a function of
// the pointer's place (x, y, exact) that gives the timeline; exact: without snapping. null for what cannot be dragged.
export function gesture(start) {
  const { timeline, found, view, x } = start
  const index = found.index
  const clip = timeline.clips[index]
  const frameAt = (to, from, exact, except) => {
    const frame = from + (to - x) / view.scale
    return exact ? Math.round(frame) : snapped(timeline, start.grid, view, frame, { except, playhead: start.playhead })
  }
  switch (found.kind) {
    case "clip":
      return (to, _, exact) => moved(timeline, index, placed(start, frameAt(to, clip.at, true), exact))
    case "begin":
      return (to, _, exact) => begun(timeline, index, frameAt(to, clip.at, exact, index))
    case "end":
      return (to, _, exact) => {
        return ended(timeline, index, frameAt(to, stopOf(clip), exact, index), start.sources[clip.input])
      }
    case "level":
      return (_, y) => levelled(timeline, index, levelOfY(y))
    case "ramp_in":
      return (to) => ramped(timeline, index, "ramp_in", frameOf(view, to) - clip.at)
    case "ramp_out":
      return (to) => ramped(timeline, index, "ramp_out", stopOf(clip) - frameOf(view, to))
    case "border":
      return (to, _, exact) => borderMoved(timeline, index, frameAt(to, timeline.prompts[index].at, exact))
    default:
      return null
  }
}

// where a clip that is moved begins, drawn to a mark by its beginning or by its end, whichever is nearer
function placed({ timeline, grid, view, playhead, found }, at, exact) {
  if (exact) return at
  const length = Math.max(1, timeline.clips[found.index].length)
  const options = { except: found.index, playhead }
  const first = snapped(timeline, grid, view, at, options)
  const last = snapped(timeline, grid, view, at + length, options) - length
  const [near, far] = Math.abs(first - at) <= Math.abs(last - at) ? [first, last] : [last, first]
  return near === at ? far : near
}
