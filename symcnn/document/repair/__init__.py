"""Small edits of a formula as text, the nearest to what people get wrong first."""
