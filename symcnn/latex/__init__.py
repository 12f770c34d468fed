"""LaTeX of formulas: writing it, finding it in a document, and having it read by an independent reader."""
