// Shows the input `timeline` of Sora Timeline as a timeline. The text of that input is the truth; the panel is a view.
import { app } from "../../scripts/app.js"
import { TimelinePanel } from "./timeline/panel.js"
import { PANEL_HEIGHT } from "./timeline/parts.js"
import { LOADERS, connected, watchValue } from "./timeline/sources.js"
import { isJson, parseJson } from "./timeline/state.js"
import { textOf } from "./timeline/text.js"
import { watchTheme } from "./timeline/theme.js"

const NODE = "SoraTimeline"
const KEY = "sora_timeline" // of the widget, and of the node's `ui` output
const VALUES = ["timeline", "fps", "loop"] // that the panel shows
const SAMPLES = new URL("./samples", import.meta.url).pathname
const panels = new WeakMap() // of nodes
const shown = new Set() // panels of the nodes that are in a graph
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

function fit(node) {
  const [width, height] = node.computeSize()
  node.setSize?.([Math.max(node.size[0], width), Math.max(node.size[1], height)])
  node.graph?.setDirtyCanvas(true, true)
}

// The host appends the inputs that have grown to a node that is pasted or goes into a subgraph, and then links by place:
// clip2 would come to mask1. So inputs go where they were saved.
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
  const widget = node.addDOMWidget(KEY, `sora-timeline-${++made}`, panel.element, {
    serialize: false,
    hideOnZoom: false,
    getMinHeight: () => PANEL_HEIGHT,
    getMaxHeight: () => PANEL_HEIGHT,
    getValue: () => "",
    setValue: () => {},
  })
  widget.serialize = false
  hideText(text, true)
  for (const one of node.widgets) if (VALUES.includes(one.name)) watchValue(one, () => panel.read())
  fit(node)
}

app.registerExtension({
  name: "sora_video.timeline",

  setup() {
    watchTheme(() => shown.forEach((panel) => panel.paint()))
  },

  nodeCreated(node) {
    if (!LOADERS.includes(node.comfyClass)) return
    const look = () => shown.forEach((panel) => panel.look())
    for (const widget of node.widgets ?? []) watchValue(widget, () => setTimeout(look, 0))
  },

  beforeRegisterNodeDef(nodeType, nodeData) {
    if (nodeData.name !== NODE) return
    const extended = (name, after) => {
      const original = nodeType.prototype[name]
      nodeType.prototype[name] = function (...values) {
        const result = original?.apply(this, values)
        after(this, ...values)
        return result
      }
    }
    const { configure } = nodeType.prototype
    nodeType.prototype.configure = function (saved) {
      const names = (saved.inputs ?? []).map(({ name }) => name)
      configure.call(this, saved)
      this.inputs?.splice(0, this.inputs.length, ...sorted(this.inputs, names))
    }
    extended("onNodeCreated", attach)
    extended("onAdded", (node) => panels.has(node) && shown.add(panels.get(node)))
    extended("onRemoved", (node) => shown.delete(panels.get(node)))
    extended("onConfigure", (node) => {
      panels.get(node)?.read()
      setTimeout(() => panels.get(node)?.look(), 0) // links are made after that
    })
    extended("onConnectionsChange", (node) => setTimeout(() => panels.get(node)?.look(), 0))
    extended("onExecuted", (node, output) => {
      const [told] = output?.[KEY] ?? []
      if (told?.grid) panels.get(node).grid = told.grid
      panels.get(node)?.look()
    })
  },
})
