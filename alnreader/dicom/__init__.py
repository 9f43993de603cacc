"""Files to case: discovery, headers, pixels, calibration."""
