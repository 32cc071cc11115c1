"""Finished band calculations: folders go in, barriers with a verdict come out."""
