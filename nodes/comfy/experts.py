"""Two MODELs of ComfyUI's that share the noise levels between them, as one (Wan 2.2 A14B is published as two).

It is the first with a wrapper around its sampling (comfy.patcher_extension), which has the second answer below the
boundary. The host loads each when its turn comes. What is put on the MODEL later holds for both.
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
COMPILED = "torch.compile"  # the host's key of a wrapper that puts one model's compiled module into any model
AROUND_ALL = (WrappersMP.OUTER_SAMPLE, WrappersMP.SAMPLER_SAMPLE)  # of the first MODEL alone: there is one sampling
Options = dict[str, Any]  # as the host has them: nested dicts and lists


@dataclass(frozen=True, eq=False)
class TwoExperts:
    """Around the sampling of the MODEL that answers from the boundary up; `low` answers below.

    own: the options of the first, and patches: how many each of its weights had, when the two were joined.
    """

    low: Patcher
    boundary: float
    own: Options
    patches: dict[str, int]

    def __call__(self, executor: Any, *args: Any, **named: Any) -> torch.Tensor:
        """As the host's CFGGuider.outer_sample, whose options are a copy for this video."""
        guider = executor.class_obj
        turns = _Turns(self, guider)
        comfy.patcher_extension.add_wrapper_with_key(
            WrappersMP.PREDICT_NOISE, KEY, turns, guider.model_options, is_model_options=True
        )
        try:
            return executor(*args, **named)
        finally:
            turns.end()

    def low_beside(self, high: Patcher) -> Patcher:
        """A clone of `low` for a video with `high`: with its schedule, and the LoRAs since the two were joined."""
        if high.load_device != self.low.load_device:
            raise ValueError(
                f"two experts must be on one device, got {high.load_device} and {self.low.load_device}: choose it for "
                "each of them, before Sora Two Experts"
            )
        delegated = _is_dynamic(self.low) and not _is_dynamic(high)  # where texts bring LoRAs of their own
        low = self.low.get_non_dynamic_delegate() if delegated else self.low.clone()
        both = {key: patches[self.patches.get(key, 0) :] for key, patches in high.patches.items()}
        if any(both.values()):
            low.patches |= {key: [*low.patches.get(key, []), *patches] for key, patches in both.items() if patches}
            low.patches_uuid = uuid.uuid5(low.patches_uuid, high.patches_uuid.hex)  # the same for the same patches
        low.add_object_patch("model_sampling", high.get_model_object("model_sampling"))
        low.hook_mode = high.hook_mode
        return low

    def for_low(self, options: Options, low: Options) -> Options:
        """Options of a call to the first, turned into those of a call to the second, whose own are `low`."""
        both = _since(options, self.own)
        both.pop("multigpu_clones", None)  # copies of the first
        wrappers = both.get("transformer_options", {}).get("wrappers", {})
        wrappers.get(WrappersMP.APPLY_MODEL, {}).pop(COMPILED, None)
        return comfy.patcher_extension.merge_nested_dicts(low, both)


class _Turns:
    """Around each call of the host's CFGGuider while one video is made: who answers, loaded when its turn comes.

    The guider's options of that time hold this, so this must not hold them: in a cycle the host loses sight of a MODEL.
    """

    def __init__(self, experts: TwoExperts, guider: Any) -> None:
        self.experts, self.guider = experts, guider
        self.high, self.low = guider.model_patcher, experts.low_beside(guider.model_patcher)
        self.low_options = comfy.model_patcher.create_model_options_clone(self.low.model_options)
        comfy.sampler_helpers.prepare_model_patcher(self.low, guider.conds, self.low_options)
        self.loaded = self.high

    def __call__(
        self, executor: Any, x: torch.Tensor, timestep: torch.Tensor, model_options: Options, seed: Any = None
    ) -> torch.Tensor:
        """As CFGGuider.predict_noise: latents [B C T H W] at levels [B]."""
        noisy = timestep >= self.experts.boundary  # [B]
        above = below = x
        if bool(noisy.any()):
            self._load(self.high, x.shape, self.guider.model_options)
            call = self._call(executor, self.high, self.experts.own)
            above = call(x, timestep, model_options, seed)
        if not bool(noisy.all()):
            self._load(self.low, x.shape, self.low_options)
            call = self._call(executor, self.low, self.low_options)
            below = call(x, timestep, self.experts.for_low(model_options, self.low_options), seed)
        return torch.where(noisy.view(-1, *[1] * (x.ndim - 1)), above, below)

    def end(self) -> None:
        """As the host does with the MODEL that it samples."""
        comfy.sampler_helpers.cleanup_additional_models([self.low, *self.low.get_nested_additional_models()])

    def _load(self, patcher: Any, shape: torch.Size, options: Options) -> None:
        if patcher is not self.loaded:
            comfy.sampler_helpers.prepare_sampling(patcher, shape, self.guider.conds, model_options=options)
            patcher.pre_run()
            self.loaded = patcher

    def _call(self, executor: Any, patcher: Any, own: Options) -> Callable[..., torch.Tensor]:
        """CFGGuider.predict_noise of one of the two, inside the wrappers that were put on it alone."""
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
    """A clone of the MODEL `high` that has `low` answer where the highest level of a video is below the boundary.

    Raises ValueError for two that are not of one kind, that are no flow models of videos, or that are two already.
    """
    _check(high, low, boundary)
    joined = high.clone()
    own = _options_of(joined)
    for wrappers in (joined.wrappers, joined.model_options["transformer_options"].get("wrappers", {})):
        wrappers.pop(WrappersMP.PREDICT_NOISE, None)  # from now on they are around the calls of `high` alone
    patches = {key: len(patches) for key, patches in joined.patches.items()}
    joined.add_wrapper_with_key(WrappersMP.OUTER_SAMPLE, KEY, TwoExperts(low, boundary, own, patches))
    return joined


def experts_of(model: Patcher) -> TwoExperts | None:
    """What two_experts put on a MODEL; None for one that is a single model."""
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
    wrappers = _options_of(low)["transformer_options"]["wrappers"]
    if around := [str(key) for place in AROUND_ALL for key in wrappers.get(place, {})]:
        raise ValueError(
            f"got a low_noise MODEL with something around the whole of sampling ({', '.join(around)}): put it on the "
            "MODEL that comes out of Sora Two Experts"
        )


def _options_of(model: Patcher) -> Options:
    """The options of a MODEL with its wrappers among them, as the host puts them together for sampling."""
    options = comfy.model_patcher.create_model_options_clone(model.model_options)
    wrappers = options["transformer_options"].setdefault("wrappers", {})
    comfy.patcher_extension.merge_nested_dicts(wrappers, model.wrappers, copy_dict1=False)
    return options


def _since(now: Options, before: Options) -> Options:
    """A copy of what options hold now and did not hold before, known by identity."""
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


def _is_dynamic(model: Patcher) -> bool:
    """Whether its weights are loaded one by one as they are used; older releases know no such thing."""
    return hasattr(model, "is_dynamic") and model.is_dynamic()
