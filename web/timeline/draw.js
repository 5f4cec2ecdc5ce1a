// Draws a timeline on a canvas: what is kept and what is invented in two tones, with the level ramps between them.
import { levelAt } from "./clips.js"
import { pictureOfClip } from "./film.js"
import { FILM, HEIGHT, PROMPTS, RULER, marks, rampX, stopOf, stretches, xOf, yOfLevel } from "./geometry.js"
import { spansTo } from "./grid.js"
import { MEASURES } from "./results.js"
import { FONT, SMALL_FONT } from "./theme.js"

const CLOSEST = 5 // pixels between two lines of the latent grid that are still drawn
const HANDLE = 4
const TEXT = 5 // pixels beside a text
const BESIDE = 20 // pixels that a ramp's handle takes at its edge
const BAND = 5 // pixels of the tone of what was invented, above and below its finished pictures
const LINE = 10 // pixels of a line of measures

// scene: {timeline, view, grid, theme, selected, playhead, problems, strips, loop, height, film, joins}
// strips: {input: {pictures, frames}} of a film; playhead: null for none; film, joins: of finished.js, after a run
export function draw(context, scene) {
  const { view, theme, height = HEIGHT } = scene
  context.font = FONT
  context.textBaseline = "middle"
  context.fillStyle = theme.ground
  context.fillRect(0, 0, view.width, height)
  drawFilm(context, scene)
  drawGrid(context, scene)
  drawRuler(context, scene)
  scene.timeline.clips.forEach((clip, index) => drawClip(context, scene, clip, index))
  if (scene.joins?.length) drawJoins(context, scene)
  drawPrompts(context, scene)
  drawProblems(context, scene)
  if (scene.playhead !== null) drawPlayhead(context, scene)
}

// all that no clip shows is invented
function drawFilm(context, scene) {
  const { timeline, view, theme, loop, film } = scene
  const [left, right] = [xOf(view, 0), xOf(view, timeline.frames)]
  context.fillStyle = theme.invented
  context.globalAlpha = film ? 1 : 0.55
  context.fillRect(left, FILM.top, right - left, FILM.bottom - FILM.top)
  context.globalAlpha = 1
  if (film) drawMade(context, scene, left, right)
  if (!loop) return
  context.strokeStyle = theme.text
  context.beginPath() // an arrow from the end back to the beginning
  context.arc(right - 8, (FILM.top + FILM.bottom) / 2, 5, -0.4, 4.6)
  context.stroke()
}

function drawGrid(context, { timeline, view, grid, theme }) {
  const starts = spansTo(grid, timeline.frames).map(([start]) => start)
  if ((timeline.frames * view.scale) / starts.length < CLOSEST) return
  context.fillStyle = theme.text
  context.globalAlpha = 0.13
  for (const start of starts) {
    if (start <= timeline.frames) context.fillRect(Math.round(xOf(view, start)), FILM.top, 1, FILM.bottom - FILM.top)
  }
  context.globalAlpha = 1
}

function drawRuler(context, { timeline, view, theme }) {
  context.textAlign = "left"
  for (const { frame, label } of marks(view, timeline.fps)) {
    if (frame > timeline.frames) break
    const x = Math.round(xOf(view, frame))
    context.fillStyle = theme.line
    context.fillRect(x, RULER.top + 8, 1, RULER.bottom - RULER.top - 8)
    context.fillStyle = theme.quiet
    context.fillText(label, x + 5, (RULER.top + RULER.bottom) / 2)
  }
}

function drawClip(context, scene, clip, index) {
  const { view, theme, strips, selected } = scene
  const [left, right] = [xOf(view, clip.at), xOf(view, stopOf(clip))]
  const height = FILM.bottom - FILM.top
  context.save()
  context.beginPath()
  context.roundRect(left + 0.5, FILM.top, Math.max(2, right - left - 1), height, 4)
  context.clip()
  context.fillStyle = theme.known
  context.fillRect(left, FILM.top, right - left, height)
  drawStrip(context, scene, clip, strips[clip.input])
  drawLevel(context, scene, clip)
  const isChosen = selected?.kind === "clip" && selected.index === index
  drawLabel(context, clip.input, left + (isChosen ? BESIDE : 0), right)
  context.restore()
  if (isChosen) drawHandles(context, scene, clip, left, right)
}

// pictures of the film, each as wide as its height asks for; strip: {frames, pictures}, of the whole source
function drawStrip(context, { view }, clip, strip) {
  if (!strip?.pictures.length) return
  const [left, right] = [xOf(view, clip.at), xOf(view, stopOf(clip))]
  const picture = (x) => pictureOfClip(clip, strip, clip.at + (x - left) / view.scale)
  drawPictures(context, { left, right, ...FILM }, strip.pictures[0], picture)
}

// the finished video, where no clip is drawn above it
function drawMade(context, { view, film }, left, right) {
  const box = { left, right, top: FILM.top + BAND, bottom: FILM.bottom - BAND }
  context.save()
  context.beginPath()
  context.rect(left, box.top, right - left, box.bottom - box.top)
  context.clip()
  drawPictures(context, box, film.pictures[0], (x) => film.picture(view.scroll + x / view.scale))
  context.restore()
}

// like: one of the pictures; picture: which one is shown at an x
function drawPictures(context, { left, right, top, bottom }, like, picture) {
  const height = bottom - top
  const wide = Math.max(8, (height * like.width) / like.height)
  for (let x = left; x < right; x += wide) context.drawImage(picture(x + wide / 2), x, top, wide, height)
}

