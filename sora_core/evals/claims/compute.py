"""The claim that quality rises with training compute: the same prompts and seeds for models of rising compute.

The models are three runs, or one run's weights at three steps (`sora_core.train dit --keep-at`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ...canvas.shapes import VideoShape
from ...world import Style
from ..tables import Row
from .claim import TRUE, Outcome, Request, mean_of, share
from .following import Following, chosen_domains, follow
from .pictures import chart, labelled, strip
from .subject import Subject

FRAMES = 17
STYLES = (Style.DESCRIPTIVE, Style.RICH)
SIDE_BY_SIDE = 2  # prompts of each domain that the picture shows


class Compute:
    """See Claim."""

    several = True

    def measure(self, subjects: Sequence[Subject], request: Request) -> Outcome:
        """See Claim."""
        if len(request.compute) != len(subjects) or min(request.compute) <= 0:
            got = " ".join(f"{one:g}" for one in request.compute) or "none"
            raise ValueError(f"got --compute {got}, expected {len(subjects)} numbers > 0, one for each model")
        rows: list[Row] = []
        curves: dict[str, list[tuple[float, float]]] = defaultdict(list)
        shown: list[tuple[str, list[Following]]] = []
        for domain in chosen_domains(request.domains):
            true = follow(None, domain, _video(subjects), styles=STYLES, count=request.count, seed=request.seed)
            made = [
                follow(one, domain, _video(subjects), styles=STYLES, count=request.count, seed=request.seed)
                for one in subjects
            ]
            for compute, subject, following in zip(request.compute, subjects, made, strict=True):
                rows += _rows(f"{compute:g}", subject.name, following)
                for name, hits in following.hits.items():
                    curves[f"{domain.name}: {name}"].append((compute, sum(hits) / len(hits)))
            rows += _rows("", TRUE, true)
            shown.append((domain.name, made))
        picture = [("share of clips with the attribute that was asked for", chart(curves, across="compute", upward=""))]
        for _, made in shown:
            for index in range(min(SIDE_BY_SIDE, request.count)):
                picture += [
                    (f"{compute:g}x: {following.prompts[index]}", strip(following.clips[index], range(0, FRAMES, 2)))
                    for compute, following in zip(request.compute, made, strict=True)
                ]
        return Outcome(rows, labelled(picture))


def _video(subjects: Sequence[Subject]) -> VideoShape:
    return subjects[0].video(FRAMES)


def _rows(compute: str, name: str, following: Following) -> list[Row]:
    head: Row = {"compute": compute, "model": name, "domain": following.domain}
    every: Row = {
        **head,
        "attribute": "all, by clip",
        "clips": len(following.prompts),
        "share": mean_of(following.overall),
    }
    return [
        *(
            {**head, "attribute": attribute, "clips": len(hits), "share": share(hits)}
            for attribute, hits in following.hits.items()
        ),
        every,
    ]
