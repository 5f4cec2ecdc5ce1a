// What a server said when it refused a graph before a run.

const OURS = "custom_validation_failed" // the type of what a node's own check found: "input - sentence"

// node_errors of the server's answer -> [{id, sentence}] of nodes of this pack, each sentence once
export function refusals(nodeErrors) {
  return Object.entries(nodeErrors ?? {}).flatMap(([id, { class_type: type, errors }]) =>
    type?.startsWith("Sora") ? [...new Set(errors.map(sentenceOf))].map((sentence) => ({ id, sentence })) : [],
  )
}

function sentenceOf({ type, message, details }) {
  if (type !== OURS) return details ? `${message}: ${details}` : message
  return details.replace(/^\S+ - /, "")
}
