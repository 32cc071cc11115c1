"""Which phases of the store explain measured powder peaks, one phase at a time."""
