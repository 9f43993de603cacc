"""Second reader for axillary lymph node metastasis on breast ultrasound."""

__version__ = "0.1.0"
