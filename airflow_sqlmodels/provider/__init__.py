"""Airflow: a plan becomes tasks, a task runs one step. The only layer that imports Airflow."""
