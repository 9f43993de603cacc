"""Rebuild the shipped bundle: cohort, both stages, calibration, evaluation and card, by one command.

    python packaging/make_bundle.py --data ../shared/data

Work files (simulated patients, manifests, checkpoints, log) go to `work/bundle`; a second call goes on where
the first was stopped, so that the hours of a run may be had in parts. What comes out depends on the seeds and
the recipe, and to rounding on the machine.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from pathlib import Path
from typing import Any

import real_cohort
import simulated_cohort

from alnreader.case.errors import AlnReaderError
from alnreader.simulation.cohort import write_cohort
from alnreader.training.manifest import Record, read_manifest
from alnreader.training.recipes import SMALL_DATA, changed
from alnreader.training.run import TrainingRun, train

ROOT = Path(__file__).resolve().parent.parent
SEED = 1
TEXTS = Path(__file__).with_name("demo_b0_card.json")

SOURCES = (
    (
        "BUSI",
        "BUSI",
        "Al-Dhabyani W et al. Data in Brief 2020;28:104863, doi 10.1016/j.dib.2019.104863",
        "generally cited as CC BY 4.0",
    ),
    (
        "BUS-BRA",
        "BUS-BRA",
        "Gomez-Flores W, Gregorio-Calas MJ, Pereira WCA. Medical Physics, doi 10.1002/mp.16812",
        "permissive, citation required",
    ),
    ("Simulated patients", "simulated", "alnreader.simulation of this program", "Apache-2.0"),
)


def simulate(work: Path, workers: int) -> None:
    """Write the simulated patients that are not there yet."""
    for part in simulated_cohort.PARTS:
        done = work / part.name / "done"
        if done.is_file():
            continue
        print(f"simulating {part.number} patients: {part.name}", file=sys.stderr)
        seeds = range(part.first, part.first + part.number)
        write_cohort(work / part.name, seeds, ((part.split, 1.0),), workers=workers)
        done.write_text("", encoding="utf-8")


def card_texts(records: list[Record]) -> dict[str, Any]:
    """Return the written texts with the training data's counts filled in."""
    texts: dict[str, Any] = json.loads(TEXTS.read_text(encoding="utf-8"))
    learned = [record for record in records if record.split == "train"]
    for name, prefix, citation, licence in SOURCES:
        part = [record for record in learned if record.source.split()[0] == prefix]
        texts["sources"].append(
            {
                "name": name,
                "citation": citation,
                "licence": licence,
                "images": len(part),
                "patients": len({record.patient for record in part}),
            }
        )
    return texts


def main() -> int:
    parser = argparse.ArgumentParser(description="Rebuild the shipped bundle.")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", metavar="DIR")
    parser.add_argument("--work", type=Path, default=ROOT / "work" / "bundle", metavar="DIR")
    parser.add_argument("--out", type=Path, default=ROOT / "models" / "demo-b0", metavar="DIR")
    parser.add_argument("--steps", type=int, help="steps of stage 1, if not those of the recipe")
    parser.add_argument(
        "--minutes", type=float, help="wall-clock budget of stage 1, which ends with it or with the steps"
    )
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--log", default="", help="a remark for the card")
    options = parser.parse_args()

    work: Path = options.work
    work.mkdir(parents=True, exist_ok=True)
    simulate(work, options.processes)
    manifests = work / "real.csv", work / "simulated.csv"
    real_cohort.write_manifest(options.data, manifests[0])
    simulated_cohort.write_manifest(work, manifests[1])
    texts = card_texts([record for path in manifests for record in read_manifest(path)])
    texts["log"] = options.log
    text_file = work / "card_texts.json"
    text_file.write_text(json.dumps(texts, indent=1), encoding="utf-8")
    this = shlex.join(["python", "packaging/make_bundle.py", *sys.argv[1:]])
    try:
        train(
            TrainingRun(
                data=manifests,
                work=work / "stage1",
                out=options.out,
                recipe=changed(SMALL_DATA, steps=options.steps, minutes=options.minutes),
                seed=SEED,
                processes=options.processes,
                labels="simulated",
                replace=True,
                card_texts=text_file,
                commands=(this,),
            ),
            lambda message: print(message, file=sys.stderr, flush=True),
        )
    except AlnReaderError as error:
        print(error, file=sys.stderr)
        return int(error.exit_code)
    return 0


if __name__ == "__main__":
    sys.exit(main())
