"""Deciding the lines of a document, what is left open on purpose, and the search for repairs."""
