// The field in which a prompt is written, over its stretch.
import { stretches, xOf } from "./geometry.js"
import { FIELD } from "./parts.js"

// shows the field until it is left; done: gets the text then
export function writePrompt({ field, canvas }, { timeline, view }, index, done) {
  const { text } = timeline.prompts[index]
  const { first, stop } = stretches(timeline)[index]
  const [from, to] = [first, stop].map((frame) => Math.max(0, Math.min(view.width, xOf(view, frame))))
  const width = Math.min(view.width, Math.max(FIELD.width, to - from))
  field.value = text
  field.hidden = false
  field.style.width = `${width}px`
  field.style.left = `${Math.min(from, view.width - width)}px`
  field.focus()
  field.onblur = () => {
    field.hidden = true
    field.onblur = null
    done(field.value.trim())
  }
  field.onkeydown = (event) => {
    event.stopPropagation()
    if (event.isComposing) return // Enter takes a word of an input method
    if (event.key === "Escape") field.value = text
    if (event.key === "Escape" || (event.key === "Enter" && !event.shiftKey)) {
      event.preventDefault()
      canvas.focus()
    }
  }
}
