"""A reading as DICOM objects: segmentations, structured report, secondary captures, encapsulated PDF.

Each kind has a module of its own; `source` is what they refer to, `equipment` what they all carry, `codes`
the coded concepts, and `readback` the way back. highdicom takes a third of a second to import: nothing else
of the program imports these modules before an object is made. See docs/dicom.md.
"""
