"""The JSON document, the PDF and their figures. No Qt, no torch."""
