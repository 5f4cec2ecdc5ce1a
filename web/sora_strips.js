// Shows on the ability nodes what is known and what will be generated, from their inputs: the strip of Sora Timeline,
// to look at only. A source whose file is not known has no strip.
import { app } from "../../scripts/app.js"
import { NODES, SOURCES, timelineOf } from "./timeline/abilities.js"
import { draw } from "./timeline/draw.js"
import { STRIP_HEIGHT, whole } from "./timeline/geometry.js"
import { USUAL } from "./timeline/grid.js"
import { LOADERS, addressOf, stripOf } from "./timeline/sources.js"
import { themeOf, watchTheme } from "./timeline/theme.js"
import { clipInWords } from "./timeline/words.js"
import { addElement, after, coalesced, fit, watchValue } from "./widgets.js"

const KEY = "sora_strip" // of the widget
const SHARPNESS = 2
const MARGINS = 20 // that classic nodes leave above and below a widget
const SAMPLES = new URL("./samples", import.meta.url).pathname
const MOST_KEYS = 50 // of a chain

const valueOf = (node, name) => node?.widgets?.find((widget) => widget.name === name)?.value

function inputNode(node, name) {
  const slot = node.inputs?.findIndex((input) => input.name === name) ?? -1
  return slot < 0 ? null : node.getInputNode?.(slot)
}

// the seconds of what an input brings, 0 for a picture, and pictures of it; null where its file is not known
async function sourceOf(node, name) {
  const address = addressOf(inputNode(node, name), SAMPLES)
  try {
    return address ? await stripOf(address) : null
  } catch {
    return null
  }
}

const framesOf = (strip, fps) => (strip ? Math.max(1, Math.round(strip.seconds * fps)) : 0)

// Sora Keyframe and those before it, and the grid at the beginning of the chain
function chainOf(node) {
  const keys = []
  let next = node
  while (next?.type === "SoraKeyframe" && keys.length < MOST_KEYS) {
    keys.unshift(next)
    next = inputNode(next, "latent")
  }
  return { keys, grid: next?.type === "SoraVideoGrid" ? { seconds: Number(valueOf(next, "seconds")) } : null }
}

// {timeline, strips} of a node; null where something that it needs is not known
async function found(node) {
  const values = Object.fromEntries((node.widgets ?? []).map(({ name, value }) => [name, value]))
  const fps = Number(values.fps) || 8
  const [lengths, strips] = [{}, {}]
  const keep = (name, strip) => {
    lengths[name] = framesOf(strip, fps)
    if (strip) strips[name] = { pictures: strip.pictures, frames: lengths[name] }
  }
  if (node.type === "SoraKeyframe") {
    const { keys, grid } = chainOf(node)
    const sources = await Promise.all(keys.map((key) => sourceOf(key, "source")))
    sources.forEach((strip, index) => keep(`key ${index + 1}`, strip))
    values.grid = grid
    values.keys = keys.map((key, index) => ({
      seconds: Number(valueOf(key, "seconds")),
      from_end: Boolean(valueOf(key, "from_end")),
      length: lengths[`key ${index + 1}`],
    }))
  } else {
    const names = SOURCES[node.type] ?? ["source"]
    const sources = await Promise.all(names.map((name) => sourceOf(node, name)))
    sources.forEach((strip, index) => keep(names[index], strip))
  }
  const region = node.type === "SoraInpaintVideo" ? inputNode(node, "region") : null
  if (region?.type === "SoraTimeRange") {
    values.range = { start: Number(valueOf(region, "start")), end: Number(valueOf(region, "end")) }
  }
  const timeline = timelineOf(node.type, { ...values, fps }, lengths)
  return timeline && { timeline, strips }
}

function paint(canvas, { timeline, strips }) {
  const view = whole(canvas.clientWidth || 200, timeline.frames)
  ;[canvas.width, canvas.height] = [view.width * SHARPNESS, STRIP_HEIGHT * SHARPNESS]
  const context = canvas.getContext("2d")
  context.setTransform(SHARPNESS, 0, 0, SHARPNESS, 0, 0)
  const scene = { timeline, view, strips, grid: USUAL, theme: themeOf(canvas), problems: [], loop: timeline.loop }
  draw(context, { ...scene, selected: null, playhead: null, height: STRIP_HEIGHT })
  const words = timeline.clips.map((clip) => clipInWords(clip, timeline.fps)).join("; ")
  canvas.setAttribute("aria-label", `Timeline: ${words}`)
}

class Strip {
  constructor(node) {
    this.node = node
    this.canvas = document.createElement("canvas")
    this.canvas.style.cssText = `width: 100%; height: ${STRIP_HEIGHT}px; border-radius: 4px; pointer-events: none`
    this.canvas.setAttribute("role", "img")
    this.observer = new ResizeObserver(() => this.scene && paint(this.canvas, this.scene))
    this.observer.observe(this.canvas)
  }

  async update() {
    this.scene = await found(this.node)
    if (this.scene && !this.widget) this.add()
    if (!this.scene && this.widget) this.remove()
    if (this.scene) paint(this.canvas, this.scene)
  }

  add() {
    const height = () => STRIP_HEIGHT + MARGINS
    this.widget = addElement(this.node, KEY, "sora-strip", this.canvas, height, height)
    fit(this.node)
  }

  remove() {
    this.node.removeWidget(this.widget)
    this.widget = null
    fit(this.node)
  }
}

const strips = new Set() // of the nodes in a graph: a value of one is shown by others of its chain too

// links are made after the call that says so, and a graph that is loaded says it of each of its nodes
const updateAll = coalesced(() => strips.forEach((strip) => strip.update()))

app.registerExtension({
  name: "sora_video.strips",

  setup() {
    watchTheme(() => strips.forEach((strip) => strip.scene && paint(strip.canvas, strip.scene)))
  },

  nodeCreated(node) {
    const isOurs = NODES.includes(node.comfyClass)
    if (!isOurs && node.comfyClass !== "SoraVideoGrid" && !LOADERS.includes(node.comfyClass)) return
    for (const widget of node.widgets ?? []) watchValue(widget, updateAll)
    for (const name of ["onConfigure", "onConnectionsChange"]) after(node, name, updateAll)
    if (!isOurs) return
    const strip = new Strip(node)
    after(node, "onAdded", () => strips.add(strip))
    after(node, "onRemoved", () => strips.delete(strip))
  },
})