// what was measured at each join, where there is room beside the one before
function drawJoins(context, { view, theme, joins }) {
  context.font = SMALL_FONT
  let taken = -Infinity
  for (const join of joins) {
    const x = Math.round(xOf(view, join.frame))
    context.fillStyle = theme.text
    context.fillRect(x, FILM.top, 1, FILM.bottom - FILM.top)
    const lines = MEASURES.filter((name) => Number.isFinite(join[name])).map((name) => `${name} ${join[name]}`)
    const width = Math.max(...lines.map((line) => context.measureText(line).width)) + 2 * TEXT
    const left = Math.max(0, Math.min(x - width / 2, view.width - width))
    if (left < taken) continue
    taken = left + width + 2
    const top = FILM.bottom - LINE * lines.length - 4
    context.fillStyle = "rgba(0, 0, 0, 0.72)"
    context.beginPath()
    context.roundRect(left, top, width, FILM.bottom - top, 3)
    context.fill()
    context.fillStyle = "#ffffff"
    context.textAlign = "left"
    lines.forEach((line, index) => context.fillText(line, left + TEXT, top + 2 + LINE * (index + 0.5)))
  }
  context.font = FONT
}

// the invented share rises from the bottom: its height is the noise level
function drawLevel(context, { view, theme }, clip) {
  if (!clip.level && !clip.ramp_in && !clip.ramp_out) return
  const [left, right] = [xOf(view, clip.at), xOf(view, stopOf(clip))]
  context.fillStyle = theme.invented
  context.globalAlpha = 0.72
  context.beginPath()
  context.moveTo(left, FILM.bottom)
  for (let x = left; x <= right; x += 2) context.lineTo(x, yOfLevel(levelAt(clip, (x - left) / view.scale)))
  context.lineTo(right, FILM.bottom)
  context.fill()
  context.globalAlpha = 1
}

function drawLabel(context, text, left, right) {
  if (right - left < 3 * TEXT) return
  context.textAlign = "left"
  const shown = cut(context, text, right - left - 2 * TEXT)
  context.fillStyle = "rgba(0, 0, 0, 0.55)"
  context.fillRect(left, FILM.top, context.measureText(shown).width + 2 * TEXT, 15)
  context.fillStyle = "#ffffff"
  context.fillText(shown, left + TEXT, FILM.top + 8)
}

function drawHandles(context, { view, theme }, clip, left, right) {
  context.strokeStyle = theme.chosen
  context.lineWidth = 2
  context.strokeRect(left + 1, FILM.top + 1, Math.max(2, right - left - 2), FILM.bottom - FILM.top - 2)
  context.lineWidth = 1
  context.fillStyle = theme.chosen
  context.fillRect(left + 6, Math.min(FILM.bottom - 2, yOfLevel(clip.level) - 1), Math.max(0, right - left - 12), 2)
  for (const key of ["ramp_in", "ramp_out"]) {
    const x = rampX(clip, view, key)
    if (x < left || x > right) continue
    context.beginPath()
    context.arc(x, FILM.top + 6, HANDLE, 0, 2 * Math.PI)
    context.fill()
  }
}

function drawPrompts(context, { timeline, view, theme, selected }) {
  context.textAlign = "left"
  for (const { index, first, stop } of stretches(timeline)) {
    const [left, right] = [xOf(view, first), xOf(view, Math.min(stop, Math.max(timeline.frames, first + 1)))]
    const height = PROMPTS.bottom - PROMPTS.top
    context.fillStyle = theme.prompt
    context.beginPath()
    context.roundRect(left + 0.5, PROMPTS.top, Math.max(2, right - left - 1), height, 4)
    context.fill()
    if (selected?.kind === "prompt" && selected.index === index) {
      context.strokeStyle = theme.chosen
      context.lineWidth = 2
      context.stroke()
      context.lineWidth = 1
    }
    context.fillStyle = theme.text
    const text = cut(context, timeline.prompts[index].text, right - left - 2 * TEXT)
    context.fillText(text, left + TEXT, (PROMPTS.top + PROMPTS.bottom) / 2)
  }
}

function drawProblems(context, { problems, view, theme }) {
  context.strokeStyle = context.fillStyle = theme.problem
  for (const { prompt, first, last } of problems) {
    const track = prompt === null ? FILM : PROMPTS
    const [left, right] = [xOf(view, first), Math.max(xOf(view, last + 1), xOf(view, first) + 4)]
    context.globalAlpha = 0.3
    context.fillRect(left, track.top, right - left, track.bottom - track.top)
    context.globalAlpha = 1
    context.fillRect(left, track.bottom - 2, right - left, 2)
  }
}

function drawPlayhead(context, { playhead, view, theme }) {
  const x = Math.round(xOf(view, playhead))
  context.fillStyle = theme.text
  context.fillRect(x, RULER.top + 4, 1, HEIGHT - RULER.top - 4)
  context.beginPath()
  context.moveTo(x - 4, RULER.top + 2)
  context.lineTo(x + 5, RULER.top + 2)
  context.lineTo(x + 0.5, RULER.top + 9)
  context.fill()
}

// a text that fits into so many pixels
function cut(context, text, width) {
  if (width <= 0) return ""
  if (context.measureText(text).width <= width) return text
  const shortened = (letters) => `${text.slice(0, letters)}\u2026`
  let letters = text.length
  while (letters > 0 && context.measureText(shortened(letters)).width > width) letters = Math.floor(letters * 0.9)
  return letters ? shortened(letters) : ""
}
