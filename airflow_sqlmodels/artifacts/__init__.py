"""What other tools read: run_results.json, sources.json, manifest.json, in the shapes that dbt's readers know."""
