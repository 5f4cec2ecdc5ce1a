"""Entry for ComfyUI, which imports this folder as a package under a name of its own. Nothing else is here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .nodes import SoraExtension

WEB_DIRECTORY = "./web"


async def comfy_entrypoint() -> SoraExtension:
    """The pack's nodes, imported when the host asks for them."""
    from .nodes import SoraExtension

    return SoraExtension()
