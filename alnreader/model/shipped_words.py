"""The words of the cards of the bundles that ship, for the translators: a card is data, and in English."""

from __future__ import annotations

from typing import Final

from alnreader.case.language import mark

WORDS: Final = (
    mark("Demonstration model (SegFormer B0, simulated metastasis labels)"),
    mark(
        "Research and teaching: shows how the two-stage network and this program work. Not for clinical "
        "use. The outlines of tumours and nodes may be looked at as suggestions; the probability of "
        "metastasis means nothing for a person."
    ),
    mark(
        "Pictures of breast lesions with masks (BUSI and BUS-BRA, folds 1 to 3; fold 4 for validation, "
        "fold 0 for the test), without any metastasis label, and simulated patients with masks and "
        "labels. Patients, groups of duplicate pictures, and near copies that were found are never in "
        "two splits; BUSI does not tell its patients, so each group of copies counts as one. Axillary "
        "pictures of BUS-BRA count as lymph nodes where caption or histology says node, or where a "
        "reading by lay people with a look at the picture does, and are left out where it is unclear; "
        "BUSI pictures whose caption says axilla teach the kind only, their masks being unreliable."
    ),
    mark("Apache-2.0; the citations must be kept"),
    mark(
        "The metastasis labels are those of simulated patients. The probability says nothing about a "
        "person: it shows how the program works."
    ),
    mark(
        "No lymph-node pathology was available. Every metastasis label belongs to a simulated patient "
        "and follows from risk factors that the simulation states."
    ),
    mark(
        "Breast lesions were learned from two public collections (Egypt, one scanner; Brazil, four "
        "scanners) and from simulation. Other scanners, probes and populations were not tested."
    ),
    mark(
        "Real lymph nodes are almost absent: 6 outlined training pictures of 3 patients and 19 more by "
        "their caption alone. Do not rely on the kind of a real node."
    ),
    mark(
        "No men, no post-operative or post-therapeutic axilla, no Doppler or elastography on purpose (9 "
        "colour pictures are in the training data)."
    ),
    mark(
        "A small network, trained from scratch at 256 x 256 pixels on CPU cores, without pre-training on "
        "other pictures: the metrics say how many lesions it misses and how often it outlines something "
        "where there is nothing."
    ),
    mark("Threshold and calibration were chosen on simulated validation patients."),
    mark("simulated validation patients"),
    mark("sensitive"),
)
"""A test compares them with the cards. `language.told` says them where they are shown."""
