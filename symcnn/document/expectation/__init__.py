"""Lines about expectations and variances."""
