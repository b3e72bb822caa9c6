"""Measurements; `make bench` runs all of them. Nothing here is a test."""
