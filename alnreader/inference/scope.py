"""Reasons to trust a score less: what the network was not made for, or was not given."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from alnreader.case.case import Case
from alnreader.case.errors import BundleError
from alnreader.case.image import ImageKey, UltrasoundImage
from alnreader.case.language import mark
from alnreader.case.region import Region, RegionKind, union
from alnreader.case.score import EMPTY_BAG, ScopeWarning
from alnreader.inference.encode import Encoded

NEIGHBOURHOOD: Final = 2
"""Cells of `colour.GRID` around a region that belong to it: a colour picture is taken for the flow at a
node's edge."""

REGION_COLOUR_SHARE: Final = 0.01
"""Share of clearly coloured pixels in a region's neighbourhood from which the warning is given.

A single vessel beside a fibroadenoma gives 0.013 (BUSI, doi 10.1016/j.dib.2019.104863, benign 261); coloured
calipers drawn over the lesion give 0.06, and no trained picture has them either.
"""

PICTURE_COLOUR_SHARE: Final = 0.015
"""The same for the whole picture: logos, text and colour bars are coloured in grey-scale pictures too.

The power Doppler picture of a lymph node that pydicom distributes (US1_UNCR) has 0.028; colour Doppler of a
breast lesion with little flow (BUSI, benign 240) 0.008: there `FLOW_SHARE` tells.
"""

FLOW_SHARE: Final = 0.001
"""Largest patch of clear red or blue (`colour.flow`) from which the picture is taken for a Doppler picture.

In BUSI's five with visible flow (benign 234, 240, 255, 261, 277) it is 0.0021 to 0.0028, in all its other
pictures at most 0.0005 (malignant 196). In between, by the geometric mean.
"""

_EIGHT: Final = np.ones((3, 3), dtype=np.bool_)


class InputCheck:
    """Distance of an image's features from those of the training images.

    Parameters
    ----------
    features : mapping of str to ndarray, optional
        ``mean`` (C,) and ``whitening`` (K, C) or ``precision`` (C, C), as the bundle holds them.
    limit : float
        Distance beyond which an image is unlike the training images.

    Raises
    ------
    BundleError
        If the statistics hold no whitening and no precision matrix of the mean's width.
    """

    def __init__(self, features: Mapping[str, NDArray[np.floating[Any]]] | None, limit: float = 0.0) -> None:
        self.limit = limit
        self._features = features
        if features is not None:
            feature_distance(torch.from_numpy(np.asarray(features["mean"], dtype=np.float32)), features)

    @property
    def available(self) -> bool:
        """Whether the bundle has what the check needs."""
        return self._features is not None

    def unlike(self, encoded: Encoded) -> float | None:
        """Return the distance as a multiple of the limit where it is beyond, else None."""
        if self._features is None:
            return None
        distance = feature_distance(encoded.overview, self._features)
        return distance / self.limit if distance > self.limit else None


def feature_distance(overview: Tensor, features: Mapping[str, NDArray[np.floating[Any]]]) -> float:
    """Return the Mahalanobis distance of an image's features from the training images'.

    Parameters
    ----------
    overview : Tensor
        (C,) of `encode.overview`.
    features : mapping of str to ndarray
        ``mean`` (C,); ``whitening`` (K, C), which turns a deviation into independent ones of variance 1, or
        ``precision`` (C, C), the inverse covariance.

    Returns
    -------
    float
        Not negative; in standard deviations.

    Raises
    ------
    BundleError
        If neither matrix is there, or it has another width.
    """
    deviation = overview.double().numpy() - np.asarray(features["mean"], dtype=np.float64)
    for name in ("whitening", "precision"):
        matrix = features.get(name)
        if matrix is None:
            continue
        wide = np.asarray(matrix, dtype=np.float64)
        if (
            wide.ndim != 2
            or wide.shape[1] != len(deviation)
            or (name == "precision" and len(wide) != len(deviation))
        ):
            raise BundleError(
                f"The bundle's feature statistics: {name} has shape {wide.shape}, which does not fit a mean "
                f"of {len(deviation)}. Get the bundle again."
            )
        if name == "whitening":
            return float(np.linalg.norm(wide @ deviation))
        return float(np.sqrt(max(deviation @ wide @ deviation, 0.0)))
    raise BundleError(
        "The bundle's feature statistics hold neither whitening nor precision. Get the bundle again."
    )


def image_warnings(
    image: UltrasoundImage, encoded: Encoded, regions: Sequence[Region], check: InputCheck
) -> tuple[ScopeWarning, ...]:
    """Return the warnings of one image, most important first."""
    return tuple(_image_warnings(image, encoded, regions, check))


