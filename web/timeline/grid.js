// Which numbers of frames a VAE takes, and which of them each latent frame holds; see sora_core/canvas/time_grid.py.
// A grid is {first, cycle, least, step}: frames of the first latent frames, of those that repeat, and least + k * step.

export const USUAL = { first: [1], cycle: [4], least: 1, step: 4 } // of Wan and of the bundled model

// spans [start, stop] of the latent frames up to that which holds frame `last`, and one more
export function spansTo(grid, last) {
  const spans = []
  let stop = 0
  for (let latent = 0; stop <= last + grid.step; latent++) {
    const again = (latent - grid.first.length) % grid.cycle.length
    const frames = latent < grid.first.length ? grid.first[latent] : grid.cycle[again]
    spans.push([stop, stop + frames])
    stop += frames
  }
  return spans
}

// the smallest number that the VAE takes of at least `frames`
export function atLeast(grid, frames) {
  const steps = Math.max(0, Math.ceil((frames - grid.least) / grid.step))
  return grid.least + steps * grid.step
}

// [first, stop] of the latent frames whose frames all are among first .. stop - 1; null where there are none
export function latentsWithin(grid, first, stop) {
  const spans = spansTo(grid, atLeast(grid, Math.max(stop, 1))).filter(([, end]) => end <= stop)
  const begin = spans.findIndex(([start]) => start >= first)
  return begin < 0 ? null : [begin, spans.length]
}

// the smallest frame, from `frame` on, at which a latent frame starts
export function startFrom(grid, frame) {
  return spansTo(grid, frame).find(([start]) => start >= frame)[0]
}

// the smallest number of frames that fill a latent frame which starts at `first`, or later
export function leastFrom(grid, first) {
  const [, stop] = spansTo(grid, first + 1).find(([start]) => start >= first)
  return stop - first
}

// the frame nearest to `frame` at which a latent frame of a canvas of `frames` starts; halves round up
export function nearestStart(grid, frame, frames) {
  const starts = spansTo(grid, frames).filter(([, stop]) => stop <= frames)
  return starts.reduce((best, [start]) => (Math.abs(start - frame) <= Math.abs(best - frame) ? start : best), 0)
}

// the most frames of one latent frame
export function longestSpan(grid) {
  return Math.max(...grid.first, ...grid.cycle)
}
