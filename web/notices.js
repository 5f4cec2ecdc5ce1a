// Keeps what a node of this pack has told its user at the node, until it runs again: the front end clears its own text
// previews when a job ends. The widget is a DOM element, which classic nodes and Nodes 2.0 both show.
import { app } from "../../scripts/app.js"
import { api } from "../../scripts/api.js"
import { nodeAt } from "./graph.js"
import { refusals } from "./refusals.js"
import { translator } from "./translating.js"
import { addElement, after, fit } from "./widgets.js"

const KEY = "sora_notices" // as in nodes/io/told.py
const LINE = 16 // pixels
const MARGIN = 10 // that the front end leaves above and below a widget
const LANGUAGES = ["zh"] // that have a file here

let translate = (notice) => notice

const elements = new WeakMap() // of nodes: Nodes 2.0 keeps the element that a widget of that name was first shown with

function widgetOf(node) {
  return node.widgets?.find(({ name }) => name === KEY)
}

function clear(node) {
  const widget = widgetOf(node)
  if (!widget) return
  node.removeWidget(widget)
  fit(node)
}

function elementOf(node) {
  if (!elements.has(node)) {
    const element = document.createElement("div")
    element.className = "sora-notices"
    element.style.cssText = "overflow: hidden; font-size: 11px; color: var(--input-text, #ddd); user-select: text"
    elements.set(node, element)
  }
  return elements.get(node)
}

function lineOf(notice) {
  const line = document.createElement("div")
  line.textContent = line.title = translate(notice)
  line.style.cssText = `line-height: ${LINE}px; white-space: nowrap; text-overflow: ellipsis; overflow: hidden`
  return line
}

async function speak(locale) {
  const language = LANGUAGES.find((code) => locale === code)
  if (!language) return
  const answer = await fetch(new URL(`./notices.${language}.json`, import.meta.url))
  if (answer.ok) translate = translator(await answer.json())
}

function show(node, notices) {
  if (!notices?.length) return
  const element = elementOf(node)
  element.replaceChildren(...notices.map(lineOf))
  if (!widgetOf(node)) {
    const height = () => LINE * element.childElementCount + 2 * MARGIN
    addElement(node, KEY, "sora-notices", element, height, height)
  }
  fit(node)
}

const found = (path) => nodeAt(app.rootGraph ?? app.graph, path)

function tellFault(id, type, detail) {
  app.extensionManager.toast.add({ severity: "error", summary: found(id)?.title ?? type, detail })
}

// the front end says only that a node rejected a value
function tellRefusals() {
  const { queuePrompt } = api
  api.queuePrompt = async function (...values) {
    try {
      return await queuePrompt.apply(this, values)
    } catch (problem) {
      for (const { id, sentence } of refusals(problem.response?.node_errors)) tellFault(id, `node ${id}`, sentence)
      throw problem
    }
  }
}

app.registerExtension({
  name: "sora_video.notices",

  async setup() {
    await speak(app.extensionManager.setting.get("Comfy.Locale"))
    api.addEventListener("executing", ({ detail }) => {
      const node = detail != null && found(detail)
      if (node) clear(node)
    })
    api.addEventListener(KEY, ({ detail }) => {
      const node = found(detail.node)
      if (node) show(node, detail.notices)
    })
    // the front end's own message says only that a node threw an error
    api.addEventListener("execution_error", ({ detail }) => {
      if (!detail.node_type?.startsWith("Sora")) return
      tellFault(detail.node_id, detail.node_type, detail.exception_message?.trim())
    })
    tellRefusals()
  },

  beforeRegisterNodeDef(nodeType, nodeData) {
    if (!nodeData.name?.startsWith("Sora")) return
    after(nodeType.prototype, "onExecuted", (node, output) => show(node, output?.[KEY]))
  },
})