def _image_warnings(
    image: UltrasoundImage, encoded: Encoded, regions: Sequence[Region], check: InputCheck
) -> Iterable[ScopeWarning]:
    colour = _colour_warning(encoded, regions)
    if colour:
        yield ScopeWarning(
            "colour_doppler",
            colour,
        )
    beyond = check.unlike(encoded)
    if beyond is not None:
        yield ScopeWarning(
            "unlike_training_images",
            mark(
                "This image is unlike the training images: its features lie {times} times as far from theirs "
                "as nearly all of them do."
            ).format(times=f"{beyond:.1f}"),
        )
    if not regions:
        yield ScopeWarning(
            "no_region",
            mark("Nothing is outlined on this image; if it counts, then with the network's own soft mask."),
        )
    if image.number_of_frames > 1:
        yield ScopeWarning(
            "cine_frame",
            mark("This cine of {frames} frames is represented by frame {frame} alone.").format(
                frames=image.number_of_frames, frame=image.key.frame
            ),
        )
    for note in image.notes:
        yield ScopeWarning("note", note)


def _colour_warning(encoded: Encoded, regions: Sequence[Region]) -> str:
    """Return a sentence that says where the picture is clearly coloured; empty if it is not."""
    coloured = encoded.coloured.numpy()
    if not coloured.any():
        return ""
    if regions:
        mask = torch.from_numpy(union(tuple(regions), (encoded.rows, encoded.columns)).astype(np.float32))
        cells = torch.nn.functional.adaptive_max_pool2d(mask[None], list(coloured.shape))[0].numpy() > 0
        near = ndimage.binary_dilation(cells, structure=_EIGHT, iterations=NEIGHBOURHOOD)
        if coloured[near].mean() >= REGION_COLOUR_SHARE:
            return mark(
                "There is colour at the outlined region (Doppler, elastography or calipers); the model is "
                "made for plain grey-scale pictures."
            )
    if coloured.mean() < PICTURE_COLOUR_SHARE and encoded.flow < FLOW_SHARE:
        return ""
    return mark(
        "There is colour in this picture (Doppler, elastography or calipers); the model is made for plain "
        "grey-scale pictures."
    )


def patient_warnings(kinds: Sequence[RegionKind], check: InputCheck) -> tuple[ScopeWarning, ...]:
    """Return the warnings of the patient.

    Parameters
    ----------
    kinds : sequence of RegionKind
        Of the images in the bag.
    check : InputCheck
    """
    warnings = []
    if not kinds:
        warnings.append(
            ScopeWarning(EMPTY_BAG, mark("No image counts: there is no probability of this patient."))
        )
    else:
        if RegionKind.LYMPH_NODE not in kinds:
            warnings.append(
                ScopeWarning(
                    "no_lymph_node_view",
                    mark("No image that counts shows a lymph node; the score rests on the tumour alone."),
                )
            )
        if RegionKind.TUMOUR not in kinds:
            warnings.append(
                ScopeWarning(
                    "no_tumour_view",
                    mark("No image that counts shows the tumour; the score rests on lymph nodes alone."),
                )
            )
    if not check.available:
        warnings.append(
            ScopeWarning(
                "input_check_unavailable",
                mark(
                    "This model has no statistics of its training images: whether these images are like them "
                    "was not checked."
                ),
            )
        )
    return tuple(warnings)


def mixture_warnings(case: Case, counted: Collection[ImageKey]) -> tuple[ScopeWarning, ...]:
    """Return the warnings of a bag that holds what one look at one axilla would not.

    The score is one number for all images that count. Examinations of one day are one visit, in how many
    studies it may be filed.

    Parameters
    ----------
    case : Case
    counted : collection of ImageKey
        The images in the bag.
    """
    images = [image for image in case.images if image.key in counted]
    dates = {study.study_instance_uid: study.study_date for study in case.studies}
    days = sorted({day for image in images if (day := dates.get(image.study)) is not None})
    warnings = []
    if len(days) > 1:
        warnings.append(
            ScopeWarning(
                "several_examinations",
                mark(
                    "The images are of {days} days, {first} to {last}; the score takes them for one "
                    "examination. Read each by itself."
                ).format(days=len(days), first=days[0].isoformat(), last=days[-1].isoformat()),
            )
        )
    if {"L", "R"} <= {image.laterality for image in images}:
        warnings.append(
            ScopeWarning(
                "both_sides",
                mark(
                    "The images are of the left and the right side; the score does not say which it is "
                    "about. Read each side by itself."
                ),
            )
        )
    return tuple(warnings)
