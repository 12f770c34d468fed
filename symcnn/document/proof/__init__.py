"""Equations between formulas: proved by the kernel, refuted at exact entries, or neither."""
