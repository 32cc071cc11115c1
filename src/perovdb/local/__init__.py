"""Relaxations and barriers on this machine, by local engines or any calculator of ASE."""
