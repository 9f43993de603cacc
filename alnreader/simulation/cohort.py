"""Cohorts of simulated patients as PNG pictures, masks and a manifest, for training."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from alnreader.simulation.patient import SimulatedPatient, simulate_patient

MANIFEST_COLUMNS = ("patient", "split", "label", "image", "kind", "mask", "risk", "mm_x", "mm_y", "geometry")
MANIFEST_NAME = "manifest.csv"


def write_pictures(patient: SimulatedPatient, directory: Path) -> list[tuple[Path, Path]]:
    """Write a patient's pictures and masks (0 and 255) as PNG into a folder named after the patient.

    Returns
    -------
    list of (picture, mask)
        Paths written, in the order of the patient's images.
    """
    folder = directory / patient.patient_id
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for number, image in enumerate(patient.images, start=1):
        picture, mask = folder / f"{number:02d}.png", folder / f"{number:02d}_mask.png"
        Image.fromarray(image.pixels).save(picture, compress_level=1)
        Image.fromarray(image.mask.astype(np.uint8) * 255).save(mask, compress_level=1)
        written.append((picture, mask))
    return written


def _write_one(seed_and_split: tuple[int, str], directory: Path, images: int | None) -> list[dict[str, str]]:
    seed, split = seed_and_split
    patient = simulate_patient(seed, images)
    return [
        {
            "patient": patient.patient_id,
            "split": split,
            "label": str(int(patient.metastasis)),
            "image": picture.relative_to(directory).as_posix(),
            "kind": image.kind,
            "mask": mask.relative_to(directory).as_posix(),
            "risk": f"{patient.risk:.4f}",
            "mm_x": f"{image.regions[0].mm_per_pixel_x:.6g}",
            "mm_y": f"{image.regions[0].mm_per_pixel_y:.6g}",
            "geometry": str(image.facts["geometry"]),
        }
        for image, (picture, mask) in zip(patient.images, write_pictures(patient, directory), strict=True)
    ]


def write_cohort(
    directory: Path,
    seeds: Iterable[int],
    splits: Sequence[tuple[str, float]] = (("train", 0.7), ("val", 0.15), ("test", 0.15)),
    images: int | None = None,
    workers: int = 1,
) -> Path:
    """Simulate patients and write pictures, masks and `manifest.csv`.

    Parameters
    ----------
    directory
        Folder to write into; made if absent.
    seeds
        One seed a patient.
    splits
        Names and shares of the splits, filled in the order of the seeds.
    images
        Pictures a patient; None draws 3 to 8.
    workers
        Number of processes; 1 works in this one.

    Returns
    -------
    Path
        The manifest, with the columns of `MANIFEST_COLUMNS`; its paths are relative to it.
    """
    directory.mkdir(parents=True, exist_ok=True)
    seeds = list(seeds)
    ends = np.cumsum([share for _, share in splits]) * len(seeds)
    jobs = [
        (seed, splits[min(int(np.searchsorted(ends, i + 0.5)), len(splits) - 1)][0])
        for i, seed in enumerate(seeds)
    ]
    work = partial(_write_one, directory=directory, images=images)
    manifest = directory / MANIFEST_NAME
    with manifest.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, MANIFEST_COLUMNS)
        writer.writeheader()
        if workers == 1:
            for job in jobs:
                writer.writerows(work(job))
        else:
            with ProcessPoolExecutor(workers) as pool:
                for rows in pool.map(work, jobs, chunksize=4):
                    writer.writerows(rows)
    return manifest
