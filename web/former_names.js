// Opens saved workflows whose inputs have been renamed since: links and values go to the input of today.
import { app } from "../../scripts/app.js"

const FORMER = { SoraDecodeToVideo: { frames: "loop_frames" } }

function rename(nodes) {
  for (const { type, inputs } of nodes ?? []) {
    for (const input of inputs ?? []) {
      const name = FORMER[type]?.[input.name]
      if (!name || inputs.some((other) => other.name === name)) continue
      input.name = name
      if (input.widget) input.widget.name = name
    }
  }
}

app.registerExtension({
  name: "sora_video.former_names",

  beforeConfigureGraph(graph) {
    rename(graph.nodes)
    for (const { nodes } of graph.definitions?.subgraphs ?? []) rename(nodes)
  },
})
