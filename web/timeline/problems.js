// What is wrong with a timeline, and at which place, as sora_core/timeline/problems.py finds it: a problem is
// {clip, prompt, first, last, sentence}, with the index of its clip or prompt, or null.
import { written } from "./frames.js"
import { atLeast, longestSpan, spansTo } from "./grid.js"

const problem = (clip, prompt, first, last, sentence) => ({ clip, prompt, first, last, sentence })

// the name of a clip with its seconds
export function named(clip, fps) {
  const at = written(clip.at, fps)
  return clip.length ? `${clip.input} (${at} to ${written(clip.at + clip.length, fps)} s)` : `${clip.input} (${at} s)`
}

// the latent frames of a timeline, listed once, and found by bisection
class Latents {
  constructor({ frames, clips }, grid) {
    this.end = atLeast(grid, frames)
    this.spans = spansTo(grid, clips.reduce((last, { at, length }) => Math.max(last, at + length), this.end))
    this.count = this.spans.findIndex(([, stop]) => stop > this.end)
  }

  // the first one that starts at a frame or later
  from(frame) {
    let [low, high] = [0, this.spans.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.spans[middle][0] < frame) low = middle + 1
      else high = middle
    }
    return low
  }

  startFrom(frame) {
    return this.spans[this.from(frame)][0]
  }

  // whether all frames of one are among first .. stop - 1
  within(first, stop) {
    return this.spans[this.from(first)][1] <= stop
  }

  leastFrom(first) {
    return this.spans[this.from(first)][1] - first
  }

  // the start on the canvas that is nearest to a frame; halves round up
  nearestStart(frame) {
    const after = Math.min(this.from(frame), this.count - 1)
    const [[before], [behind]] = [this.spans[Math.max(0, after - 1)], this.spans[after]]
    return Math.abs(behind - frame) <= Math.abs(frame - before) ? behind : before
  }
}

export function problems(timeline, grid) {
  const found = ofEnds(timeline)
  if (timeline.frames) {
    const latents = new Latents(timeline, grid)
    const placed = placedOn(timeline, latents)
    found.push(...tooShort(timeline, placed, latents), ...between(timeline, placed, latents))
  }
  return [...found, ...ofPrompts(timeline)]
}

// clips whose sources are not connected; connected: names of inputs
export function unconnected({ clips, fps }, connected) {
  return clips.flatMap((clip, index) => {
    if (connected.includes(clip.input)) return []
    const there = connected.join(", ") || "none"
    const sentence = `${named(clip, fps)} is on the timeline but not connected: connected is ${there}`
    return [problem(index, null, clip.at, clip.at + Math.max(1, clip.length) - 1, sentence)]
  })
}

// clips that go on after their sources; sources: {input: frames}, of those that are known. A picture is held as long as
// one likes.
export function overruns({ clips, fps }, sources) {
  return clips.flatMap((clip, index) => {
    const known = sources[clip.input]
    if (!known) return []
    const length = clip.length || Math.max(1, known - clip.from)
    const needed = clip.from + length
    if (clip.from < known && (needed <= known || known === 1)) return []
    const sentence =
      `${named(clip, fps)} shows its source up to ${written(needed, fps)} s, which lasts ${written(known, fps)} s: ` +
      "shorten the clip or let it begin earlier in the source"
    return [problem(index, null, clip.at, clip.at + length - 1, sentence)]
  })
}

// the clips of known lengths on the timeline in their order in time: {number, clip, first, stop}; a picture takes the
// nearest latent frame
export function placedClips(timeline, grid) {
  return placedOn(timeline, new Latents(timeline, grid))
}

function placedOn(timeline, latents) {
  return timeline.clips
    .map((clip, number) => ({ clip, number }))
    .filter(({ clip }) => clip.length && clip.at < timeline.frames)
    .map(({ clip, number }) => {
      const first = clip.length === 1 ? latents.nearestStart(clip.at) : clip.at
      const stop = clip.length === 1 ? first + latents.leastFrom(first) : clip.at + clip.length
      return { number, clip, first, stop }
    })
    .sort((one, other) => one.first - other.first || one.stop - other.stop)
}

// clips in runs of those that touch
export function runs(placed) {
  const found = []
  for (const one of placed) {
    if (found.length && found.at(-1).at(-1).stop === one.first) found.at(-1).push(one)
    else found.push([one])
  }
  return found
}

