"""Encode once, score many: the one object through which the rest of the program reads images."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import torch
from torch import Tensor

import alnreader
from alnreader.case.case import Case, HeatMap
from alnreader.case.errors import InvalidValueError
from alnreader.case.image import ImageKey, Pixels, UltrasoundImage
from alnreader.case.region import Region, RegionKind
from alnreader.case.score import ImageScore, ModelSummary, RunRecord, Score
from alnreader.inference import jitter
from alnreader.inference.backend import Backend, TorchBackend
from alnreader.inference.cam_methods import GRAD_CAM, ImageHead, PatientHead, check_method, class_activation
from alnreader.inference.contributions import Contributions, explain
from alnreader.inference.device import CPU, choose_device, limit_threads
from alnreader.inference.encode import Encoded, Encoder
from alnreader.inference.gate import HeadWeights, Instance, gated
from alnreader.inference.heatmaps import Target, on_picture, patient_gradients, weighted_map
from alnreader.inference.instances import Instances
from alnreader.inference.patient import PatientModel, sigmoid
from alnreader.inference.propose import proposals
from alnreader.inference.scope import InputCheck, image_warnings, mixture_warnings, patient_warnings
from alnreader.model.bundle import Bundle


class NoRegion(StrEnum):
    """What becomes of an image on which nothing is outlined."""

    PREDICTED = "predicted"
    """It counts, gated by the network's own soft mask."""
    LEFT_OUT = "left_out"
    """It does not count."""


@dataclass(frozen=True, eq=False)
class _Bag:
    """The images that count, ordered by identity: a sum in another order would differ in its last bits."""

    keys: tuple[ImageKey, ...]
    pooled: Tensor


