"""A node as plain data: what templates see of it (`graph`, `model`, `results`), and what manifest.json says."""
