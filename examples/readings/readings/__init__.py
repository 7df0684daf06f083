"""Nightly processing of sensor readings."""
