// The timelines of the ability nodes: what is known and what is generated, from the values of their widgets. values:
// by name; lengths: frames of the sources at the node's rate, by the name of the input, 1 for a picture; each function
// returns null where a length that it needs is not known.

const clip = (input, at, length, more = {}) => {
  return { input, at, length, from: 0, level: 0, ramp_in: 0, ramp_out: 0, ...more }
}

function timeline(fps, frames, clips, loop = false) {
  return { version: 1, fps, frames: Math.max(1, frames), clips, prompts: [], loop }
}

const ABILITIES = {
  SoraExtendVideo({ before, after, fps }, { source }) {
    if (!source) return null
    const first = Math.round(before * fps)
    return timeline(fps, first + source + Math.round(after * fps), [clip("source", first, source)])
  },

  SoraConnectVideos({ seconds, fps }, { first, second }) {
    if (!first || !second) return null
    const at = first + Math.round(seconds * fps)
    return timeline(fps, at + second, [clip("first", 0, first), clip("second", at, second)])
  },

  SoraLoopVideo({ seconds, fps }, { source }) {
    return source ? timeline(fps, source + Math.round(seconds * fps), [clip("source", 0, source)], true) : null
  },

  SoraAnimateImage({ seconds, fps }) {
    return timeline(fps, Math.round(seconds * fps), [clip("image", 0, 1)])
  },

  SoraEditVideo({ strength, fps }, { source }) {
    return source ? timeline(fps, source, [clip("source", 0, source, { level: strength })]) : null
  },

  SoraTimeRange({ start, end, fps }, { source }) {
    return source ? timeline(fps, source, ranged(source, start * fps, end * fps)) : null
  },

  // range: {start, end} of a Sora Time Range at its region; without one the region holds for the whole time
  SoraInpaintVideo({ fps, range }, { source }) {
    if (!source) return null
    return timeline(fps, source, range ? ranged(source, range.start * fps, range.end * fps) : ranged(source, 0, source))
  },

  // keys: [{seconds, from_end, length}] of the chain, the last one this node's; grid: {seconds} of the canvas
  SoraKeyframe({ fps, keys, grid }) {
    if (!grid || keys.some(({ length }) => !length)) return null
    const frames = Math.max(1, Math.round(grid.seconds * fps))
    const clips = keys.map(({ seconds, from_end: fromEnd, length }, index) => {
      const at = Math.round(seconds * fps)
      return clip(`key ${index + 1}`, Math.max(0, fromEnd ? frames - at - length : at), length)
    })
    return timeline(fps, frames, clips)
  },
}

// a source of which some frames are made anew
function ranged(frames, start, end) {
  const [first, stop] = [Math.max(0, Math.round(start)), Math.min(frames, Math.round(end))]
  const parts = [
    [0, first, 0],
    [first, stop, 1],
    [stop, frames, 0],
  ]
  return parts
    .filter(([from, to]) => to > from)
    .map(([from, to, level]) => clip("source", from, to - from, { from, level }))
}

export const NODES = Object.keys(ABILITIES)

// the inputs of a node that bring what is on its timeline
export const SOURCES = {
  SoraConnectVideos: ["first", "second"],
  SoraAnimateImage: ["image"],
}

export function timelineOf(node, values, lengths) {
  return ABILITIES[node](values, lengths)
}
