// What is shown of a graph that the server refused.
import assert from "node:assert/strict"
import { test } from "node:test"
import { refusals } from "../../web/refusals.js"

const own = (input, sentence) => ({
  type: "custom_validation_failed",
  message: "Custom validation failed for node",
  details: `${input} - ${sentence}`,
})

test("a sentence that two inputs share is said once", () => {
  const sentence = "end is 1 s and start 2 s: set end to a later time than start"
  const errors = [own("start", sentence), own("end", sentence)]
  assert.deepEqual(refusals({ 9: { class_type: "SoraTimeRange", errors } }), [{ id: "9", sentence }])
})

test("other faults are said as the server says them, those of other packs are left to it", () => {
  const errors = [{ type: "value_smaller_than_min", message: "Value 0 smaller than min of 0.1", details: "seconds" }]
  const said = [{ id: "4", sentence: "Value 0 smaller than min of 0.1: seconds" }]
  assert.deepEqual(refusals({ 4: { class_type: "SoraVideoGrid", errors }, 5: { class_type: "KSampler", errors } }), said)
  assert.deepEqual(refusals(undefined), [])
})
