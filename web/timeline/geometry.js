// Where the parts of a timeline stand in the widget, and what lies under a point: one geometry for drawing and for the
// pointer. No DOM. A view is {width, scroll, scale}: pixels, the frame at the left edge, pixels of a frame.

export const RULER = { top: 0, bottom: 18 }
export const FILM = { top: 20, bottom: 80 }
export const PROMPTS = { top: 84, bottom: 108 }
export const HEIGHT = 110
export const STRIP_HEIGHT = 84 // of a timeline without prompts
export const PAD = 8 // left of the first frame and right of the last, in a view of the whole
export const EDGE = 6 // pixels around an edge or handle that belong to it
const NARROWEST = 24 // pixels of a clip that has edges beside its body
const MOST_SCALE = 64
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300] // seconds between two marks of the ruler
const MARK = 52 // pixels between two marks, at least

export const xOf = (view, frame) => (frame - view.scroll) * view.scale

export const frameOf = (view, x) => view.scroll + x / view.scale

// a view of all frames
export function whole(width, frames) {
  const scale = Math.min(MOST_SCALE, Math.max(1, width - 2 * PAD) / Math.max(1, frames))
  return { width, scale, scroll: -PAD / scale }
}

// the same view with other pixels of a frame; the frame under x stays there
export function zoomed(view, factor, x, frames) {
  const least = whole(view.width, frames).scale
  const scale = Math.min(MOST_SCALE, Math.max(least, view.scale * factor))
  return within({ ...view, scale, scroll: frameOf(view, x) - x / scale }, frames)
}

export function scrolled(view, pixels, frames) {
  return within({ ...view, scroll: view.scroll + pixels / view.scale }, frames)
}

// a view that shows no more than PAD beside the frames
export function within(view, frames) {
  const first = -PAD / view.scale
  const last = frames - (view.width - PAD) / view.scale
  return { ...view, scroll: Math.max(first, Math.min(view.scroll, Math.max(first, last))) }
}

// marks of the ruler that can be seen: {frame, label}
export function marks(view, fps) {
  const step = STEPS.find((seconds) => seconds * fps * view.scale >= MARK) ?? STEPS.at(-1)
  const first = Math.max(0, Math.ceil(view.scroll / fps / step))
  const last = Math.floor(frameOf(view, view.width) / fps / step)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => {
    const seconds = (first + index) * step
    return { frame: seconds * fps, label: `${Number(seconds.toFixed(1))} s` }
  })
}

// frames that a clip is drawn over: at least one
export const stopOf = (clip) => clip.at + Math.max(1, clip.length)

// the frames of each prompt: {index, first, stop}
export function stretches(timeline) {
  return timeline.prompts.map(({ at }, index) => ({
    index,
    first: at,
    stop: timeline.prompts[index + 1]?.at ?? Math.max(timeline.frames, at + 1),
  }))
}

export const yOfLevel = (level) => FILM.bottom - level * (FILM.bottom - FILM.top)

export function levelOfY(y) {
  return Math.min(1, Math.max(0, (FILM.bottom - y) / (FILM.bottom - FILM.top)))
}

const inside = (y, { top, bottom }) => y >= top && y < bottom

// what lies under a point: {kind, index}; null outside. The selected clip has handles for its level and ramps. Kinds:
// playhead, ruler, begin, end, level, ramp_in, ramp_out, clip, film, border, prompt, prompts.
export function hit(timeline, view, x, y, { selected = null, playhead = 0 } = {}) {
  if (inside(y, RULER)) return { kind: Math.abs(x - xOf(view, playhead)) <= EDGE ? "playhead" : "ruler" }
  if (inside(y, FILM)) return ofFilm(timeline, view, x, y, selected)
  if (inside(y, PROMPTS)) return ofPrompts(timeline, view, x)
  return null
}

function ofFilm(timeline, view, x, y, selected) {
  const clip = selected?.kind === "clip" ? timeline.clips[selected.index] : null
  const handle = clip && handleOf(clip, view, x, y)
  if (handle) return { kind: handle, index: selected.index }
  const order = timeline.clips.map((_, index) => index).reverse() // the last one is drawn above the others
  if (clip) order.unshift(selected.index)
  for (const index of order) {
    const [left, right] = [xOf(view, timeline.clips[index].at), xOf(view, stopOf(timeline.clips[index]))]
    const reach = right - left >= NARROWEST ? EDGE : 2
    if (Math.abs(x - left) <= reach) return { kind: "begin", index }
    if (Math.abs(x - right) <= reach) return { kind: "end", index }
    if (x > left && x < right) return { kind: "clip", index }
  }
  return { kind: "film" }
}

function handleOf(clip, view, x, y) {
  const [left, right] = [xOf(view, clip.at), xOf(view, stopOf(clip))]
  if (right - left < NARROWEST || x < left + EDGE || x > right - EDGE) return null
  if (y < FILM.top + 2 * EDGE) {
    if (Math.abs(x - rampX(clip, view, "ramp_in")) <= EDGE) return "ramp_in"
    if (Math.abs(x - rampX(clip, view, "ramp_out")) <= EDGE) return "ramp_out"
  }
  return Math.abs(y - yOfLevel(clip.level)) <= EDGE ? "level" : null
}

// where the handle of a ramp stands: inside its edge, where there is no ramp yet
export function rampX(clip, view, key) {
  const reach = Math.max(2 * EDGE + 2, clip[key] * view.scale)
  return key === "ramp_in" ? xOf(view, clip.at) + reach : xOf(view, stopOf(clip)) - reach
}

function ofPrompts(timeline, view, x) {
  const found = stretches(timeline)
  const border = found.find(({ index, first }) => index > 0 && Math.abs(x - xOf(view, first)) <= EDGE)
  if (border) return { kind: "border", index: border.index }
  const over = found.find(({ first, stop }) => x >= xOf(view, first) && x < xOf(view, stop))
  return over ? { kind: "prompt", index: over.index } : { kind: "prompts" }
}
