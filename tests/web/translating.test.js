import assert from "node:assert/strict"
import { test } from "node:test"

import { translator } from "../../web/translating.js"

const translate = translator({
  "{} frames are rounded to {}": "aus {0} Bildern werden {1}",
  "{}: {}x{} used as {}x{}": "{0}: {1}x{2} als {3}x{4}",
  source: "Quelle",
  "It is (a.b)": "Es ist (a.b)",
})

test("the parts of a sentence stand where its translation has them", () => {
  assert.equal(translate("16 frames are rounded to 17"), "aus 16 Bildern werden 17")
})

test("a part that has a translation is translated", () => {
  assert.equal(translate("source: 720x404 used as 80x48"), "Quelle: 720x404 als 80x48")
  assert.equal(translate("first: 720x404 used as 80x48"), "first: 720x404 als 80x48")
})

test("a sentence without a pattern stays as it is", () => {
  assert.equal(translate("16 frames are rounded"), "16 frames are rounded")
  assert.equal(translate("It is (axb)"), "It is (axb)")
})

test("every translation has the parts of its pattern, once each", async () => {
  const { default: chinese } = await import("../../web/notices.zh.json", { with: { type: "json" } })
  for (const [pattern, text] of Object.entries(chinese)) {
    const parts = [...text.matchAll(/\{(\d)\}/g)].map((found) => Number(found[1])).sort()
    assert.deepEqual(parts, [...Array(pattern.split("{}").length - 1).keys()], pattern)
  }
})
