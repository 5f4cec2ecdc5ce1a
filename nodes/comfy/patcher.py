"""The protocol of ComfyUI's MODEL as far as we use it, for every version of its ModelPatcher."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class Patcher(Protocol):
    """A MODEL: a network and its patches. See comfy.model_patcher.ModelPatcher."""

    model: Any
    model_options: dict[str, Any]
    object_patches: dict[str, Any]
    cached_patcher_init: Any
    load_device: Any
    patches: dict[str, Any]
    patches_uuid: Any
    wrappers: dict[str, dict[str, list[Any]]]
    hook_mode: Any

    def clone(self) -> Patcher:
        """A copy with the same network and its own patches."""

    def is_dynamic(self) -> bool:
        """Whether its weights are loaded one by one as they are used."""

    def get_model_object(self, name: str) -> Any:
        """An attribute of `model`, or the object patch that replaces it."""

    def add_object_patch(self, name: str, value: Any) -> None:
        """Replace an attribute of `model`."""

    def add_wrapper_with_key(self, wrapper_type: str, key: str, wrapper: Callable[..., Any]) -> None:
        """Add a wrapper around one of ComfyUI's functions."""

    def get_wrappers(self, wrapper_type: str, key: str) -> list[Any]:
        """The wrappers that add_wrapper_with_key added."""

    def get_nested_additional_models(self) -> list[Any]:
        """Other MODELs that are loaded with this one."""

    def get_non_dynamic_delegate(self) -> Patcher:
        """The same MODEL with weights that are loaded whole, in versions that load them one by one."""
