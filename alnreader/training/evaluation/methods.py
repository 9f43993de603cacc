"""How the figures are computed, in words and with sources: for the PDF and the model's page."""

from __future__ import annotations

FAILURE_PREFIX = "failure-"
"""Begins the file names of the failures that a card pictures."""

FALSE_OUTLINES = "something outlined where nothing is"
"""Name of a failure in a card."""

FEW = 20
"""Figures of fewer than this are marked: an interval says so too, but is overlooked more easily."""

METHODS = (
    "Shares: Wilson's score interval (doi 10.1080/01621459.1927.10502953). It takes pictures for "
    "independent: for shares of pictures, of which a patient has several, it is too narrow.",
    "Area under the ROC curve, and differences of areas on the same patients: DeLong (doi 10.2307/2531595). "
    "Of single pictures: its form for several pictures of a patient (Obuchowski, doi 10.2307/2533958). "
    "The band of an ROC curve holds at each point by itself (patients drawn again).",
    "A value without an interval, other than the ECE: one patient, or no spread (labels that the "
    "probability parts, values that are all the same), and nothing tells how far off it may be.",
    "Likelihood ratios: Simel, Samsa and Matchar (doi 10.1016/0895-4356(91)90128-V); for a ratio of 0 the "
    "upper end is that of the table with half a patient more in every cell.",
    "Means and medians over pictures: bootstrap over patients.",
    "Calibration: ECE in up to ten bins of equally many patients, without an interval: chance alone keeps it "
    "above zero in a perfect model too, the more the fewer patients, and drawing patients again adds to it: "
    "the bootstrap's percentiles may lie above the value. Slope and intercept by logistic regression on the "
    "logit of the probability, the intercept at a slope of one. A perfect model has slope 1 and "
    "intercept 0.",
    "Decision curve: net benefit (Vickers and Elkin, doi 10.1177/0272989X06295361).",
    "HD95: the larger of both directions' 95th percentiles of the distance between boundaries; average "
    "surface distance: over the points of both (doi 10.1186/s12880-015-0068-x). Where nothing was outlined "
    "there is no distance: n counts the pictures that have one, and Dice is 0 there.",
    "Heat map points into the lesion: its maximum lies in the mask (doi 10.1007/s11263-017-1059-x), each of "
    "them where several are equal; of the maps that are not empty. How many are empty is a figure of its "
    "own.",
    f"(few): fewer than {FEW}; nothing should be concluded from them.",
    "Thresholds that were chosen on the very patients they are measured on look better than they are.",
)
