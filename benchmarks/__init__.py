"""How fast it is: ratios in one run, medians. `make bench`; README.md beside this says what was found."""
