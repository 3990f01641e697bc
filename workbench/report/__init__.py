"""A report of the whole project for the people who decide: one HTML file, offline, printable."""
