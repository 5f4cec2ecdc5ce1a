// The finished video of a timeline: its pictures for the strip, and a monitor that shows what is at the playhead and
// plays it.
import { pictureAt } from "./film.js"
import { HEIGHT } from "./geometry.js"
import { fits, frameAt, isOf, measured, secondAt } from "./results.js"
import { stripOf } from "./sources.js"

const SHARPNESS = 2
const WIDTHS = [56, 196] // pixels of the monitor, at least and at most
const TRIANGLE = 9 // pixels, of the sign that it can be played

export class Finished {
  // heard: called when something else is to be shown; played: with a frame of the timeline, while the video plays
  constructor(canvas, heard, played) {
    Object.assign(this, { canvas, heard, played, result: null, film: null, isShown: false, sought: null })
    this.video = Object.assign(document.createElement("video"), { muted: true, preload: "auto", playsInline: true })
    this.video.addEventListener("seeked", heard)
    this.video.addEventListener("loadeddata", heard)
    for (const event of ["pause", "ended"]) this.video.addEventListener(event, heard)
  }

  // a result of results.js, or null
  take(result) {
    const address = result?.address ?? ""
    const isAnother = address !== (this.result?.address ?? "")
    this.result = result
    if (isAnother) this.load(address)
    this.heard()
  }

  async load(address) {
    this.film = this.sought = null
    this.video.pause()
    if (!address) return this.video.removeAttribute("src")
    this.video.src = address
    const film = await stripOf(address).catch(() => null) // a video that cannot be shown
    if (this.result?.address !== address) return
    this.film = film
    this.heard()
  }

  // what of it belongs to a timeline as it is now, {joins, film}; see results.isOf
  of(now) {
    const isSame = Boolean(this.result?.run) && isOf(this.result, now)
    this.isShown = isSame && Boolean(this.film) && fits(this.result, this.film.seconds)
    if (!this.isShown && this.isPlaying()) this.video.pause()
    return { joins: isSame ? measured(this.result.joins) : [], film: this.isShown ? this.filmOf() : null }
  }

  // the pictures in the order of the timeline
  filmOf() {
    const { pictures, seconds } = this.film
    const { frames } = this.result.run
    const picture = (frame) => pictureAt(pictures, secondAt(this.result, frame) / seconds)
    return { pictures, frames, picture }
  }

  isPlaying() {
    return !this.video.paused && !this.video.ended
  }

  toggle() {
    if (!this.isShown) return
    if (this.isPlaying()) return this.video.pause()
    this.video.loop = this.result.run.loop
    this.sought = null
    this.video.play().then(() => this.follow(), () => {})
  }

  // tells each frame that is shown while it plays
  follow() {
    const next = this.video.requestVideoFrameCallback?.bind(this.video) ?? requestAnimationFrame
    const shown = () => {
      if (!this.isPlaying()) return
      this.played(frameAt(this.result, this.video.currentTime))
      next(shown)
    }
    next(shown)
  }

  // shows a frame of the timeline; picture: what is known there, or null
  show(frame, picture, like, theme) {
    const { canvas, video } = this
    const source = this.isShown ? this.film.pictures[0] : like
    canvas.hidden = !source
    if (!source) return
    const width = Math.round(Math.max(WIDTHS[0], Math.min(WIDTHS[1], (HEIGHT * source.width) / source.height)))
    if (canvas.width !== width * SHARPNESS) {
      ;[canvas.width, canvas.height] = [width * SHARPNESS, HEIGHT * SHARPNESS]
      canvas.style.width = `${width}px`
    }
    const context = canvas.getContext("2d")
    context.fillStyle = picture || this.isShown ? theme.ground : theme.invented
    context.globalAlpha = 1
    context.fillRect(0, 0, canvas.width, canvas.height)
    const shown = this.isShown ? this.picture(frame) : picture
    if (shown) placed(context, shown)
    canvas.style.cursor = this.isShown ? "pointer" : ""
    canvas.tabIndex = this.isShown ? 0 : -1
    if (this.isShown && video.paused) triangle(context)
  }

  // the video where it stands at the frame, else the picture nearest to it, until the video has gone there
  picture(frame) {
    const { video, result } = this
    if (this.isPlaying()) return video
    const second = Math.min(secondAt(result, frame), Math.max(0, this.film.seconds - 0.01))
    if (this.sought !== second && video.readyState) this.sought = video.currentTime = second
    const isThere = this.sought === second && video.readyState >= 2 && !video.seeking
    return isThere ? video : this.filmOf().picture(frame)
  }
}

// a picture as large as it fits
function placed(context, picture) {
  const { canvas } = context
  const [width, height] = [picture.videoWidth || picture.width, picture.videoHeight || picture.height]
  const scale = Math.min(canvas.width / width, canvas.height / height)
  const [wide, high] = [width * scale, height * scale]
  context.drawImage(picture, (canvas.width - wide) / 2, (canvas.height - high) / 2, wide, high)
}

function triangle(context) {
  const side = TRIANGLE * SHARPNESS
  const [x, y] = [side, context.canvas.height - side]
  context.fillStyle = "rgba(0, 0, 0, 0.55)"
  context.beginPath()
  context.arc(x, y, side * 0.8, 0, 2 * Math.PI)
  context.fill()
  context.fillStyle = "#ffffff"
  context.beginPath()
  context.moveTo(x - side * 0.25, y - side * 0.4)
  context.lineTo(x + side * 0.45, y)
  context.lineTo(x - side * 0.25, y + side * 0.4)
  context.fill()
}
