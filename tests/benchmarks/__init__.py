"""Measurements, each beside a baseline of the same run: `make bench` or `make bench BENCH=holds`. Asserts nothing."""
