// The panel of a timeline: one canvas, a row of buttons and a line of words. It knows no ComfyUI: `host` gives what it
// needs, and gets the timeline as text after each finished gesture.
import { resolved } from "./clips.js"
import { onClipboard } from "./clipboard_events.js"
import { draw } from "./draw.js"
import * as edits from "./edits.js"
import { knownAt } from "./film.js"
import { Finished } from "./finished.js"
import { written } from "./frames.js"
import { HEIGHT, frameOf, hit, scrolled, whole, within, zoomed } from "./geometry.js"
import { USUAL, longestSpan } from "./grid.js"
import { pressed } from "./keys.js"
import { parseTimeline } from "./parsing.js"
import { NARROW, buttons, elementsOf } from "./parts.js"
import { CURSORS, gesture } from "./pointer.js"
import { loopProblems, overruns, problems, unconnected } from "./problems.js"
import { joinNear } from "./results.js"
import { stripOf } from "./sources.js"
import { jsonText } from "./state.js"
import { themeOf } from "./theme.js"
import { KEYS, clipInWords, inWords, joinInWords, promptInWords } from "./words.js"
import { writePrompt } from "./writing.js"

const SHARPNESS = 2 // canvas pixels of a pixel of the page: the host scales nodes
const ZOOM = 1.0015 // of a unit of the wheel
const NEW_SECONDS = 1 // of a clip whose source is not known

// host: {value(), change(text), fps(), loop(), inputs(), pass(event)}; pass gives the host an event that is not ours
export class TimelinePanel {
  constructor(host) {
    this.host = host
    this.grid = USUAL
    this.sources = {} // frames of each input, at the timeline's rate, where they are known
    this.seconds = {}
    this.strips = {}
    this.addresses = {} // of the files behind the inputs
    this.selected = null
    this.playhead = 0
    this.parts = elementsOf(KEYS)
    this.element = this.parts.element
    this.context = this.parts.canvas.getContext("2d")
    this.made = { joins: [], film: null }
    this.finished = new Finished(
      this.parts.monitor,
      () => this.view && this.show(),
      (frame) => this.played(frame),
    )
    buttons(this.parts, this)
    this.listen()
    this.read()
  }

  // reads the text anew, which may have come from outside
  read() {
    this.text = this.host.value()
    const fps = this.host.fps()
    try {
      this.given = parseTimeline(this.text, fps)
      this.fault = ""
    } catch (problem) {
      this.given = { version: 1, fps, frames: Math.round(fps), clips: [], prompts: [] }
      this.fault = problem.message
    }
    this.show()
  }

  // what is connected has changed
  look() {
    const before = this.addresses
    this.addresses = Object.fromEntries(this.host.inputs().map(({ input, address }) => [input, address]))
    for (const input of new Set([...Object.keys(before), ...Object.keys(this.addresses)])) {
      if (before[input] !== this.addresses[input]) this.load(input, this.addresses[input])
    }
    this.show()
  }

  async load(input, address) {
    this.seconds[input] = this.strips[input] = null
    if (!address) return
    const strip = await stripOf(address).catch(() => null) // a file that cannot be shown: its name alone is
    if (this.addresses[input] !== address) return
    this.seconds[input] = strip?.seconds ?? null
    this.strips[input] = strip
    this.show()
  }

  show() {
    const { fps } = this.given
    this.sources = {}
    for (const [input, seconds] of Object.entries(this.seconds)) {
      if (seconds !== null) this.sources[input] = seconds === 0 ? 1 : Math.max(1, Math.round(seconds * fps))
    }
    this.timeline = resolved(this.given, this.sources)
    const chosen = this.selected?.kind === "clip" ? this.timeline.clips : this.timeline.prompts
    if (this.selected && this.selected.index >= chosen.length) this.selected = null
    const there = this.host.inputs().map(({ input }) => input)
    const ofSources = [...unconnected(this.timeline, there), ...overruns(this.given, this.sources)]
    const found = [...ofSources, ...problems(this.timeline, this.grid)]
    this.problems = found.length || !this.host.loop() ? found : loopProblems(this.timeline, this.grid)
    const { timeline, sources, addresses } = this
    this.made = this.finished.of({ timeline, loop: this.host.loop(), sources, addresses })
    if (!this.isZoomed || !this.view) this.view = whole(this.width(), this.timeline.frames)
    else this.view = within({ ...this.view, width: this.width() }, this.timeline.frames)
    this.paint()
  }

  width() {
    return this.parts.canvas.clientWidth || 300
  }

