"""A MODEL of ComfyUI as our code uses it, whichever class of patcher the host has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class Patcher(Protocol):
    """A MODEL: a network, and what nodes have patched into it. See comfy.model_patcher.ModelPatcher."""

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
        """Another MODEL with the same network, whose patches can be changed."""

    def get_model_object(self, name: str) -> Any:
        """An attribute of the network's wrapper, or what a node has put in its place."""

    def add_object_patch(self, name: str, value: Any) -> None:
        """Put something in the place of an attribute."""

    def add_wrapper_with_key(self, wrapper_type: str, key: str, wrapper: Callable[..., Any]) -> None:
        """Have a function called around one of the host's."""

    def get_wrappers(self, wrapper_type: str, key: str) -> list[Any]:
        """The functions that add_wrapper_with_key has put there."""

    def get_nested_additional_models(self) -> list[Any]:
        """Other MODELs that are loaded with this one."""

    def get_non_dynamic_delegate(self) -> Patcher:
        """The same with weights that are loaded whole; of hosts that load them piece by piece."""
