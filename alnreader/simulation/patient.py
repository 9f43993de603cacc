"""Simulated patients: pictures, exact masks, and a label drawn from known risk."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from alnreader.simulation import anatomy, display, lesions, risk, scanner
from alnreader.simulation.acoustics import Tissue
from alnreader.simulation.fields import Fields
from alnreader.simulation.geometry import Geometry

ImageKind = Literal["tumour", "lymph_node"]
MIN_IMAGES, MAX_IMAGES = 3, 8
FRAME_TIME_MS = 50.0
"""Time between two frames of a simulated cine."""

_SURNAMES = (
    "Ashgrove",
    "Brook",
    "Calder",
    "Dunmore",
    "Ellwood",
    "Fenwick",
    "Garland",
    "Hollis",
    "Ivers",
    "Juno",
)
_GIVEN = ("Ada", "Bea", "Cora", "Dina", "Elin", "Faye", "Gwen", "Hana", "Iris", "Jill")


@dataclass(frozen=True)
class SimulatedRegion:
    """Calibrated area of a picture (PS3.3 C.8.5.5).

    Attributes
    ----------
    x0, y0, x1, y1
        Bounds in pixels, both ends included.
    mm_per_pixel_x, mm_per_pixel_y
        Size of a pixel.
    """

    x0: int
    y0: int
    x1: int
    y1: int
    mm_per_pixel_x: float
    mm_per_pixel_y: float


@dataclass(frozen=True)
class SimulatedImage:
    """One picture with its truth.

    Attributes
    ----------
    pixels
        (H, W, 3) uint8 RGB.
    mask
        (H, W) bool, the tumour or the node.
    kind
        `tumour` or `lymph_node`.
    regions
        Calibrated areas.
    laterality
        `L` or `R`.
    facts
        What is drawn: `size_mm` (longest diameter in this picture) and, for a tumour, `irregularity` and
        `spiculation`; for a node `short_mm`, `cortex_mm`, `hilum` (0: lost). Also `geometry` and `depth_mm`.
    """

    pixels: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    kind: ImageKind
    regions: tuple[SimulatedRegion, ...]
    laterality: Literal["L", "R"]
    facts: dict[str, float | str]


@dataclass(frozen=True)
class SimulatedPatient:
    """One patient.

    Attributes
    ----------
    seed
        Seed that gives this patient again.
    metastasis
        The label: whether the axillary nodes hold a metastasis.
    risk
        Probability with which the label was drawn, given all that the pictures show.
    images
        Pictures in order of acquisition.
    cine
        (F, H, W) uint8 grey frames sweeping over the first picture's lesion, or None.
    cine_regions
        Calibrated areas of the cine.
    """

    seed: int
    metastasis: bool
    risk: float
    images: tuple[SimulatedImage, ...]
    cine: NDArray[np.uint8] | None
    name: str
    patient_id: str
    sex: str
    birth_date: datetime.date
    study_date: datetime.date
    cine_regions: tuple[SimulatedRegion, ...] = field(default=())


@dataclass(frozen=True)
class Plan:
    """What is settled about a patient before any picture is drawn.

    Attributes
    ----------
    tumour, node
        The lesions.
    tumour_views, node_views
        Number of pictures of each.
    risk, metastasis
        Probability of the label given what the pictures will show, and the label.
    laterality
        Side.
    machine
        The scanner, drawn blind to all of this.
    """

    tumour: risk.Tumour
    node: risk.Node
    tumour_views: int
    node_views: int
    risk: float
    metastasis: bool
    laterality: Literal["L", "R"]
    machine: scanner.Scanner


def plan_patient(seed: int, images: int | None = None) -> Plan:
    """Settle lesions, views, label and scanner of a patient; see `simulate_patient`."""
    if images is not None and images < 1:
        raise ValueError(f"a patient needs at least one image, not {images}")
    disease, look = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(2))
    tumour = risk.draw_tumour(disease)
    node = risk.draw_node(tumour, disease)
    label_draw = disease.random()
    machine = scanner.draw_scanner(look)
    drawn_count = int(look.integers(MIN_IMAGES, MAX_IMAGES + 1))
    count = drawn_count if images is None else images
    node_seen = bool(look.random() < risk.NODE_VIEW_SHARE) and count > 1
    node_share = look.uniform(0.25, 0.6)
    node_views = min(max(1, round(count * node_share)), count - 1) if node_seen else 0
    chance = risk.probability(tumour, node) if node_seen else risk.probability_without_node(tumour)
    return Plan(
        tumour=tumour,
        node=node,
        tumour_views=count - node_views,
        node_views=node_views,
        risk=chance,
        metastasis=bool(label_draw < chance),
        laterality="L" if look.random() < 0.5 else "R",
        machine=machine,
    )


def simulate_patient(seed: int, images: int | None = None, cine: bool = False) -> SimulatedPatient:
    """Simulate a patient; the same arguments give the same bytes.

    Parameters
    ----------
    seed
        Seed, 0 or more. Label and lesions depend on the seed alone, not on the other arguments, except
        that a patient of one picture has no view of the node.
    images
        Number of pictures; None draws 3 to 8.
    cine
        Whether to add a short cine.

    Returns
    -------
    SimulatedPatient
        Patient with pictures and truth.

    Raises
    ------
    ValueError
        If `images` is less than 1.
    """
    plan = plan_patient(seed, images)
    views: list[risk.Tumour | risk.Node] = [plan.tumour] * plan.tumour_views + [plan.node] * plan.node_views
    person, cine_rng, *streams = (
        np.random.default_rng(s) for s in np.random.SeedSequence((seed, 1)).spawn(2 + len(views))
    )
    pictures = tuple(
        _picture(plan.machine, lesion, plan.laterality, rng, full_size=i in (0, plan.tumour_views))
        for i, (lesion, rng) in enumerate(zip(views, streams, strict=True))
    )
    frames, frame_regions = _cine(plan.machine, plan.tumour, cine_rng) if cine else (None, ())
    study = datetime.date(2024, 1, 1) + datetime.timedelta(days=int(person.integers(0, 700)))
    age_days = int(person.integers(28 * 365, 84 * 365))
    return SimulatedPatient(
        seed=seed,
        metastasis=plan.metastasis,
        risk=plan.risk,
        images=pictures,
        cine=frames,
        name=f"{person.choice(_SURNAMES)}^{person.choice(_GIVEN)}",
        patient_id=f"SIM{seed:07d}",
        sex="F",
        birth_date=study - datetime.timedelta(days=age_days),
        study_date=study,
        cine_regions=frame_regions,
    )


def _section(lesion: risk.Tumour | risk.Node, scale: float) -> risk.Tumour | risk.Node:
    """The lesion as another section shows it: all lengths scaled."""
    if isinstance(lesion, risk.Tumour):
        return replace(lesion, size_mm=lesion.size_mm * scale)
    return replace(
        lesion,
        long_mm=lesion.long_mm * scale,
        short_mm=lesion.short_mm * scale,
        cortex_mm=lesion.cortex_mm * scale,
    )


def _field_of_view(
    machine: scanner.Scanner,
    outline: lesions.Outline,
    rng: np.random.Generator,
    lines: int = 320,
    samples: int = 512,
) -> Geometry:
    """Geometry wide and deep enough for the lesion."""
    points = outline.points
    wide, high = np.ptp(points, axis=0)
    width = max(rng.uniform(32, 48), 1.25 * float(wide))
    depth = max(rng.uniform(24, 44), 1.5 * float(high) + 8)
    kind = machine.geometry
    if kind == "convex":
        width, depth = max(45.0, width), max(depth, 40.0)
        return Geometry(kind, width, depth, lines, samples, radius_mm=float(rng.uniform(40, 65)))
    steer = float(rng.uniform(0.1, 0.3)) if kind == "trapezoid" else 0.0
    return Geometry(kind, width, depth, lines, samples, steer_rad=steer)


def _put(
    geometry: Geometry, outline: lesions.Outline, kind: ImageKind, rng: np.random.Generator
) -> lesions.Outline:
    """Place the outline inside the field, at the depth where such lesions lie."""
    points = outline.points
    low, high = points.min(axis=0), points.max(axis=0)
    top = 4.0 if kind == "tumour" else 5.0
    for attempt in range(40):
        u = np.clip(rng.normal(0.5, 0.13), 0.1, 0.9)
        s = rng.uniform(top - low[1], max(top - low[1] + 1, 0.75 * geometry.depth_mm - high[1]))
        if attempt > 30:
            u, s = 0.5, min(top - low[1], geometry.depth_mm / 2)
        x, z = geometry.to_cartesian(np.array([u]), np.array([s]))
        placed = outline.moved(float(x[0]), float(z[0]))
        corners = placed.points
        if bool(geometry.inside(corners[:, 0], corners[:, 1], margin_mm=0.8).all()):
            return placed
    x, z = geometry.to_cartesian(np.array([0.5]), np.array([geometry.depth_mm / 2]))
    return outline.moved(float(x[0]), float(z[0]))


def _tissue(fields: Fields, lesion: risk.Tumour | risk.Node, outline: lesions.Outline) -> Tissue:
    if isinstance(lesion, risk.Tumour):
        return lesions.add_tumour(fields, anatomy.breast(fields), lesion, outline)
    return lesions.add_node(fields, anatomy.axilla(fields), lesion, outline)


def _picture(
    machine: scanner.Scanner,
    lesion: risk.Tumour | risk.Node,
    laterality: Literal["L", "R"],
    rng: np.random.Generator,
    full_size: bool,
) -> SimulatedImage:
    kind: ImageKind = "tumour" if isinstance(lesion, risk.Tumour) else "lymph_node"
    lesion = _section(lesion, 1.0 if full_size else float(rng.uniform(0.85, 1.0)))
    if isinstance(lesion, risk.Tumour):
        outline = lesions.tumour_outline(lesion, rng)
    else:
        outline = lesions.node_outline(lesion, rng)
    geometry = _field_of_view(machine, outline, rng)
    outline = _put(geometry, outline, kind, rng)
    tissue = _tissue(Fields(geometry, rng), lesion, outline)
    grey = scanner.acquire(machine, tissue, geometry, rng)
    placement = scanner.place(machine, geometry, rng)
    picture, inside = scanner.scan_convert(grey, geometry, placement)
    image = display.compose(machine, picture, inside, placement)
    display.annotate(image, machine, geometry, placement, outline, kind, laterality, rng)
    mask = np.zeros((placement.height, placement.width), bool)
    mask[placement.y0 : placement.y1 + 1, placement.x0 : placement.x1 + 1] = inside & _mask(
        outline, *placement.millimetres(geometry)
    )
    return SimulatedImage(
        pixels=np.asarray(image),
        mask=mask,
        kind=kind,
        regions=(_region(placement),),
        laterality=laterality,
        facts=_facts(lesion, geometry),
    )


def _mask(outline: lesions.Outline, x: NDArray[np.float32], z: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Pixels, given by the axes x (1, w) and z (h, 1) in mm, whose centres lie in the outline."""
    low, high = outline.points.min(axis=0), outline.points.max(axis=0)
    columns = slice(*np.searchsorted(x[0], (low[0], high[0])))
    rows = slice(*np.searchsorted(z[:, 0], (low[1], high[1])))
    mask = np.zeros((z.size, x.size), bool)
    mask[rows, columns] = outline.contains(x[:, columns], z[rows])
    return mask


