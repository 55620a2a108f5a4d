"""dbt's semantic layer: entries of property files become semantic models, metrics and saved queries."""
