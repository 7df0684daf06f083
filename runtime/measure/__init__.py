"""Measuring a target: exports, provenance, the probe and what it reports."""