def _region(placement: scanner.Placement) -> SimulatedRegion:
    return SimulatedRegion(
        placement.x0, placement.y0, placement.x1, placement.y1, placement.mm_x, placement.mm_y
    )


def _facts(lesion: risk.Tumour | risk.Node, geometry: Geometry) -> dict[str, float | str]:
    facts: dict[str, float | str] = {"geometry": geometry.kind, "depth_mm": geometry.depth_mm}
    if isinstance(lesion, risk.Tumour):
        return facts | {
            "size_mm": lesion.size_mm,
            "irregularity": lesion.irregularity,
            "spiculation": lesion.spiculation,
        }
    return facts | {
        "size_mm": lesion.long_mm,
        "short_mm": lesion.short_mm,
        "cortex_mm": lesion.cortex_mm,
        "hilum": lesion.hilum,
    }


def _cine(
    machine: scanner.Scanner, tumour: risk.Tumour, rng: np.random.Generator, frames: int = 16
) -> tuple[NDArray[np.uint8], tuple[SimulatedRegion, ...]]:
    """Slow sideways sweep: a wide strip of tissue is simulated once and seen through a moving window."""
    machine = replace(machine, geometry="linear", looks=1, layout="framed", height=480, aspect=4 / 3)
    outline = lesions.tumour_outline(tumour, rng)
    window = _field_of_view(machine, outline, rng, lines=256, samples=400)
    extra = 48
    wide = replace(window, width_mm=window.line_mm * (256 + extra), lines=256 + extra)
    outline = _put(wide, outline, "tumour", rng)
    tissue = _tissue(Fields(wide, rng), tumour, outline)
    strip = scanner.acquire(machine, tissue, wide, rng)
    placement = scanner.place(machine, window, rng)
    stack = np.zeros((frames, placement.height, placement.width), np.uint8)
    for i in range(frames):
        start = round(extra * i / (frames - 1))
        picture, inside = scanner.scan_convert(strip[:, start : start + 256], window, placement)
        stack[i] = np.asarray(display.compose(machine, picture, inside, placement))[..., 0]
    return stack, (_region(placement),)
