// Frames of a timeline and seconds, exactly: whole frames, fractions of a second, halves round up. The same arithmetic
// as sora_core/timeline/frame_times.py; tests/timeline_cases.json holds both to the same values.

const NTSC = [1000n, 1001n]
const NTSC_ERROR = 2e-6 // of the rate; people write 29.97 for 30000 / 1001
const MOST_PARTS = 1001n // the largest denominator of a rate

const abs = (value) => (value < 0n ? -value : value)

function floorDivided(numerator, denominator) {
  const quotient = numerator / denominator
  return quotient * denominator > numerator ? quotient - 1n : quotient
}

// the whole number nearest to numerator / denominator
function nearest(numerator, denominator) {
  return Number(floorDivided(2n * numerator + denominator, 2n * denominator))
}

// a decimal number as a fraction
export function fractionOf(text) {
  const [whole, decimals = ""] = String(text).split(".")
  return [BigInt(whole + decimals), 10n ** BigInt(decimals.length)]
}

// the fraction that a number of frames per second stands for, such as 30000 / 1001 for 29.97
export function exactRate(fps) {
  const whole = Math.round((fps * 1001) / 1000)
  const broadcast = (whole * 1000) / 1001
  if (whole && !Number.isInteger(fps) && Math.abs(fps - broadcast) <= NTSC_ERROR * fps) {
    return [BigInt(whole) * NTSC[0], NTSC[1]]
  }
  return limited(fractionOf(fps))
}

// the nearest fraction with a denominator of at most MOST_PARTS, by continued fractions
function limited([numerator, denominator]) {
  if (denominator <= MOST_PARTS) return [numerator, denominator]
  let [p0, q0, p1, q1] = [0n, 1n, 1n, 0n]
  let [n, d] = [numerator, denominator]
  for (;;) {
    const part = n / d
    const q2 = q0 + part * q1
    if (q2 > MOST_PARTS) break
    ;[p0, q0, p1, q1] = [p1, q1, p0 + part * p1, q2]
    ;[n, d] = [d, n - part * d]
  }
  const steps = (MOST_PARTS - q0) / q1
  const other = [p0 + steps * p1, q0 + steps * q1]
  const error = ([p, q]) => [abs(p * denominator - numerator * q), q]
  const [[e1, d1], [e2, d2]] = [error([p1, q1]), error(other)]
  return e1 * d2 <= e2 * d1 ? [p1, q1] : other
}

// the frame nearest to a time, which is written as a decimal number
export function framesAt(seconds, fps) {
  const [[s, t], [r, q]] = [fractionOf(seconds), exactRate(fps)]
  return nearest(s * r, t * q)
}

// the time of a frame in seconds, with as many decimals as it needs, at most three
export function written(frames, fps) {
  const [r, q] = exactRate(fps)
  return String(nearest(BigInt(frames) * 1000n * q, r) / 1000)
}

// the frame of another rate nearest to a frame
export function converted(frames, fps, newFps) {
  const [[r, q], [n, m]] = [exactRate(fps), exactRate(newFps)]
  return nearest(BigInt(frames) * n * q, m * r)
}
