"""Where SQL is said: sessions over a driver or an Airflow hook, and reads of the catalog."""
