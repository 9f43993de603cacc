"""The statistics against published worked examples, and against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from alnreader.training.evaluation import calibration, decision, diagnostic, intervals, masks, roc

# DeLong, DeLong and Clarke-Pearson 1988 (doi 10.2307/2531595): patients with ovarian cancer and bowel
# obstruction; albumin, total protein, K-G score, whether surgery helped. The 43 complete records as in
# SAS/STAT, PROC LOGISTIC, example "Comparing Receiver Operating Characteristic Curves".
OVARIAN = np.fromstring(
    """3.0 5.8 10 0 3.2 6.3 5 1 3.9 6.8 3 1 2.8 4.8 6 0 3.2 5.8 3 1 0.9 4.0 5 0 2.5 5.7 8 0 1.6 5.6 5 1
    3.8 5.7 5 1 3.7 6.7 6 1 3.2 5.4 4 1 3.8 6.6 6 1 4.1 6.6 5 1 3.6 5.7 5 1 4.3 7.0 4 1 3.6 6.7 4 0
    2.3 4.4 6 1 4.2 7.6 4 0 4.0 6.6 6 0 3.5 5.8 6 1 3.8 6.8 7 1 3.0 4.7 8 0 4.5 7.4 5 1 3.7 7.4 5 1
    3.1 6.6 6 1 4.1 8.2 6 1 4.3 7.0 5 1 4.3 6.5 4 1 3.2 5.1 5 1 2.6 4.7 6 1 3.3 6.8 6 0 1.7 4.0 7 0
    3.7 6.1 5 1 3.3 6.3 7 1 4.2 7.7 6 1 3.5 6.2 5 1 2.9 5.7 9 0 2.1 4.8 7 1 2.8 6.2 8 0 4.0 7.0 7 1
    3.3 5.7 6 1 3.7 6.9 5 1 3.6 6.6 5 1""",
    sep=" ",
).reshape(-1, 4)
ALBUMIN, PROTEIN, KG, HELPED = OVARIAN[:, 0], OVARIAN[:, 1], 10 - OVARIAN[:, 2], OVARIAN[:, 3] > 0


def test_delong_on_delongs_own_data() -> None:
    figure = roc.auc(KG, HELPED)
    assert (figure.n, figure.method) == (43, "DeLong 95 %")
    # Published there for the K-G score: 0.7258, standard error 0.1028, limits 0.5243 and 0.9273.
    assert figure.value == pytest.approx(0.7258, abs=5e-5)
    assert figure.low == pytest.approx(0.5243, abs=5e-5)
    assert figure.high == pytest.approx(0.9273, abs=5e-5)


def components(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the structural components by the definition: every positive against every negative."""
    above, below = scores[HELPED][:, None], scores[~HELPED][None]
    wins = (above > below) + 0.5 * (above == below)
    return wins.mean(axis=1), wins.mean(axis=0)


def test_two_areas_on_the_same_patients_by_the_definition() -> None:
    first, second = components(KG), components(ALBUMIN)
    covariance = sum(np.cov(a, b) / len(a) for a, b in zip(first, second, strict=True))
    gap = second[0].mean() - first[0].mean()
    reach = 1.959964 * np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    figure = roc.auc_difference(KG, ALBUMIN, HELPED)
    assert figure.value == pytest.approx(gap)
    assert figure.low == pytest.approx(gap - reach, abs=1e-6)
    assert figure.high == pytest.approx(gap + reach, abs=1e-6)
    same = roc.auc_difference(KG, KG, HELPED)
    assert (same.value, same.low, same.high) == (0, None, None)


def test_one_picture_a_patient_is_delong() -> None:
    alone = roc.auc(KG, HELPED)
    named = roc.auc(KG, HELPED, [str(i) for i in range(len(KG))])
    assert named.low == pytest.approx(alone.low)
    assert named.high == pytest.approx(alone.high)
    assert "Obuchowski" in named.method


