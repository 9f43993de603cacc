"""Simulated patients with ground truth, written as DICOM (numpy, scipy, pydicom)."""
