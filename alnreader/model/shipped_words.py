"""The words of the cards of the bundles that ship, for the translators: a card is data, and in English."""

from __future__ import annotations

from typing import Final

from alnreader.case.language import mark

WORDS: Final = (
    mark("Demonstration model (SegFormer B0, simulated metastasis labels)"),
    mark(
        "Research and teaching: shows how the two-stage network and this program work. Not for clinical use. "
        "The outlines of tumours and nodes may be looked at as suggestions; the probability of metastasis "
        "means nothing for a person."
    ),
    mark(
        "Pictures of breast lesions with masks (BUSI and BUS-BRA, folds 1 to 3; fold 4 for validation, fold 0"
        " for the test), without any metastasis label, and simulated patients with masks and labels. "
        "Patients, and groups of duplicate pictures, are never in two splits. Axillary pictures of BUS-BRA "
        "count as lymph nodes where caption or histology says node and are left out where it is unclear; BUSI"
        " pictures whose caption says axilla teach the kind only, their masks being unreliable."
    ),
    mark("Apache-2.0; the citations must be kept"),
    mark(
        "The metastasis labels are those of simulated patients. The probability says nothing about a person: "
        "it shows how the program works."
    ),
    mark(
        "No lymph-node pathology was available. Every metastasis label belongs to a simulated patient and "
        "follows from risk factors that the simulation states."
    ),
    mark(
        "Breast lesions were learned from two public collections (Egypt, one scanner; Brazil, four scanners) "
        "and from simulation. Other scanners, probes and populations were not tested."
    ),
    mark(
        "Real lymph nodes are almost absent: 6 outlined training pictures of 3 patients and 20 more by their "
        "caption alone. Real nodes are mostly taken for tumours; do not rely on the kind."
    ),
    mark(
        "No men, no post-operative or post-therapeutic axilla, no Doppler or elastography on purpose (13 "
        "colour pictures are in the training data)."
    ),
    mark(
        "Trained from scratch at 256 x 256 pixels for one and a half hours on two shared CPU cores: about one"
        " lesion in five of BUSI is missed, and on nearly every picture with nothing to find something is "
        "outlined (see the metrics)."
    ),
    mark("Threshold and calibration were chosen on simulated validation patients."),
    mark("simulated validation patients"),
    mark("sensitive"),
)
"""A test compares them with the cards. `language.told` says them where they are shown."""
