"""Facts about warehouses: what SQL to say. One file each."""
