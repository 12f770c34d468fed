"""Measured figures: `python -m benchmarks`."""
