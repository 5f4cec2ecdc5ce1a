// Shows the input `timeline` of Sora Timeline as a timeline. The text of that input is the truth; the panel is a view.
import { app } from "../../scripts/app.js"
import { api } from "../../scripts/api.js"
import { leadsTo, nodeAt } from "./graph.js"
import { atLeast } from "./timeline/grid.js"
import { TimelinePanel } from "./timeline/panel.js"
import { PANEL_HEIGHT } from "./timeline/parts.js"
import { RUN, withOutput } from "./timeline/results.js"
import { LOADERS, connected } from "./timeline/sources.js"
import { isJson, parseJson } from "./timeline/state.js"
import { textOf } from "./timeline/text.js"
import { watchTheme } from "./timeline/theme.js"
import { addElement, after, fit, watchValue } from "./widgets.js"

const NODE = "SoraTimeline"
const KEY = "sora_timeline" // of the widget
const VALUES = ["timeline", "fps", "loop"] // that the panel shows
const SAMPLES = new URL("./samples", import.meta.url).pathname
const NAMELESS = "00000000-0000-0000-0000-000000000000" // the id of a graph that was emptied
const panels = new WeakMap() // of nodes
const shown = new Map() // panels of the nodes that are in a graph
const results = new Map() // of runs, see timeline/results.js, by place of the node: undo makes it anew
let made = 0 // panels so far

const widgetOf = (node, name) => node.widgets?.find((widget) => widget.name === name)

function hideText(widget, isHidden) {
  widget.hidden = isHidden
  widget.options = { ...widget.options, hidden: isHidden }
  if (widget.element) widget.element.hidden = isHidden
}

// tells the host that a gesture is finished, so that one undo takes it back
function remember(node) {
  const tracker = app.extensionManager?.workflow?.activeWorkflow?.changeTracker
  ;(tracker?.captureCanvasState ?? tracker?.checkState)?.call(tracker)
  node.graph?.setDirtyCanvas(true, true)
}

// classic nodes are drawn on a canvas below the panel, which gets what is not for the panel; Nodes 2.0 hear it
// themselves, but for the keys and wheel of a panel that has the focus
function pass(event) {
  const { canvas } = app
  if (event.type === "wheel") canvas.processMouseWheel(event)
  if (event.type === "keydown" || event.type === "keyup") canvas.processKey(event)
  if (globalThis.LiteGraph?.vueNodesMode) return
  if (event.type === "pointerdown") canvas.processMouseDown(event)
  if (event.type === "pointermove") canvas.processMouseMove(event)
  if (event.type === "pointerup") canvas.processMouseUp(event)
}

function hostOf(node) {
  const text = widgetOf(node, "timeline")
  return {
    value: () => String(text.value ?? ""),
    fps: () => Math.max(1, Number(widgetOf(node, "fps")?.value) || 8),
    loop: () => Boolean(widgetOf(node, "loop")?.value),
    inputs: () => connected(node, SAMPLES),
    pass,
    change(value) {
      text.value = value
      text.callback?.(value)
      remember(node)
    },
    toggleText() {
      const isShown = text.hidden
      if (isShown && isJson(text.value)) text.value = asText(text.value)
      hideText(text, !isShown)
      panels.get(node).read()
      fit(node)
    },
  }
}

// the text of a timeline of JSON; JSON that cannot be read stays as it is
function asText(value) {
  try {
    return textOf(parseJson(value))
  } catch {
    return value
  }
}

// The host appends the inputs that have grown to a node that is pasted or goes into a subgraph, and then links by
// place: clip2 would come to mask1. So inputs go where they were saved.
function sorted(inputs, names) {
  const placed = names.flatMap((name) => inputs.filter((input) => input.name === name))
  return placed.length === inputs.length ? placed : inputs
}

function attach(node) {
  const text = widgetOf(node, "timeline")
  if (!text || panels.has(node)) return
  const panel = new TimelinePanel(hostOf(node))
  panels.set(node, panel)
  // undo makes all nodes anew, and Nodes 2.0 goes on with the element of an old widget of the same node, name and type
  const height = () => PANEL_HEIGHT
  addElement(node, KEY, `sora-timeline-${++made}`, panel.element, height, height)
  hideText(text, true)
  for (const one of node.widgets) if (VALUES.includes(one.name)) watchValue(one, () => panel.read())
  fit(node)
}

const placeOf = (node) => `${node.graph?.id} ${node.id}`

// front ends before 1.58 give a graph without a name one at an undo
const resultOf = (node) => results.get(placeOf(node)) ?? results.get(`${NAMELESS} ${node.id}`)

function keep(node, result) {
  results.set(placeOf(node), result)
  panels.get(node).finished.take(result)
}

function added(node) {
  const panel = panels.get(node)
  if (!panel) return
  shown.set(node, panel)
  panel.finished.take(resultOf(node) ?? null)
}

// what runs when nothing is told of it, as where all but the last node was there already
function runOf(panel) {
  const { host, timeline, grid, addresses } = panel
  const frames = host.loop() ? 0 : atLeast(grid, timeline.frames) // how long a loop is only its run tells
  return { timeline: host.value(), fps: host.fps(), loop: host.loop(), frames, rate: timeline.fps, addresses }
}

// a node has run: it may be a timeline, or one that a timeline leads to
function executed({ detail }) {
  const { prompt_id: prompt } = detail
  const root = app.rootGraph ?? app.graph
  const last = nodeAt(root, detail.display_node ?? detail.node)
  if (!last) return
  const [told] = detail.output?.[RUN] ?? []
  const own = shown.get(last)
  if (own && told) {
    own.grid = told.grid ?? own.grid
    own.look()
    const before = results.get(placeOf(last))
    const rest = before?.prompt === prompt ? before : {} // what need not run is told in any order
    return keep(last, { ...rest, prompt, run: { ...told, addresses: own.addresses } })
  }
  for (const [node, panel] of shown) {
    const before = results.get(placeOf(node)) ?? { run: runOf(panel) }
    const result = withOutput(before, detail.output)
    if (result !== before && leadsTo(root, node, last)) keep(node, { ...result, prompt })
  }
}

app.registerExtension({
  name: "sora_video.timeline",

  setup() {
    watchTheme(() => shown.forEach((panel) => panel.paint()))
    api.addEventListener("executed", executed)
  },

  nodeCreated(node) {
    if (!LOADERS.includes(node.comfyClass)) return
    const look = () => shown.forEach((panel) => panel.look())
    for (const widget of node.widgets ?? []) watchValue(widget, () => setTimeout(look, 0))
  },

  beforeRegisterNodeDef(nodeType, nodeData) {
    if (nodeData.name !== NODE) return
    const extended = (name, heard) => after(nodeType.prototype, name, heard)
    const { configure } = nodeType.prototype
    nodeType.prototype.configure = function (saved) {
      const names = (saved.inputs ?? []).map(({ name }) => name)
      configure.call(this, saved)
      this.inputs?.splice(0, this.inputs.length, ...sorted(this.inputs, names))
    }
    extended("onNodeCreated", attach)
    extended("onAdded", added)
    extended("onRemoved", (node) => {
      shown.delete(node)
      panels.get(node)?.finished.video.pause()
    })
    extended("onConfigure", (node) => {
      panels.get(node)?.read()
      setTimeout(() => panels.get(node)?.look(), 0) // links are made after that
    })
    extended("onConnectionsChange", (node) => setTimeout(() => panels.get(node)?.look(), 0))
  },
})
