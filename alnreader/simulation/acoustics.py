"""From tissue to envelope: scatterers, point-spread function, attenuation, noise, compression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft

from alnreader.simulation.geometry import FloatArray, Geometry

SOUND_SPEED_MM_PER_US = 1.54
"""Speed of sound that scanners assume for soft tissue (1540 m/s)."""


@dataclass(frozen=True)
class Tissue:
    """What the sound meets, on the beam-space grid; all arrays (samples, lines) float32.

    Attributes
    ----------
    echo_db
        Mean backscatter of diffuse scatterers, dB relative to glandular tissue.
    specular
        Amplitude of reflecting sheets, relative to the scatterers of glandular tissue.
    loss_db_per_mm
        Two-way attenuation beyond what the time-gain compensation expects; negative enhances.
    """

    echo_db: FloatArray
    specular: FloatArray
    loss_db_per_mm: FloatArray


@dataclass(frozen=True)
class Beam:
    """The point-spread function.

    Attributes
    ----------
    frequency_mhz
        Centre frequency.
    cycles
        Length of the pulse in periods (full width at half maximum).
    f_number
        Depth of focus over aperture: the beam's width at the focus is about wavelength x f-number.
    focus_mm
        Depth of the (transmit) focus.
    aperture_mm
        Width of the active aperture: how fast the beam widens away from the focus.
    """

    frequency_mhz: float
    cycles: float
    f_number: float
    focus_mm: float
    aperture_mm: float

    @property
    def wavelength_mm(self) -> float:
        """Wavelength in tissue, mm."""
        return SOUND_SPEED_MM_PER_US / self.frequency_mhz

    @property
    def axial_sigma_mm(self) -> float:
        """Standard deviation of the two-way pulse envelope, mm."""
        return self.cycles * self.wavelength_mm / 2 / 2.355

    def lateral_sigma_mm(self, depth_mm: FloatArray) -> FloatArray:
        """Standard deviation of the beam profile at a depth, mm: narrowest at the focus, then widening."""
        waist = self.wavelength_mm * self.f_number
        away = np.abs(depth_mm - self.focus_mm) * self.wavelength_mm / self.aperture_mm
        return np.sqrt(waist**2 + away**2 + (0.006 * depth_mm) ** 2) / 2.355


def blur(field: np.ndarray, geometry: Geometry, beam: Beam) -> np.ndarray:
    """Convolve with the depth-dependent point-spread function.

    The axial part is one Gaussian; the lateral one a Gaussian whose width is that of each row, applied as
    a product in the lateral spectrum. Unit-variance white noise stays of unit variance.

    Parameters
    ----------
    field
        Complex scatterer amplitudes, (samples, lines) complex64.
    geometry, beam
        Grid and point-spread function. In a convex field the beam spreads with the lines.

    Returns
    -------
    array
        (samples, lines) complex64.
    """
    samples, lines = field.shape
    pad_x, pad_z = fft.next_fast_len(lines + 24), fft.next_fast_len(samples + 16)
    axial = max(beam.axial_sigma_mm / geometry.sample_mm, 0.45)
    _, s = geometry.beam_axes()
    spread = 1 + 2 * s * geometry.spread / geometry.width_mm
    if geometry.kind == "convex":
        spread = 1 + s / geometry.radius_mm
    lateral = np.maximum(beam.lateral_sigma_mm(s) / (geometry.line_mm * spread), 0.45)
    fz = fft.fftfreq(pad_z).astype(np.float32)[:, None]
    fx = fft.fftfreq(pad_x).astype(np.float32)[None, :]
    axial_response = np.exp(-2 * (np.pi * axial * fz) ** 2)
    axial_response /= np.sqrt(np.mean(axial_response**2))
    lateral_response = np.exp(-2 * (np.pi * lateral * fx) ** 2)
    lateral_response /= np.sqrt(np.mean(lateral_response**2, axis=1, keepdims=True))
    spectrum = fft.fft(field, n=pad_z, axis=0)
    spectrum *= axial_response
    rows = fft.ifft(spectrum, axis=0, overwrite_x=True)[:samples]
    spectrum = fft.fft(rows, n=pad_x, axis=1)
    spectrum *= lateral_response
    return fft.ifft(spectrum, axis=1, overwrite_x=True)[:, :lines]


def scatterers(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Fully developed random scatterers: circular complex Gaussian of unit mean power, complex64."""
    parts = rng.standard_normal((*shape, 2), dtype=np.float32) * np.float32(np.sqrt(0.5))
    return parts.view(np.complex64)[..., 0]


def attenuation_db(tissue: Tissue, geometry: Geometry) -> FloatArray:
    """Attenuation gathered on the way to each sample, dB; smoothed over the width of the beam."""
    total = np.cumsum(tissue.loss_db_per_mm, axis=0) * geometry.sample_mm
    sigma = 0.45 / geometry.line_mm
    reach = int(3 * sigma) + 1
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    taps = (taps / taps.sum()).astype(np.float32)
    padded = np.pad(total, ((0, 0), (reach, reach)), mode="edge")
    size = fft.next_fast_len(padded.shape[1], real=True)
    kernel = fft.rfft(np.roll(np.pad(taps, (0, size - taps.size)), -reach))
    smooth = fft.irfft(fft.rfft(padded, n=size, axis=1) * kernel, n=size, axis=1)
    return smooth[:, reach : reach + total.shape[1]].astype(np.float32)


def envelope(
    tissue: Tissue, geometry: Geometry, beam: Beam, looks: int, noise_db: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Envelope of the received signal after time-gain compensation.

    Parameters
    ----------
    tissue, geometry, beam
        What is imaged, where, and with which pulse.
    looks
        Number of independent looks whose power is averaged (spatial or frequency compounding).
    noise_db
        Level of electronic noise after compensation, dB relative to glandular tissue; broadcast over
        the grid. It grows with depth because the gain does.
    rng
        Source of randomness.

    Returns
    -------
    array
        Amplitude, (samples, lines) float32, 1 for the mean power of glandular tissue.
    """
    gain = 10 ** (tissue.echo_db / 20)
    loss = 10 ** (-attenuation_db(tissue, geometry) / 20)
    noise = 10 ** (noise_db / 20)
    power = np.zeros(gain.shape, np.float32)
    for _ in range(looks):
        # A reflecting sheet is rough: part of its echo is coherent, part is speckle.
        drawn = scatterers(gain.shape, rng)
        signal = drawn * (gain + 0.7 * tissue.specular) + 0.45 * tissue.specular
        received = blur(signal, geometry, beam) * loss + noise * scatterers(gain.shape, rng)
        power += received.real**2 + received.imag**2
    return np.sqrt(power / looks)
