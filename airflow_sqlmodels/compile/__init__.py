"""Node -> SQL."""
