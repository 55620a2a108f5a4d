"""The `sqlmodels` command. Here flags become arguments, results become lines, errors become exit codes."""
