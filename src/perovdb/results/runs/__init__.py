"""Finished calculations of one structure, one module a code."""
