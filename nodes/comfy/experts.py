"""Joins two of ComfyUI's MODELs into one that switches between them by noise level, as Wan 2.2 A14B needs.

The joined MODEL is the first with a wrapper around its sampling (comfy.patcher_extension), which calls the second
below the boundary. ComfyUI loads each when it is needed. Nodes after the joined MODEL affect both.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import comfy.model_patcher
import comfy.patcher_extension
import comfy.sampler_helpers
import torch
from comfy.patcher_extension import WrapperExecutor, WrappersMP

from ...sora_core.models.wan.dit.experts import check_boundary, check_experts
from .kinds import Kind, check_video_flow
from .model import SoraModel
from .patcher import Patcher

KEY = "sora_experts"
COMPILED = "torch.compile"  # ComfyUI's key of a wrapper that would put the compiled module of one model into the other
SAMPLING_WRAPPERS = (
    WrappersMP.OUTER_SAMPLE,
    WrappersMP.SAMPLER_SAMPLE,
)  # called once for both MODELs: only the first may have them
Options = dict[str, Any]  # ComfyUI's model_options: nested dicts and lists


@dataclass(frozen=True, eq=False)
class TwoExperts:
    """A wrapper around the sampling of the high-noise MODEL, which runs `low` below the boundary.

    own: the options of the high-noise MODEL when the two were joined. patches: the number of patches of each of its
    weights at that time.
    """

    low: Patcher
    boundary: float
    own: Options
    patches: dict[str, int]

    def __call__(self, executor: Any, *args: Any, **named: Any) -> torch.Tensor:
        """As CFGGuider.outer_sample, whose options are a copy for this video."""
        guider = executor.class_obj
        switch = _ExpertSwitch(self, guider)
        comfy.patcher_extension.add_wrapper_with_key(
            WrappersMP.PREDICT_NOISE, KEY, switch, guider.model_options, is_model_options=True
        )
        try:
            return executor(*args, **named)
        finally:
            switch.end()

    def clone_low(self, high: Patcher) -> Patcher:
        """A clone of `low` with the model_sampling of `high`, and the LoRAs added since the two were joined."""
        if high.load_device != self.low.load_device:
            raise ValueError(
                f"two experts must be on one device, got {high.load_device} and {self.low.load_device}: choose the "
                "device of each before Sora Two Experts"
            )
        delegated = self.low.is_dynamic() and not high.is_dynamic()  # conditionings may have LoRAs of their own
        low = self.low.get_non_dynamic_delegate() if delegated else self.low.clone()
        both = {key: patches[self.patches.get(key, 0) :] for key, patches in high.patches.items()}
        if any(both.values()):
            low.patches |= {key: [*low.patches.get(key, []), *patches] for key, patches in both.items() if patches}
            low.patches_uuid = uuid.uuid5(low.patches_uuid, high.patches_uuid.hex)  # equal for equal patches
        low.add_object_patch("model_sampling", high.get_model_object("model_sampling"))
        low.hook_mode = high.hook_mode
        return low

    def options_for_low(self, options: Options, low: Options) -> Options:
        """Options for a call of `low`: its own, and those added to `options` since the two were joined."""
        both = _since(options, self.own)
        both.pop("multigpu_clones", None)  # copies of the high-noise MODEL
        wrappers = both.get("transformer_options", {}).get("wrappers", {})
        wrappers.get(WrappersMP.APPLY_MODEL, {}).pop(COMPILED, None)
        return comfy.patcher_extension.merge_nested_dicts(low, both)


class _ExpertSwitch:
    """A wrapper around each CFGGuider.predict_noise of one video, which loads and calls the right expert.

    The options of the guider hold this object, so it must not hold them: a reference cycle would keep a MODEL loaded.
    """

    def __init__(self, experts: TwoExperts, guider: Any) -> None:
        self.experts, self.guider = experts, guider
        self.high, self.low = guider.model_patcher, experts.clone_low(guider.model_patcher)
        self.low_options = comfy.model_patcher.create_model_options_clone(self.low.model_options)
        comfy.sampler_helpers.prepare_model_patcher(self.low, guider.conds, self.low_options)
        self.loaded = self.high

    def __call__(
        self, executor: Any, x: torch.Tensor, timestep: torch.Tensor, model_options: Options, seed: Any = None
    ) -> torch.Tensor:
        """As CFGGuider.predict_noise: latents [B C T H W] at sigmas [B]."""
        noisy = timestep >= self.experts.boundary  # [B]
        above = below = x
        if bool(noisy.any()):
            self._load(self.high, x.shape, self.guider.model_options)
            call = self._call(executor, self.high, self.experts.own)
            above = call(x, timestep, model_options, seed)
        if not bool(noisy.all()):
            self._load(self.low, x.shape, self.low_options)
            call = self._call(executor, self.low, self.low_options)
            below = call(x, timestep, self.experts.options_for_low(model_options, self.low_options), seed)
        return torch.where(noisy.view(-1, *[1] * (x.ndim - 1)), above, below)

    def end(self) -> None:
        """Clean up as ComfyUI does after sampling a MODEL."""
        comfy.sampler_helpers.cleanup_additional_models([self.low, *self.low.get_nested_additional_models()])

    def _load(self, patcher: Any, shape: torch.Size, options: Options) -> None:
        if patcher is not self.loaded:
            comfy.sampler_helpers.prepare_sampling(patcher, shape, self.guider.conds, model_options=options)
            patcher.pre_run()
            self.loaded = patcher

    def _call(self, executor: Any, patcher: Any, own: Options) -> Callable[..., torch.Tensor]:
        """CFGGuider.predict_noise of one expert, inside the wrappers that it had before the two were joined."""
        wrappers = comfy.patcher_extension.get_all_wrappers(WrappersMP.PREDICT_NOISE, own, is_model_options=True)
        call = WrapperExecutor.new_class_executor(executor, self.guider, wrappers)

        def run(*args: Any) -> torch.Tensor:
            self.guider.inner_model = patcher.model
            try:
                return call.execute(*args)
            finally:
                self.guider.inner_model = self.high.model

        return run


def two_experts(high: Patcher, low: Patcher, boundary: float) -> Patcher:
    """A clone of the MODEL `high` that runs `low` where the sigma is below the boundary.

    Raises ValueError for MODELs of different kinds, that are no flow models of videos, or that are joined already.
    """
    _check(high, low, boundary)
    joined = high.clone()
    own = options_of(joined)
    for wrappers in (joined.wrappers, joined.model_options["transformer_options"].get("wrappers", {})):
        wrappers.pop(WrappersMP.PREDICT_NOISE, None)  # TwoExperts calls them around `high` only
    patches = {key: len(patches) for key, patches in joined.patches.items()}
    joined.add_wrapper_with_key(WrappersMP.OUTER_SAMPLE, KEY, TwoExperts(low, boundary, own, patches))
    return joined


def experts_of(model: Patcher) -> TwoExperts | None:
    """The wrapper that two_experts put on a MODEL; None for a single model."""
    return next(iter(model.get_wrappers(WrappersMP.OUTER_SAMPLE, KEY)), None)


def _check(high: Patcher, low: Patcher, boundary: float) -> None:
    check_boundary(boundary)
    for name, model in (("high_noise", high), ("low_noise", low)):
        if experts_of(model) is not None:
            raise ValueError(f"got two experts as {name}, expected one MODEL that is a single expert")
        check_video_flow(model)
    kinds = Kind.of(high), Kind.of(low)
    if kinds[0] != kinds[1]:
        raise ValueError(f"two experts must be of one kind, got {kinds[0]} as high_noise and {kinds[1]} as low_noise")
    if isinstance(high.model, SoraModel):
        check_experts(high.model.diffusion_model.config, low.model.diffusion_model.config, boundary)
    wrappers = options_of(low)["transformer_options"]["wrappers"]
    if around := [str(key) for place in SAMPLING_WRAPPERS for key in wrappers.get(place, {})]:
        raise ValueError(
            f"got a low_noise MODEL with a wrapper around the whole of sampling ({', '.join(around)}): connect that "
            "node after Sora Two Experts"
        )


def options_of(model: Patcher) -> Options:
    """The options of a MODEL including its wrappers, merged as ComfyUI does for sampling."""
    options = comfy.model_patcher.create_model_options_clone(model.model_options)
    wrappers = options["transformer_options"].setdefault("wrappers", {})
    comfy.patcher_extension.merge_nested_dicts(wrappers, model.wrappers, copy_dict1=False)
    return options


def _since(now: Options, before: Options) -> Options:
    """A copy of the options that were added since `before`, compared by identity."""
    added: Options = {}
    for name, value in now.items():
        old = before.get(name)
        if isinstance(value, dict):
            added[name] = _since(value, old if isinstance(old, dict) else {})
        elif isinstance(value, list):
            added[name] = [one for one in value if not any(one is other for other in old or ())]
        elif value is not old:
            added[name] = value
    return added
