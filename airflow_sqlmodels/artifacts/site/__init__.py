"""The documentation site: one page of our own, which reads manifest.json and catalog.json in the browser."""