  paint() {
    const { status, list, length } = this.parts
    const theme = this.drawAll()
    status.textContent = status.title = this.fault || this.said()
    const isWrong = this.fault || this.problems.length
    status.style.color = isWrong ? `color-mix(in srgb, ${theme.problem} 65%, ${theme.text})` : ""
    const item = (words) => Object.assign(document.createElement("li"), { textContent: words })
    list.replaceChildren(...inWords(this.timeline, this.made.joins).map(item))
    if (document.activeElement !== length) length.value = written(this.timeline.frames, this.timeline.fps)
  }

  // the strip and the monitor, in the theme that it returns
  drawAll() {
    const { canvas } = this.parts
    const size = [this.view.width * SHARPNESS, HEIGHT * SHARPNESS]
    if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size
    this.context.setTransform(SHARPNESS, 0, 0, SHARPNESS, 0, 0)
    const strips = {}
    for (const [input, strip] of Object.entries(this.strips)) {
      if (strip) strips[input] = { pictures: strip.pictures, frames: this.sources[input] ?? 1 }
    }
    const theme = themeOf(this.element)
    const scene = { ...this.state(), ...this.made, problems: this.problems, theme, strips, loop: this.host.loop() }
    draw(this.context, scene)
    const like = Object.values(strips).find(({ pictures }) => pictures.length)?.pictures[0]
    this.finished.show(this.playhead, knownAt(this.timeline, strips, this.playhead), like, theme)
    return theme
  }

  // the finished video plays, and shows a frame
  played(frame) {
    this.playhead = frame
    this.drawAll()
  }

  state() {
    const { timeline, grid, view, selected, playhead, sources } = this
    return { timeline, grid, view, selected, playhead, sources }
  }

  // the line of words: what is wrong, else the chosen part, else the whole
  said() {
    const { clips, prompts, fps, frames } = this.timeline
    if (this.problems.length) return this.problems[0].sentence
    if (this.selected?.kind === "clip") return clipInWords(clips[this.selected.index], fps)
    if (this.selected) return promptInWords(prompts[this.selected.index], fps)
    const join = joinNear(this.made.joins, this.playhead, longestSpan(this.grid) / 2)
    if (join) return joinInWords(join, fps)
    return `${written(frames, fps)} s, ${frames} frames at ${fps} fps; playhead at ${written(this.playhead, fps)} s`
  }

  // a changed state: keep it, and tell the host where the timeline is another one
  apply({ timeline, write, plays, ...rest }) {
    Object.assign(this, rest)
    if (rest.view) this.isZoomed = rest.view.scale > whole(this.width(), this.timeline.frames).scale
    if (timeline && timeline !== this.timeline) {
      this.given = timeline
      this.fault = ""
      this.text = jsonText(timeline)
      this.host.change(this.text)
    }
    this.show()
    if (write !== undefined) this.write(write)
    if (plays) this.finished.toggle()
  }

  addClip() {
    const used = new Set(this.timeline.clips.map(({ input }) => input))
    const inputs = this.host.inputs().map(({ input }) => input)
    const input = inputs.find((name) => !used.has(name)) ?? inputs[0]
    if (!input) {
      this.parts.status.textContent = "connect a video or picture to a clip input first"
      return
    }
    const length = this.sources[input] ?? Math.round(NEW_SECONDS * this.timeline.fps)
    const at = edits.freePlace(this.timeline, this.playhead, length)
    const timeline = edits.withClip(this.timeline, input, at, length)
    const selected = { kind: "clip", index: timeline.clips.length - 1 }
    this.apply({ timeline: edits.lengthened(timeline, timeline.frames, this.grid), selected })
  }

  press(key) {
    const changes = pressed({ key }, this.state())
    if (changes) this.apply(changes)
  }

  setLength(seconds) {
    const frames = Number(seconds) * this.timeline.fps
    const isLength = Number.isFinite(frames) && frames > 0
    this.apply(isLength ? { timeline: edits.lengthened(this.timeline, frames, this.grid) } : {})
  }

  write(index) {
    const { text } = this.timeline.prompts[index]
    writePrompt(this.parts, this, index, (given) => {
      if (given !== text.trim()) this.apply({ timeline: edits.written(this.timeline, index, given) })
    })
  }

