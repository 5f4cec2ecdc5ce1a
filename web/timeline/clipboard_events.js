// Copy, cut and paste of the page, where a timeline has the focus: the host hears of all others.
import { copied, pasted } from "./clipboard.js"
import { removed } from "./keys.js"

const panels = new WeakMap() // of canvases

// lets a panel copy and paste while its canvas has the focus
export function onClipboard(canvas, panel) {
  panels.set(canvas, panel)
}

function copy(event) {
  const panel = panels.get(document.activeElement)
  const text = panel && copied(panel.state())
  if (!text) return
  event.clipboardData.setData("text/plain", text)
  mine(event)
  if (event.type === "cut") panel.apply(removed(panel.state()))
}

function paste(event) {
  const panel = panels.get(document.activeElement)
  const changes = panel && pasted(event.clipboardData.getData("text/plain"), panel.state())
  if (!changes) return
  mine(event)
  panel.apply(changes)
}

function mine(event) {
  event.preventDefault()
  event.stopImmediatePropagation()
}

// the events come to the body where nothing is marked; the host hears them at the document
globalThis.addEventListener?.("copy", copy, true)
globalThis.addEventListener?.("cut", copy, true)
globalThis.addEventListener?.("paste", paste, true)