class Engine:
    """A bundle, ready to read.

    Safe to use from several threads: what it keeps is a cache of results, by encoded image.

    Parameters
    ----------
    bundle : Bundle
    device : str
        ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ``mps``, ``xpu``: what `encode` runs on. Everything else is
        so small that it runs on the CPU.
    backend : Backend, optional
        Runs the slow half in place of torch on that device.

    Raises
    ------
    BundleError
        If the weights cannot be read.
    DeviceError
        If the device is not there.
    """

    def __init__(self, bundle: Bundle, device: str = "auto", backend: Backend | None = None) -> None:
        chosen = choose_device(device) if backend is None else backend.device
        limit_threads()
        self._bundle = bundle
        card = bundle.card
        network = bundle.multitask()
        self._heads = HeadWeights.of(network)
        self._encoder = Encoder(
            backend or TorchBackend(network, chosen),
            self._heads.type,
            bundle.preprocessing,
            bundle.sha256,
            spare=lambda: TorchBackend(bundle.multitask(), CPU),
        )
        self._instances = Instances(self._heads, card["mask"])
        self._patient = PatientModel(bundle.multi_instance(), card["calibration"])
        statistics = card["feature_statistics"]
        self._check = InputCheck(bundle.features(), statistics["limit"] if statistics else 0.0)

    @property
    def device(self) -> str:
        """What the network runs on, for the user."""
        return self._encoder.device

    @property
    def bundle(self) -> Bundle:
        """The bundle that is read with."""
        return self._bundle

    def model_summary(self) -> ModelSummary:
        """Return the card in short."""
        return self._bundle.summary

    def encode(self, image: UltrasoundImage, pixels: Pixels | None = None) -> Encoded:
        """Run the network on one image: the slow half, once an image; see `Encoder.encode`."""
        return self._encoder.encode(image, pixels)

    def propose(self, image: UltrasoundImage, encoded: Encoded) -> tuple[Region, ...]:
        """Return what the network outlines on an image, largest first; empty if it finds nothing."""
        self._check_encoded(image, encoded)
        masks = self._instances.proposed_masks(encoded)
        return proposals(masks, self._instances.predicted(encoded).type_logit)

    def score(
        self,
        case: Case,
        encoded: Mapping[ImageKey, Encoded],
        interval: bool = True,
        contributions: bool = True,
        no_region: NoRegion = NoRegion.PREDICTED,
    ) -> Score:
        """Score a patient: the fast half, after every edit.

        Parameters
        ----------
        case : Case
            With its regions and its excluded images.
        encoded : mapping of ImageKey to Encoded
            Every image of the case.
        interval : bool
            Jitter the contours; without, both ends of the interval are the probability.
        contributions : bool
            Explain by image; without, all contributions are 0 and `ImageScore.without` is None.
        no_region : NoRegion
            Whether an image without regions counts.

        Returns
        -------
        Score

        Raises
        ------
        InvalidValueError
            If an image of the case is not encoded, or was by another bundle.
        """
        instances = self._of_case(case, encoded)
        bag = self._bag(case, instances, no_region)
        probability = float(self._patient.probabilities(bag.pooled[None])[0])
        explained = self._explain(bag, probability) if contributions else None
        ends = (
            self._interval(bag, instances, encoded, probability) if interval else (probability, probability)
        )

        places = {key: place for place, key in enumerate(bag.keys)}
        images = []
        for image in case.images:
            current = instances[image.key]
            regions = case.regions_of(image.key)
            place = places.get(image.key)
            contribution, without = 0.0, None
            if explained is not None and place is not None:
                contribution = float(explained.shapley[place])
                without = float(explained.without[place]) if len(bag.keys) > 1 else None
            images.append(
                ImageScore(
                    key=image.key,
                    kind=_kind(regions, current),
                    kind_probability=sigmoid(current.type_logit),
                    probability=sigmoid(current.image_logit),
                    contribution=contribution,
                    without=without,
                    included=place is not None,
                    warnings=image_warnings(image, encoded[image.key], regions, self._check),
                )
            )
        return Score(
            probability=probability,
            interval=ends,
            baseline=self._patient.empty,
            images=tuple(images),
            warnings=(
                *mixture_warnings(case, bag.keys),
                *patient_warnings([entry.kind for entry in images if entry.included], self._check),
            ),
            run=self._record(case, encoded),
        )

    def heat_maps(
        self,
        case: Case,
        encoded: Mapping[ImageKey, Encoded],
        method: str = GRAD_CAM,
        target: Target | str = Target.PATIENT,
        no_region: NoRegion = NoRegion.PREDICTED,
    ) -> dict[ImageKey, HeatMap]:
        """Return where the networks looked.

        Parameters
        ----------
        case, encoded, no_region
            As for `score`.
        method : str
            One of `cam_methods.METHODS`; all but Grad-CAM need pytorch-grad-cam.
        target : Target or str
            ``patient``: the patient's probability, all images on one scale, an image that does not count zero
            everywhere. ``image``: the image head, each image on its own scale.

        Returns
        -------
        dict of ImageKey to ndarray
            (H, W) float32 of the picture's size, 0..1; zero everywhere where there is no evidence.

        Raises
        ------
        InvalidValueError
            If the method or the target is unknown, or as for `score`.
        MissingPackageError
            If the method's package is not installed.
        """
        check_method(method)
        if target not in tuple(Target):
            raise InvalidValueError(f"Unknown heat map target {target!r}. Choose one of {', '.join(Target)}.")
        instances = self._of_case(case, encoded)
        bag = self._bag(case, instances, no_region)
        gradients = patient_gradients(bag.pooled, self._patient) if method == GRAD_CAM else None
        maps = []
        for image in case.images:
            g = gated(encoded[image.key], instances[image.key])
            counts = image.key in bag.keys
            if target == Target.PATIENT and not counts:
                maps.append(np.zeros(g.shape[-2:], dtype=np.float32))
            elif gradients is not None:
                by_patient = target == Target.PATIENT
                gradient = gradients[bag.keys.index(image.key)] if by_patient else self._heads.image
                maps.append(weighted_map(g, gradient))
            elif target == Target.PATIENT:
                head = PatientHead(self._patient, bag.pooled, bag.keys.index(image.key))
                maps.append(class_activation(method, head, g))
            else:
                maps.append(class_activation(method, ImageHead(self._heads), g))
        shapes = [(image.rows, image.columns) for image in case.images]
        resized = on_picture(maps, shapes, common=target == Target.PATIENT)
        return dict(zip((image.key for image in case.images), resized, strict=True))

    def _check_encoded(self, image: UltrasoundImage, encoded: Encoded | None) -> Encoded:
        if encoded is None:
            raise InvalidValueError(f"{image.source}: frame {image.key.frame} is not encoded yet.")
        if encoded.key != image.key or encoded.bundle != self._bundle.sha256:
            raise InvalidValueError(
                f"{image.source}: what was encoded is another image's or another model's. Encode it again."
            )
        return encoded

    def _of_case(self, case: Case, encoded: Mapping[ImageKey, Encoded]) -> dict[ImageKey, Instance]:
        return {
            image.key: self._instances.current(
                self._check_encoded(image, encoded.get(image.key)), case.regions_of(image.key)
            )
            for image in case.images
        }

    def _bag(self, case: Case, instances: Mapping[ImageKey, Instance], no_region: NoRegion) -> _Bag:
        keys = tuple(
            sorted(
                image.key
                for image in case.images
                if image.key not in case.excluded
                and (no_region == NoRegion.PREDICTED or case.regions_of(image.key))
            )
        )
        pooled = torch.stack([instances[key].pooled for key in keys]) if keys else self._patient.no_images()
        return _Bag(keys, pooled)

    def _explain(self, bag: _Bag, probability: float) -> Contributions:
        return explain(
            lambda subsets: self._patient.of_subsets(bag.pooled, subsets),
            len(bag.keys),
            full=probability,
            empty=self._patient.empty,
            seed=self._seed("contributions", bag.keys),
        )

    def _interval(
        self,
        bag: _Bag,
        instances: Mapping[ImageKey, Instance],
        encoded: Mapping[ImageKey, Encoded],
        probability: float,
    ) -> tuple[float, float]:
        if not bag.keys:
            return probability, probability
        moved = [
            self._instances.moved(encoded[key], instances[key], self._seed("jitter", [key]))
            for key in bag.keys
        ]
        return jitter.interval(probability, self._patient.probabilities(torch.stack(moved, dim=1)))

    def _seed(self, purpose: str, keys: Iterable[ImageKey]) -> int:
        """Return a seed that the bundle and the images fix: the same input gives the same result."""
        words = [purpose, self._bundle.sha256, *(f"{key.uid}/{key.frame}" for key in keys)]
        return int.from_bytes(hashlib.sha256("\n".join(words).encode()).digest()[:4], "big")

    def _record(self, case: Case, encoded: Mapping[ImageKey, Encoded]) -> RunRecord:
        elsewhere = [encoded[image.key] for image in case.images if encoded[image.key].fallback]
        device = self.device
        if elsewhere:
            reasons = "; ".join(sorted({entry.fallback for entry in elsewhere}))
            device += f", {len(elsewhere)} of {len(case.images)} images on the CPU: {reasons}"
        return RunRecord(
            model=self._bundle.summary,
            program_version=alnreader.__version__,
            device=device,
            preprocessing=dict(self._bundle.card["preprocessing"]),
            revisions={image.key: case.input_revision(image.key) for image in case.images},
        )


def _kind(regions: tuple[Region, ...], current: Instance) -> RegionKind:
    """Return what an image shows: its largest region's kind, or what the type head says."""
    if regions:
        return max(regions, key=lambda region: np.count_nonzero(region.mask)).kind
    return RegionKind.LYMPH_NODE if current.type_logit > 0 else RegionKind.TUMOUR
