// Lists this pack's templates from the first to try to the special ones: ComfyUI lists files as the disk has them.
import { api } from "../../scripts/api.js"
import { app } from "../../scripts/app.js"
import { inOrder } from "./orders.js"

const HERE = new URL(".", import.meta.url)
const PACK = decodeURIComponent(HERE.pathname.split("/").at(-2)) // its folder in custom_nodes, which names it

app.registerExtension({
  name: "sora_video.template_order",

  async init() {
    const answer = await fetch(new URL("templates.json", HERE))
    if (!answer.ok) return
    const order = await answer.json()
    const listed = api.getWorkflowTemplates.bind(api)
    api.getWorkflowTemplates = async () => {
      const packs = await listed()
      return PACK in packs ? { ...packs, [PACK]: inOrder(packs[PACK], order) } : packs
    }
  },
})
