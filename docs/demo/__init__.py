"""The demo: an embedded Postgres, a real Airflow, the example project in it. `make demo`, `make ui`."""
