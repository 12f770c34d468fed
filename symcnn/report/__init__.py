"""Reports of derivations: LaTeX, Markdown, JSON and the terminal's table."""
