// Which node follows which, through subgraphs.
import assert from "node:assert/strict"
import { test } from "node:test"

import { leadsTo, nodeAt } from "../../web/graph.js"

function graphOf(nodes, links, inputs = []) {
  const graph = { nodes, inputs, getNodeById: (id) => nodes.find((node) => node.id === id) }
  const made = Object.entries(links).map(([id, [target, slot]]) => [id, { id, target_id: target, target_slot: slot }])
  graph.getLink = (id) => Object.fromEntries(made)[id]
  for (const node of nodes) node.graph = graph
  return graph
}

const node = (id, ...outputs) => ({ id, outputs: outputs.map((links) => ({ links })) })

test("a node leads to those after it and to no others", () => {
  const [start, between, end, other] = [node(1, null, [10]), node(2, [11]), node(3), node(4, [12])]
  const graph = graphOf([start, between, end, other], { 10: [2, 0], 11: [3, 0], 12: [3, 1] })
  assert(leadsTo(graph, start, end))
  assert(leadsTo(graph, other, end))
  assert(!leadsTo(graph, start, other))
  assert(!leadsTo(graph, end, start))
  assert(!leadsTo(graph, start, undefined))
})

test("links go into subgraphs and out of them, from the slot that they come to", () => {
  const [inside, unused] = [node(5, [20]), node(6, [21])]
  const inner = graphOf([inside, unused], { 20: [-20, 1], 21: [-20, 0], 22: [5, 0], 23: [6, 0] })
  inner.inputs = [{ linkIds: [23] }, { linkIds: [22] }]
  const [start, holder, end, other] = [node(1, [10]), node(2, [11], [12]), node(3), node(4)]
  holder.subgraph = inner
  const root = graphOf([start, holder, end, other], { 10: [2, 1], 11: [4, 0], 12: [3, 0] })
  root.subgraphs = new Map([["a", inner]])
  assert(leadsTo(root, start, inside))
  assert(!leadsTo(root, start, unused))
  assert(leadsTo(root, start, end))
  assert(!leadsTo(root, start, other))
  assert(leadsTo(root, inside, end))
  assert(leadsTo(root, unused, other))
  assert.equal(nodeAt(root, "2:5"), inside)
  assert.equal(nodeAt(root, "3"), end)
  assert.equal(nodeAt(root, "9:5"), undefined)
})

test("a circle ends", () => {
  const [one, two] = [node(1, [10]), node(2, [11])]
  const graph = graphOf([one, two], { 10: [2, 0], 11: [1, 0] })
  assert(!leadsTo(graph, one, node(3)))
})
