// Pictures of films, in the order of time: which one shows a moment. No DOM.

// the picture of a share of a film, 0 its beginning and 1 its end
export function pictureAt(pictures, share) {
  const within = Math.min(0.999, Math.max(0, share))
  return pictures[Math.floor(within * pictures.length)]
}

// the picture of a clip at a moment of the timeline, in frames; strip: {frames, pictures}, of the whole source
export function pictureOfClip(clip, strip, moment) {
  return pictureAt(strip.pictures, (clip.from + moment - clip.at) / Math.max(1, strip.frames))
}

// the picture of what is known at a frame of a timeline; null where nothing is, or has no pictures
export function knownAt(timeline, strips, frame) {
  const over = timeline.clips.findLast((clip) => frame >= clip.at && frame < clip.at + Math.max(1, clip.length))
  const strip = over && over.level < 1 ? strips[over.input] : null
  return strip?.pictures.length ? pictureOfClip(over, strip, frame + 0.5) : null
}
