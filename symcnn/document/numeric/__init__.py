"""Lines between numbers, and those that put sizes and counts in numbers."""
