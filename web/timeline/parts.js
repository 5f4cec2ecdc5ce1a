// The elements of a timeline's panel, and its buttons.
import { HEIGHT, PROMPTS } from "./geometry.js"
import { FONT } from "./theme.js"

const ROW = 22
const MARGINS = 20 // that classic nodes leave above and below a widget
export const FIELD = { height: 52, width: 180 } // pixels; wider where the stretch is
export const NARROW = 430 // pixels of a panel whose buttons move together, as in App mode
export const PANEL_HEIGHT = HEIGHT + 2 * ROW + 8 + MARGINS

const SHEET = "sora-timeline-style"
const STYLE = `
.sora-timeline { display: flex; flex-direction: column; gap: 4px; font: ${FONT}; color: var(--input-text, #ddd);
  position: relative; min-width: 0; overflow: hidden }
.sora-timeline-strip { display: flex; gap: 4px; height: ${HEIGHT}px }
.sora-timeline canvas { height: ${HEIGHT}px; display: block; border-radius: 4px; touch-action: none }
.sora-timeline-canvas { flex: 1; width: 0; min-width: 0 }
.sora-timeline-monitor { flex: none; max-width: 40%; object-fit: contain }
.sora-timeline canvas[hidden] { display: none }
.sora-timeline canvas:focus-visible { outline: 1px solid var(--input-text, #ddd); outline-offset: -1px }
.sora-timeline-row { display: flex; gap: 4px; align-items: center; height: ${ROW}px }
.sora-timeline button, .sora-timeline input { font: inherit; color: inherit; height: ${ROW}px; padding: 0 7px;
  background: var(--comfy-input-bg, #222); border: 1px solid var(--border-color, #4e4e4e); border-radius: 4px }
.sora-timeline button { cursor: pointer; white-space: nowrap }
.sora-timeline-narrow button { padding: 0 4px }
.sora-timeline-narrow .sora-timeline-row { gap: 3px }
.sora-timeline-narrow .sora-timeline-monitor { max-width: 28% }
.sora-timeline button:hover { border-color: var(--input-text, #ddd) }
.sora-timeline input { width: 56px; text-align: right }
.sora-timeline-narrow input { width: 44px }
.sora-timeline-space { flex: 1 }
.sora-timeline-status { height: ${ROW - 4}px; line-height: ${ROW - 4}px; white-space: nowrap; overflow: hidden;
  text-overflow: ellipsis; color: var(--descrip-text, #999); user-select: text }
.sora-timeline-field { position: absolute; top: ${PROMPTS.top}px; height: ${FIELD.height}px; z-index: 1; resize: none;
  box-sizing: border-box; padding: 4px 5px; font: inherit; color: inherit; background: var(--comfy-input-bg, #222);
  border: 1px solid var(--input-text, #ddd); border-radius: 4px }
.sora-timeline-field[hidden] { display: none }
.sora-timeline-unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
`

function made(tag, parent, properties = {}) {
  const element = Object.assign(document.createElement(tag), properties)
  parent.append(element)
  return element
}

// keys: what the keys do, for screen readers
export function elementsOf(keys) {
  if (!document.getElementById(SHEET)) made("style", document.head, { id: SHEET, textContent: STYLE })
  const element = document.createElement("div")
  element.className = "sora-timeline"
  const strip = made("div", element, { className: "sora-timeline-strip" })
  const canvas = made("canvas", strip, { className: "sora-timeline-canvas", tabIndex: 0 })
  canvas.dataset.captureWheel = "true" // Nodes 2.0 leave the wheel to it while it has the focus
  canvas.setAttribute("role", "application")
  canvas.setAttribute("aria-label", `Timeline. ${keys}`)
  const monitor = made("canvas", strip, { className: "sora-timeline-monitor", hidden: true })
  monitor.setAttribute("role", "button")
  monitor.setAttribute("aria-label", "What is at the playhead; plays the finished video after a run (K)")
  const field = made("textarea", element, { className: "sora-timeline-field", hidden: true })
  field.setAttribute("aria-label", "Prompt of this stretch")
  const row = made("div", element, { className: "sora-timeline-row" })
  const status = made("div", element, { className: "sora-timeline-status" })
  status.setAttribute("aria-live", "polite")
  const list = made("ul", element, { className: "sora-timeline-unseen" })
  list.setAttribute("aria-label", "Parts of the timeline")
  const length = made("input", document.createElement("div"), { inputMode: "decimal" })
  length.setAttribute("aria-label", "Length in seconds")
  return { element, canvas, monitor, field, row, status, list, length }
}

export function buttons({ row, length }, panel) {
  const button = (text, title, action) => {
    const element = made("button", row, { type: "button", textContent: text, title })
    element.setAttribute("aria-label", title)
    element.addEventListener("click", action)
    element.addEventListener("pointerdown", (event) => event.stopPropagation())
  }
  button("+ Clip", "Put the next connected clip where there is room from the playhead on", () => panel.addClip())
  button("+ Prompt", "Let a new prompt begin at the playhead (P)", () => panel.press("p"))
  button("Split", "Split the chosen clip at the playhead (S)", () => panel.press("s"))
  button("Remove", "Remove the chosen part (Delete)", () => panel.press("Delete"))
  made("span", row, { className: "sora-timeline-space" })
  row.append(length)
  made("span", row, { textContent: "s" })
  button("\u2212", "Zoom out (-)", () => panel.press("-"))
  button("+", "Zoom in (+)", () => panel.press("+"))
  button("Text", "Write the timeline as text", () => panel.host.toggleText())
}
