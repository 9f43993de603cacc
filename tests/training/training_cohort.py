"""A cohort of toy pictures that trains in seconds: bright blobs on speckle, large ones metastatic."""

from __future__ import annotations

import csv
import os
import signal
import time
from pathlib import Path

import numpy as np
from PIL import Image

from alnreader.training.engine import Voice
from alnreader.training.manifest import COLUMNS


def toy_picture(rng: np.random.Generator, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Return (64, 72) uint8 pixels and a mask of 0 and 255."""
    rows, columns = np.mgrid[:64, :72]
    centre = rng.uniform(24, 40, 2)
    inside = (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 < radius**2
    pixels = rng.rayleigh(30, (64, 72)) + 90 * inside
    return np.clip(pixels, 0, 255).astype(np.uint8), inside.astype(np.uint8) * 255


def write_toy_cohort(folder: Path, patients: int = 12, pictures: int = 2) -> Path:
    """Write pictures, masks and a manifest; return it."""
    rng = np.random.default_rng(5)
    rows = []
    for number in range(patients):
        label = number % 2
        split = ("train", "train", "val", "test")[(number // 2) % 4]
        for picture in range(pictures):
            kind = ("tumour", "lymph_node")[picture % 2]
            pixels, mask = toy_picture(rng, 7 + 6 * label)
            names = f"{number}_{picture}.png", f"{number}_{picture}_mask.png"
            for name, array in zip(names, (pixels, mask), strict=True):
                Image.fromarray(array).save(folder / name)
            rows.append([f"patient{number}", split, label, names[0], kind, names[1]])
    manifest = folder / "manifest.csv"
    with manifest.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    return manifest


def write_authors_layout(folder: Path) -> Path:
    """Write the same kind of pictures as images|labels / split / N|Y / patient / T|L / file."""
    rng = np.random.default_rng(6)
    for split in ("train", "val", "test"):
        for status in "NY":
            for number in range(2):
                patient = f"{split}{status}{number}"
                for kind in "TL":
                    pixels, mask = toy_picture(rng, 13 if status == "Y" else 7)
                    for top, array in (("images", pixels), ("labels", mask)):
                        place = folder / top / split / status / patient / kind
                        place.mkdir(parents=True)
                        Image.fromarray(array).save(place / f"{status}_{patient}_{kind}_1.png")
    return folder


def die_on_the_second(seconds: float, voice: Voice) -> None:
    """Work of a process: the first says so and waits, the second is then killed."""
    if os.environ["RANK"] == "1":
        # What the first says is on its way for a moment; nothing tells the second that it has arrived.
        time.sleep(3)
        os.kill(os.getpid(), signal.SIGKILL)
    voice.report("here")
    time.sleep(seconds)
