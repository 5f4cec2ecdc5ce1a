// Orders of lists.
import assert from "node:assert/strict"
import { test } from "node:test"
import { inOrder } from "../../web/orders.js"

test("names come in the given order, unknown ones last and as they were", () => {
  const names = ["Mine", "Loop", "A", "First"]
  assert.deepEqual(inOrder(names, ["First", "Not There", "Loop"]), ["First", "Loop", "Mine", "A"])
  assert.deepEqual(names, ["Mine", "Loop", "A", "First"])
})