def test_obuchowski_by_the_definition() -> None:
    """The three sums of Obuchowski 1997, section 3, patient by patient."""
    whose = np.arange(len(KG)) // 3
    first, second = components(KG)
    m, n, area = len(first), len(second), float(first.mean())
    of_positives = {p: first[whose[HELPED] == p] - area for p in set(whose[HELPED])}
    of_negatives = {p: second[whose[~HELPED] == p] - area for p in set(whose[~HELPED])}
    i10, i01, patients = len(of_positives), len(of_negatives), set(whose)
    s10 = i10 / ((i10 - 1) * m) * sum(v.sum() ** 2 for v in of_positives.values())
    s01 = i01 / ((i01 - 1) * n) * sum(v.sum() ** 2 for v in of_negatives.values())
    both = set(of_positives) & set(of_negatives)
    s11 = (
        len(patients) / (len(patients) - 1) * sum(of_positives[p].sum() * of_negatives[p].sum() for p in both)
    )
    reach = 1.959964 * np.sqrt(s10 / m + s01 / n + 2 * s11 / (m * n))
    figure = roc.auc(KG, HELPED, [str(p) for p in whose])
    assert figure.low == pytest.approx(area - reach, abs=1e-6)


def test_the_interval_of_pictures_covers() -> None:
    """Ten pictures of a patient that are nearly alike; area 0.760 as below."""
    rng = np.random.default_rng(2)
    covered = alone = 0
    for _ in range(200):
        patients = np.repeat(np.arange(80), 10)
        labels = patients < 40
        scores = np.repeat(rng.standard_normal(80), 10) + 0.05 * rng.standard_normal(800) + labels
        figure, plain = roc.auc(scores, labels, patients.astype(str).tolist()), roc.auc(scores, labels)
        assert figure.low is not None
        assert figure.high is not None
        assert plain.low is not None
        assert plain.high is not None
        covered += figure.low <= 0.7602 <= figure.high
        alone += plain.low <= 0.7602 <= plain.high
    assert 180 <= covered <= 198
    assert alone < 150


def test_what_has_no_spread_has_no_interval() -> None:
    parted = roc.auc([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1])
    assert (parted.value, parted.low, parted.high) == (1, None, None)
    assert "no spread" in parted.method
    grouped = roc.auc([0.1, 0.2, 0.8, 0.9] * 2, [0, 0, 1, 1] * 2, list("abcdabcd"))
    assert (grouped.value, grouped.low) == (1, None)
    assert intervals.mean([0.7, 0.7, 0.7]).low is None
    everybody = diagnostic.figures(diagnostic.Table(5, 6, 0, 0))["LR+"]
    assert (everybody.value, everybody.low, everybody.high) == (1, None, None)
    nobody = diagnostic.figures(diagnostic.Table(10, 4, 0, 16))["LR-"]
    assert (nobody.value, nobody.low) == (0, 0)
    # By hand: 0.5 of 11 against 16.5 of 21, and its logarithm's 1/0.5 - 1/11 + 1/16.5 - 1/21.
    ratio, variance = (0.5 / 11) / (16.5 / 21), 1 / 0.5 - 1 / 11 + 1 / 16.5 - 1 / 21
    assert nobody.high == pytest.approx(ratio * np.exp(1.959964 * np.sqrt(variance)))


def test_area_equals_scikit_learns() -> None:
    for scores in (ALBUMIN, PROTEIN, KG):
        assert roc.auc(scores, HELPED).value == pytest.approx(roc_auc_score(HELPED, scores))
    # Counted by hand: of 4 x 3 pairs 11 are in order and 1 is tied.
    assert roc.auc([0.9, 0.8, 0.4, 0.7, 0.3, 0.4, 0.1], [1, 1, 1, 1, 0, 0, 0]).value == pytest.approx(
        11.5 / 12
    )
    with pytest.raises(ValueError, match="both labels"):
        roc.auc([0.1, 0.2], [1, 1])
    assert roc.auc([0.1, 0.2], [0, 1]).low is None


