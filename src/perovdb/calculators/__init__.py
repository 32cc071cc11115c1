"""Pure functions of a composition: tolerance factors, mixing, diffraction."""
