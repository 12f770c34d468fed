"""The kernel: every way to make a Theorem."""
