"""Checks of DAG files and projects that need no run and no warehouse: what the pytest plugin collects."""
