"""What a training run does, as data: the published schedule, and one for few pictures and a CPU."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal

from alnreader.case.errors import InvalidValueError


@dataclass(frozen=True)
class Recipe:
    """Every choice of a run that is not data.

    `size` is the height and width of the network's input in pixels, a multiple of 32. `early_size` is
    used for the first `early_share` of stage 1: small pictures teach the coarse things cheaply.
    `scales` and `mirrored` say at which sizes, and whether mirrored too, a picture is read once stage 1 is
    done (`alnreader.model.preprocess.Preprocessing`).
    `decay` "late" holds the learning rate until the last `late_share` of stage 1 and lets it fall there.
    Learning rates are those of the backbone; the other parameters get `head_factor` times as much.
    `minutes`, if given, is the wall-clock budget of stage 1: the schedule then follows the clock or the
    steps, whichever is further, so that the learning rate reaches zero when the time is up.
    """

    name: str = "small-data"
    backbone: str = "mit_b0"
    size: int = 256
    early_size: int = 192
    early_share: float = 0.55
    antialias: bool = True
    scales: tuple[float, ...] = (1.0,)
    mirrored: bool = True
    batch: int = 16
    steps: int = 12_000
    minutes: float | None = None
    learning_rate: float = 1e-3
    head_factor: float = 1.0
    weight_decay: float = 0.05
    warmup_steps: int = 150
    decay: Literal["poly", "cosine", "late"] = "late"
    late_share: float = 0.35
    clip: float = 1.0
    dice_weight: float = 1.0
    image_weight: float = 1.0
    kind_weight: float = 1.0
    ema_decay: float = 0.998
    augmentation: Literal["published", "ultrasound"] = "ultrasound"
    bags: int = 16
    bag_epochs: int = 60
    bag_learning_rate: float = 2e-4
    bag_weight_decay: float = 0.3
    bag_warmup_steps: int = 100
    bag_depth: int = 1
    random_subsets: bool = True
    empty_bag_share: float = 0.03
    mask_mixture: bool = True

    def __post_init__(self) -> None:
        """Refuse what the networks cannot run."""
        for name in ("size", "early_size"):
            value = getattr(self, name)
            if value < 32 or value % 32:
                raise InvalidValueError(f"The input size must be a multiple of 32, not {value} ({name}).")
        if self.batch < 1 or self.steps < 1 or self.bags < 1:
            raise InvalidValueError("Batch size, steps and bags per step must be at least 1.")
        if self.minutes is not None and self.minutes <= 0:
            raise InvalidValueError(f"--minutes must be above zero, not {self.minutes}.")

    def stage1(self) -> dict[str, Any]:
        """Return the choices that stage 1 depends on: a run of it may be finished with another stage 2."""
        return {name: value for name, value in self.as_dict().items() if name not in _STAGE2_ONLY}

    def as_dict(self) -> dict[str, Any]:
        """Return the recipe as plain values, for checkpoints and cards."""
        values = asdict(self)
        return {name: list(one) if isinstance(one, tuple) else one for name, one in values.items()}


_STAGE2_ONLY = {
    "name",
    "scales",
    "mirrored",
    "bags",
    "bag_epochs",
    "bag_learning_rate",
    "bag_weight_decay",
    "bag_warmup_steps",
    "bag_depth",
    "random_subsets",
    "empty_bag_share",
    "mask_mixture",
}

PUBLISHED = Recipe(
    name="published",
    backbone="mit_b2",
    size=512,
    early_size=512,
    early_share=0.0,
    antialias=False,
    scales=(1.0,),
    mirrored=False,
    batch=4,
    steps=10_000,
    minutes=None,
    learning_rate=6e-5,
    head_factor=10.0,
    weight_decay=0.01,
    warmup_steps=1500,
    decay="poly",
    late_share=0.35,
    clip=0.0,
    dice_weight=0.0,
    image_weight=1.0,
    kind_weight=1.0,
    ema_decay=0.0,
    augmentation="published",
    bags=1,
    bag_epochs=100,
    bag_learning_rate=6e-5,
    bag_weight_decay=0.01,
    bag_warmup_steps=10_000,
    bag_depth=6,
    random_subsets=False,
    empty_bag_share=0.0,
    mask_mixture=True,
)
"""The schedule of the paper (doi 10.1038/s41698-025-00971-0) and its public code.

Every field is named, so that no default of the small-data recipe gets in. `mask_mixture` is not the paper's:
a network that is to answer edits must have seen other masks than its own (docs/decisions/0199). `late_share`
is of no effect with "poly".
"""

SMALL_DATA = Recipe()
"""For few real pictures, no ImageNet weights and a CPU (docs/decisions/0030-small-data-recipe.md)."""

RECIPES = {recipe.name: recipe for recipe in (PUBLISHED, SMALL_DATA)}


def changed(recipe: Recipe, **choices: Any) -> Recipe:
    """Return `recipe` with the choices that are not None put in place of its own."""
    known = {field.name for field in fields(Recipe)}
    for name in choices:
        if name not in known:
            raise InvalidValueError(f"A recipe has no setting named {name}.")
    return replace(recipe, **{name: value for name, value in choices.items() if value is not None})
