"""What the store knows, asked by formula, ion, phase, year or evidence."""
