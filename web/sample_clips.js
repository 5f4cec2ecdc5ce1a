// Shows the clip of Sora Sample Clip at its node before anything has run, as Load Video shows its file.
import { app } from "../../scripts/app.js"
import { addElement, after, watchValue } from "./widgets.js"

const FOLDER = new URL("samples/", import.meta.url)
const HEIGHT = 200 // pixels

function player() {
  const video = document.createElement("video")
  Object.assign(video, { muted: true, loop: true, autoplay: true, controls: true })
  video.style.cssText = "width: 100%; object-fit: contain"
  return video
}

app.registerExtension({
  name: "sora_video.sample_clips",

  nodeCreated(node) {
    if (node.comfyClass !== "SoraSampleClip") return
    const choice = node.widgets?.find(({ name }) => name === "clip")
    if (!choice) return
    const video = player()
    addElement(node, "sora_sample_clip", "sora-sample-clip", video, () => HEIGHT)
    const show = () => (video.src = new URL(`${choice.value}.mp4`, FOLDER))
    watchValue(choice, show)
    after(node, "onConfigure", show)
    show()
  },
})