def test_delong_interval_covers() -> None:
    """Of 200 draws with a true area of 0.760 (normal, one unit apart), about 95 % of intervals hold it."""
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(200):
        labels = np.arange(80) < 40
        figure = roc.auc(rng.standard_normal(80) + labels, labels)
        assert figure.low is not None
        assert figure.high is not None
        covered += figure.low <= 0.7602 <= figure.high
    assert 180 <= covered <= 198


def test_roc_curve_lies_in_its_band() -> None:
    found = roc.curve(ALBUMIN, HELPED)
    at_grid = np.interp(found.grid, found.false_positive_rate, found.sensitivity)
    assert (found.low <= found.high).all()
    assert ((found.low - 1e-9 <= at_grid) & (at_grid <= found.high + 1e-9)).mean() > 0.9
    again = roc.curve(ALBUMIN, HELPED)
    assert (again.low == found.low).all()


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    # Newcombe 1998, doi 10.1002/(SICI)1097-0258(19980430)17:8<857, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson(hits: int, n: int, low: float, high: float) -> None:
    figure = intervals.share(hits, n)
    assert (figure.low, figure.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_simel() -> None:
    # Simel, Rennie and Bossuyt 2008 (PMC2517891), table 5: sensitivity 0.67 of 30, specificity 0.79 of 70
    # give LR+ 3.1 (1.9-5.2) and LR- 0.42 (0.25-0.71); 0.65 of 23 and 0.91 of 57 give LR- 0.38 (0.22-0.67).
    found = diagnostic.figures(diagnostic.Table(20, 15, 10, 55))
    assert round(found["sensitivity"].value, 2) == 0.67
    assert round(found["specificity"].value, 2) == 0.79
    positive, negative = found["LR+"], found["LR-"]
    assert positive.low is not None
    assert positive.high is not None
    assert negative.low is not None
    assert negative.high is not None
    assert [round(x, 1) for x in (positive.value, positive.low, positive.high)] == [3.1, 1.9, 5.2]
    assert [round(x, 2) for x in (negative.value, negative.low, negative.high)] == [0.42, 0.25, 0.71]
    second = diagnostic.figures(diagnostic.Table(15, 5, 8, 52))["LR-"]
    assert second.low is not None
    assert second.high is not None
    assert [round(x, 2) for x in (second.value, second.low, second.high)] == [0.38, 0.22, 0.67]


def test_a_table_with_empty_cells() -> None:
    found = diagnostic.figures(diagnostic.Table(0, 0, 4, 6))
    assert found["sensitivity"].value == 0
    assert found["NPV"].value == 0.6
    assert "PPV" not in found
    assert "LR+" not in found
    assert found["LR-"].value == 1
    assert diagnostic.figures(diagnostic.Table(0, 3, 4, 3))["LR+"].low == 0
    assert set(diagnostic.figures(diagnostic.Table(2, 0, 1, 0))) == {"sensitivity", "PPV", "NPV", "accuracy"}


def test_thresholds_are_chosen_as_they_say() -> None:
    points = {point.name: point for point in diagnostic.chosen_thresholds(ALBUMIN, HELPED, "here")}
    youden = max(
        (found["sensitivity"].value + found["specificity"].value, cut)
        for cut in np.unique(ALBUMIN)
        if (found := diagnostic.figures(diagnostic.table(ALBUMIN, HELPED, cut)))
    )
    assert points["Youden"].value == youden[1]
    sensitive = diagnostic.figures(diagnostic.table(ALBUMIN, HELPED, points["sensitivity 0.90"].value))
    assert sensitive["sensitivity"].value >= 0.9
    specific = diagnostic.figures(diagnostic.table(ALBUMIN, HELPED, points["specificity 0.90"].value))
    assert specific["specificity"].value >= 0.9
    assert diagnostic.chosen_thresholds(ALBUMIN, HELPED | True, "here") == []


def test_net_benefit() -> None:
    # PMC6993280, table 4 (prevalence 0.30): treating all at 3, 10, 20, 50 and 80 % gives 0.278, 0.222, 0.125,
    # -0.400 and -2.500; at 20 % the model's 0.206 avoids 32 needless interventions in 100 patients.
    chances = np.array([0.03, 0.10, 0.20, 0.50, 0.80])
    assert np.round(decision.net_benefit(30, 70, 100, chances), 3).tolist() == [
        0.278,
        0.222,
        0.125,
        -0.4,
        -2.5,
    ]
    assert round(100 * float(decision.interventions_avoided(0.206, 0.125, 0.2))) == 32
    scores = expit((ALBUMIN - 3.3) * 2)
    found = decision.decision_curve(scores, HELPED)
    for place in (4, 49, 89):
        counts = diagnostic.table(scores, HELPED, found.threshold[place])
        by_count = decision.net_benefit(
            counts.true_positive, counts.false_positive, len(scores), found.threshold[place]
        )
        assert found.model[place] == pytest.approx(float(by_count))
        assert found.low[place] <= found.model[place] <= found.high[place]


def test_calibration_of_a_calibrated_model() -> None:
    rng = np.random.default_rng(4)
    evidence = rng.normal(0, 1.5, 4000)
    labels = rng.random(4000) < expit(evidence)
    right = calibration.figures(expit(evidence), labels)
    for name, true in (("calibration slope", 1.0), ("calibration intercept", 0.0)):
        figure = right[name]
        assert figure.low is not None
        assert figure.high is not None
        assert figure.low < true < figure.high
        assert figure.high - figure.low < 0.3
    assert right["ECE"].value < 0.03
    assert len(calibration.curve(expit(evidence), labels)) == 10
    wrong = calibration.figures(expit(2 * evidence + 1), labels)
    assert wrong["calibration slope"].value == pytest.approx(0.5, abs=0.05)
    assert wrong["calibration intercept"].high is not None
    assert wrong["calibration intercept"].high < 0
    assert wrong["Brier score"].value > right["Brier score"].value


def test_no_value_lies_outside_its_own_interval() -> None:
    """Of a calibrated model the resampled expected error lies above the value: it has no interval."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        evidence = rng.normal(0, 1.2, 300)
        labels = rng.random(300) < expit(evidence)
        found = calibration.figures(expit(evidence), labels)
        assert (found["ECE"].low, found["ECE"].high) == (None, None)
        assert "no interval" in found["ECE"].method
        for figure in found.values():
            if figure.low is not None and figure.high is not None:
                assert figure.low <= figure.value <= figure.high


def test_expected_error_by_hand() -> None:
    # Two bins of ten: 0.2 against 3 of 10, 0.8 against 6 of 10.
    scores = np.repeat([0.2, 0.8], 10)
    labels = np.array([1] * 3 + [0] * 7 + [1] * 6 + [0] * 4, bool)
    assert calibration.expected_error(scores, labels) == pytest.approx((0.1 + 0.2) / 2)
    assert calibration.figures(scores, labels)["Brier score"].value == pytest.approx(
        (3 * 0.64 + 7 * 0.04 + 6 * 0.04 + 4 * 0.64) / 20
    )


def test_separated_labels_have_no_slope() -> None:
    scores = np.array([0.1, 0.2, 0.3, 0.7, 0.8, 1.0])
    found = calibration.figures(scores, scores > 0.5)
    assert "calibration slope" not in found
    assert np.isfinite(found["calibration intercept"].value)
    assert set(calibration.figures(scores, scores > 2)) == {"Brier score", "ECE"}


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=30), st.integers(1, 5))
def test_means_and_medians_are_numpys(values: list[float], patients: int) -> None:
    whose = [str(i % patients) for i in range(len(values))]
    average, middle = intervals.mean(values, whose), intervals.median(values, whose)
    assert average.value == pytest.approx(np.mean(values), abs=1e-9)
    assert middle.value == pytest.approx(np.median(values), abs=1e-9)
    assert average == intervals.mean(values, whose)
    for figure in (average, middle):
        if min(patients, len(values)) < 2 or np.ptp(values) == 0:
            assert figure.low is None
        else:
            assert figure.low is not None
            assert figure.high is not None
            assert min(values) - 1e-9 <= figure.low <= figure.high <= max(values) + 1e-9


def test_pictures_of_one_patient_are_not_independent() -> None:
    values = np.repeat([0.2, 0.9, 0.5, 0.7], 25)
    apart = intervals.mean(values)
    together = intervals.mean(values, [str(i // 25) for i in range(100)])
    assert None not in (apart.low, apart.high, together.low, together.high)
    assert together.high - together.low > 3 * (apart.high - apart.low)  # type: ignore[operator]


def squares(shift: int) -> tuple[np.ndarray, np.ndarray]:
    truth = np.zeros((40, 60), bool)
    truth[10:20, 10:20] = True
    return truth, np.roll(truth, shift, axis=1)


def test_boundary_distance_of_moved_squares() -> None:
    truth, found = squares(3)
    distance = masks.boundary_distance(truth, found)
    assert distance is not None
    assert distance.hausdorff95 == pytest.approx(3.0)
    assert 0 < distance.average < 3
    # Pixels twice as wide as high: a shift to the side is twice as far.
    wide = masks.boundary_distance(truth, found, spacing=(1.0, 2.0))
    assert wide is not None
    assert wide.hausdorff95 > distance.hausdorff95
    both = masks.boundary_distance(truth, truth)
    assert both == masks.Distance(0.0, 0.0)
    assert masks.boundary_distance(truth, np.zeros_like(truth)) is None
    assert masks.overlap(*squares(3)) == pytest.approx(7 / 13)
    assert masks.dice(*squares(3)) == pytest.approx(0.7)


@given(st.integers(0, 2**31), st.booleans())
def test_boundary_distance_by_the_definition(seed: int, touching: bool) -> None:
    rng = np.random.default_rng(seed)
    pair = [ndimage.binary_opening(rng.random((14, 12)) > 0.35) for _ in range(2)]
    for mask in pair:
        mask[rng.integers(14), rng.integers(12)] = True
        mask[:, 0] = touching
    found = masks.boundary_distance(pair[0], pair[1])
    cross = ndimage.generate_binary_structure(2, 1)
    points = [np.argwhere(m & ~ndimage.binary_erosion(m, cross, border_value=0)) for m in pair]
    gaps = np.linalg.norm(points[0][:, None] - points[1][None], axis=2)
    there, back = gaps.min(axis=1), gaps.min(axis=0)
    assert found is not None
    assert found.average == pytest.approx(np.concatenate([there, back]).mean())
    assert found.hausdorff95 == pytest.approx(max(np.percentile(there, 95), np.percentile(back, 95)))


def test_pointing() -> None:
    truth, _ = squares(0)
    heat = np.zeros(truth.shape, np.float32)
    assert masks.points_into(heat, truth) is None
    heat[15, 15] = 0.5
    assert masks.points_into(heat, truth) is True
    heat[30, 50] = 0.6
    assert masks.points_into(heat, truth) is False
    # A plateau counts by its middle.
    heat[12:19, 12:19] = 0.7
    assert masks.points_into(heat, truth) is True
    # Two equal maxima on both sides of the lesion: their middle lies in it, but neither does.
    heat[:] = 0
    heat[15, 5] = heat[15, 24] = 0.5
    assert masks.points_into(heat, truth) is False
    heat[:] = 0
    heat[12, 12] = heat[17, 18] = 0.5
    assert masks.points_into(heat, truth) is True
    # The middle of a ring is on the ring.
    heat[:] = 0
    heat[5:26, 5:26] = 0.5
    heat[6:25, 6:25] = 0
    assert masks.points_into(heat, truth) is False
