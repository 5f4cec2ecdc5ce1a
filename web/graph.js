// Where nodes are in a graph with subgraphs, and which follow which.

const SUBGRAPH_OUTPUT = -20 // the id of the node at which the outputs of a subgraph end

// "4" is a node of the graph, "7:4" one of the subgraph that node 7 is
export function nodeAt(root, path) {
  let graph = root
  let node
  for (const id of String(path).split(":")) {
    node = graph?.getNodeById(Number(id)) ?? graph?.getNodeById(id)
    graph = node?.subgraph
  }
  return node
}

// whether what a node makes comes to another one, through any nodes between, in or out of subgraphs
export function leadsTo(root, start, end) {
  const seen = new Set()
  const open = (start.outputs ?? []).flatMap((output) => linksOf(start.graph, output.links))
  while (open.length) {
    const { graph, link } = open.pop()
    if (seen.has(link)) continue
    seen.add(link)
    if (link.target_id === SUBGRAPH_OUTPUT) {
      for (const holder of holdersOf(root, graph)) {
        open.push(...linksOf(holder.graph, holder.outputs?.[link.target_slot]?.links))
      }
      continue
    }
    const node = graph.getNodeById(link.target_id)
    if (node === end && node) return true
    if (node?.subgraph) open.push(...linksOf(node.subgraph, node.subgraph.inputs?.[link.target_slot]?.linkIds))
    else for (const output of node?.outputs ?? []) open.push(...linksOf(graph, output.links))
  }
  return false
}

function linksOf(graph, ids) {
  return (ids ?? []).map((id) => ({ graph, link: graph.getLink(id) })).filter(({ link }) => link)
}

// the nodes that a subgraph is shown as
function holdersOf(root, subgraph) {
  const graphs = [root, ...(root.subgraphs?.values() ?? [])]
  return graphs.flatMap(({ nodes }) => (nodes ?? []).filter((node) => node.subgraph === subgraph))
}
