"""GDCM's codecs on the bytes of one frame. Runs in a process of its own: see `alnreader.dicom.isolated`."""

from __future__ import annotations

from dataclasses import dataclass

import gdcm


@dataclass(frozen=True)
class Job:
    """One frame to decode.

    Attributes
    ----------
    data
        Its code stream.
    syntax
        Transfer syntax that the code stream belongs to.
    rows, columns, samples, precision, signed
        Of the frame; one value takes one byte up to 8 bits of precision, else two.
    """

    data: bytes
    syntax: str
    rows: int
    columns: int
    samples: int
    precision: int
    signed: bool

    @property
    def value_bytes(self) -> int:
        """Bytes of one value."""
        return 1 if self.precision <= 8 else 2

    @property
    def frame_bytes(self) -> int:
        """Bytes of the decoded frame."""
        return self.rows * self.columns * self.samples * self.value_bytes


def decode(job: Job) -> bytes | None:
    """Decode one frame: values by pixel, little endian; None where GDCM gives up.

    GDCM is asked without pydicom, which refuses 12-bit JPEG for it; GDCM 3 decodes it.
    """
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(job.data)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((job.columns, job.rows, 1))
    image.SetDataElement(element)
    meaning = gdcm.PhotometricInterpretation.GetPIType("RGB" if job.samples == 3 else "MONOCHROME2")
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(meaning))
    if job.samples == 3:
        image.SetPlanarConfiguration(0)
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(job.syntax)))
    image.SetPixelFormat(
        gdcm.PixelFormat(job.samples, 8 * job.value_bytes, job.precision, job.precision - 1, int(job.signed))
    )
    buffer = image.GetBuffer()
    # The wrapper returns the bytes as text.
    return None if buffer is None else bytes(buffer.encode("utf-8", "surrogateescape"))
