// What listens to nodes and widgets, and the elements that are shown as widgets.
import assert from "node:assert/strict"
import { test } from "node:test"

import { addElement, after, coalesced, fit, watchValue } from "../../web/widgets.js"

test("a method goes on as it was, and is heard with its object and its arguments", () => {
  const heard = []
  const object = { factor: 3, times(value) { return this.factor * value } } // prettier-ignore
  after(object, "times", (...values) => heard.push(values))
  after(object, "absent", () => heard.push("absent"))
  assert.equal(object.times(2), 6)
  object.absent()
  assert.deepEqual(heard, [[object, 2], "absent"])
})

test("a value that is set is heard after the widget has it", () => {
  const widget = { callback(value) { this.value = value } } // prettier-ignore
  const heard = []
  watchValue(widget, (...values) => heard.push([widget.value, values.length]))
  widget.callback(5)
  assert.deepEqual(heard, [[5, 0]])
})

test("many calls in one task run once, and later ones again", async () => {
  let runs = 0
  const run = coalesced(() => runs++)
  for (let call = 0; call < 50; call++) run()
  assert.equal(runs, 0)
  await new Promise((resolve) => setTimeout(resolve, 5))
  assert.equal(runs, 1)
  run()
  await new Promise((resolve) => setTimeout(resolve, 5))
  assert.equal(runs, 2)
})

test("an element is no value of the workflow, and its height is limited where it is said", () => {
  const node = { addDOMWidget: (name, type, element, options) => ({ name, type, element, options }) }
  const [least, most] = [() => 10, () => 20]
  const widget = addElement(node, "name", "type", "element", least, most)
  assert.deepEqual([widget.name, widget.type, widget.element, widget.serialize], ["name", "type", "element", false])
  assert.deepEqual([widget.options.serialize, widget.options.getMinHeight()], [false, 10])
  assert.equal(widget.options.getMaxHeight(), 20)
  assert(!("getMaxHeight" in addElement(node, "name", "type", "element", least).options))
})

test("a node keeps its width and gets the height that it needs", () => {
  const sizes = []
  const node = { size: [300, 50], computeSize: () => [200, 120], setSize: (size) => sizes.push(size) }
  fit(node)
  assert.deepEqual(sizes, [[300, 120]])
})
