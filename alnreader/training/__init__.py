"""Fit both stages, evaluate cohorts."""
