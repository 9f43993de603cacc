"""Simulated patients: ultrasound pictures with exact masks and a label from known risk (numpy, scipy)."""

from alnreader.simulation.cohort import write_cohort, write_pictures
from alnreader.simulation.dicom import DEMO_NAME, DEMO_SEED, write_dicom
from alnreader.simulation.patient import SimulatedImage, SimulatedPatient, SimulatedRegion, simulate_patient
from alnreader.simulation.risk import best_possible_auc

__all__ = [
    "DEMO_NAME",
    "DEMO_SEED",
    "SimulatedImage",
    "SimulatedPatient",
    "SimulatedRegion",
    "best_possible_auc",
    "simulate_patient",
    "write_cohort",
    "write_dicom",
    "write_pictures",
]
