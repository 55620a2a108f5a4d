"""Files -> Manifest."""