  listen() {
    const { canvas, monitor, length } = this.parts
    onClipboard(canvas, this)
    monitor.addEventListener("pointerdown", (event) => event.stopPropagation())
    monitor.addEventListener("click", () => this.finished.toggle())
    monitor.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " " && event.key.toLowerCase() !== "k") return
      event.preventDefault()
      event.stopPropagation()
      this.finished.toggle()
    })
    canvas.addEventListener("pointerdown", (event) => this.pointerDown(event))
    canvas.addEventListener("pointermove", (event) => this.pointerOver(event))
    canvas.addEventListener("pointerup", (event) => this.host.pass(event))
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false })
    canvas.addEventListener("dblclick", (event) => this.doubleClick(event))
    canvas.addEventListener("keyup", (event) => event.key === " " && this.host.pass(event))
    canvas.addEventListener("keydown", (event) => {
      if (event.key === " ") return this.host.pass(event) // with it the pointer moves the graph
      const changes = pressed(event, this.state())
      if (!changes) return
      event.preventDefault()
      event.stopPropagation()
      this.apply(changes)
    })
    length.addEventListener("change", () => this.setLength(length.value))
    length.addEventListener("keydown", (event) => event.stopPropagation())
    this.observer = new ResizeObserver(() => {
      this.element.classList.toggle("sora-timeline-narrow", this.element.clientWidth < NARROW)
      this.show()
    })
    this.observer.observe(canvas)
  }

  place(event) {
    const box = this.parts.canvas.getBoundingClientRect()
    const scale = this.parts.canvas.clientWidth / Math.max(1, box.width)
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale]
  }

  found(event) {
    const [x, y] = this.place(event)
    return hit(this.timeline, this.view, x, y, { selected: this.selected, playhead: this.playhead })
  }

  pointerOver(event) {
    if (event.buttons) this.host.pass(event)
    else this.parts.canvas.style.cursor = CURSORS[this.found(event)?.kind] ?? ""
  }

  pointerDown(event) {
    const found = event.button === 0 && !event.shiftKey ? this.found(event) : null
    if (!found || found.kind === "film") {
      if (found) this.apply({ selected: null })
      this.host.pass(event)
      return
    }
    event.stopPropagation()
    this.parts.canvas.focus()
    if (found.kind === "prompts") return
    if (found.kind === "ruler" || found.kind === "playhead") return this.seek(event)
    const kind = found.kind === "prompt" || found.kind === "border" ? "prompt" : "clip"
    this.apply({ selected: { kind, index: found.index } })
    const go = gesture({ ...this.state(), found, x: this.place(event)[0] })
    if (!go) return
    let timeline = this.timeline
    this.follow(
      event,
      (x, y, exact) => {
        timeline = go(x, y, exact)
        this.preview(timeline)
      },
      () => this.apply({ timeline }),
    )
  }

  // the playhead goes where the pointer goes
  seek(event) {
    const go = (x) => this.apply({ playhead: this.frame(x) })
    go(this.place(event)[0])
    this.follow(event, go)
  }

  // shows a timeline that is not finished yet
  preview(timeline) {
    const { given } = this
    this.given = timeline
    this.show()
    this.given = given
  }

  frame(x) {
    return Math.round(Math.max(0, Math.min(this.timeline.frames, frameOf(this.view, x))))
  }

  // the pointer until it is released: `move` gets its place, `end` comes once it has moved
  follow(event, move, end = () => {}) {
    const { canvas } = this.parts
    const before = this.timeline
    let hasMoved = false
    const go = (next) => {
      next.stopPropagation()
      hasMoved = true
      move(...this.place(next), next.altKey)
    }
    const stop = (last) => {
      last.stopPropagation()
      canvas.removeEventListener("pointermove", go)
      canvas.removeEventListener("pointerup", stop)
      canvas.removeEventListener("pointercancel", stop)
      this.timeline = before
      if (hasMoved && last.type === "pointerup") end()
      else this.show()
    }
    canvas.setPointerCapture(event.pointerId)
    canvas.addEventListener("pointermove", go)
    canvas.addEventListener("pointerup", stop)
    canvas.addEventListener("pointercancel", stop)
  }

  wheel(event) {
    if (!event.altKey && !event.shiftKey) return this.host.pass(event) // with Ctrl it is the host's in Nodes 2.0
    event.preventDefault()
    event.stopPropagation()
    const frames = this.timeline.frames
    if (event.altKey) this.apply({ view: zoomed(this.view, ZOOM ** -event.deltaY, this.place(event)[0], frames) })
    else this.apply({ view: scrolled(this.view, event.deltaY + event.deltaX, frames) })
  }

  doubleClick(event) {
    const found = this.found(event)
    event.stopPropagation()
    if (found?.kind === "prompt") this.write(found.index)
    if (found?.kind !== "prompts") return
    const [timeline, index] = edits.withPrompt(this.timeline, this.frame(this.place(event)[0]), "")
    this.apply({ timeline, selected: { kind: "prompt", index }, write: index })
  }
}