export function loopProblems(timeline, grid) {
  const { fps } = timeline
  const latents = new Latents(timeline, grid)
  const placed = placedOn(timeline, latents)
  if (!placed.length || placed[0].first) {
    const last = placed.length ? placed[0].first - 1 : 0
    return [problem(null, null, 0, last, "a loop begins with what is kept: let a clip begin at 0 s")]
  }
  const found = runs(placed)[0]
    .filter(({ first, clip }) => first < 2 * longestSpan(grid) && (clip.level || clip.ramp_in || clip.ramp_out))
    .map(({ number, clip, first, stop }) =>
      problem(
        number,
        null,
        first,
        stop - 1,
        `${named(clip, fps)} begins a loop, which shows it again as it is: set its level to 0`,
      ),
    )
  const end = placed.at(-1)
  if (!latents.within(end.stop, latents.startFrom(timeline.frames))) {
    const sentence = `${named(end.clip, fps)} leaves no latent frame to lead back to the beginning: leave more`
    found.push(problem(end.number, null, end.stop, Math.max(end.stop, timeline.frames - 1), sentence))
  }
  return found
}

function ofEnds({ frames, fps, clips }) {
  if (!frames) {
    const sentence = "the timeline has no length: write it, such as `length 6`"
    return clips.length ? [] : [problem(null, null, 0, 0, sentence)]
  }
  return clips.flatMap((clip, index) => {
    const stop = Math.max(clip.at + clip.length, clip.at + 1)
    if (stop <= frames) return []
    const sentence =
      `${named(clip, fps)} ends after the timeline, which lasts ${written(frames, fps)} s: move or shorten the clip, ` +
      "or make the timeline longer"
    return [problem(index, null, Math.max(clip.at, frames), stop - 1, sentence)]
  })
}

function tooShort({ frames, fps }, placed, latents) {
  return runs(placed).flatMap((run) => {
    const [first, stop] = [run[0].first, run.at(-1).stop]
    const held = stop === frames ? latents.end : stop // the last frame is held to the end of the canvas
    if (latents.within(first, held)) return []
    const least = latents.leastFrom(first)
    const sentence = `${named(run[0].clip, fps)} fills no latent frame: show ${least} frames, or one as a picture`
    return [problem(run[0].number, null, first, stop - 1, sentence)]
  })
}

function between({ frames, fps }, placed, latents) {
  const found = []
  let [stop, before] = [0, null]
  for (const one of placed) {
    if (one.first < stop && before) {
      const sentence = `${named(one.clip, fps)} overlaps ${named(before.clip, fps)}: move or shorten one of them`
      found.push(problem(one.number, null, one.first, Math.min(stop, one.stop) - 1, sentence))
    } else if (one.first > stop && !latents.within(stop, one.first)) {
      const after = before ? named(before.clip, fps) : "the beginning"
      const gap = `leaves less than a latent frame after ${after}`
      const sentence = `${named(one.clip, fps)} ${gap}: let them touch, or leave more`
      found.push(problem(one.number, null, stop, one.first - 1, sentence))
    }
    if (one.stop > stop) [stop, before] = [one.stop, one]
  }
  if (before && stop < frames && !latents.within(stop, latents.end)) {
    const name = named(before.clip, fps)
    const sentence = `${name} leaves less than a latent frame before the end: let it end there, or leave more`
    found.push(problem(before.number, null, stop, frames - 1, sentence))
  }
  return found
}

function ofPrompts({ frames, fps, prompts }) {
  const time = (at) => written(at, fps)
  const found = []
  prompts.forEach(({ at, text }, index) => {
    if (!text.trim()) {
      found.push(problem(null, index, at, at, `the prompt at ${time(at)} s is empty: write it or remove it`))
    }
    if (frames && at >= frames) {
      const sentence = `the prompt at ${time(at)} s begins after the timeline, which lasts ${time(frames)} s`
      found.push(problem(null, index, at, at, sentence))
    }
  })
  if (prompts.length && prompts[0].at) {
    const { at } = prompts[0]
    found.push(problem(null, 0, 0, at - 1, `no prompt holds before ${time(at)} s: let the first one begin at 0`))
  }
  for (let index = 1; index < prompts.length; index++) {
    const [one, two] = [prompts[index - 1].at, prompts[index].at]
    if (two > one) continue
    const sentence = `the prompt at ${time(two)} s does not follow the one at ${time(one)} s: let their times rise`
    found.push(problem(null, index, two, two, sentence))
  }
  return found
}
