"""Atomic models: hosts, orderings, molecules, defects, layered phases, particles, files.

The structure type is pymatgen's Structure. Every atom carries the site properties

* ``role``: "A", "B" or "X"; "L" for a ligand, which is no ion of the crystal;
* ``ion``: the ion that it belongs to, such as "Cs", "FA", "I";
* ``molecule``: the number of its molecule, -1 for an atom that is an ion by itself;

and, in layered models, its ``region``. Steps that change a structure keep what sites carry; files
hold the first three.

``structure.properties`` holds the net formal ``charge`` of the cell, in e, which pymatgen's own
``structure.charge`` equals, and its ``history``: the steps that made it, from which
`history.rebuild` makes it again.

Sites (`sites`) of a host (`hosts`; its tilts are in `tilts`) are repeated (`supercells`,
`cell_shapes`), filled with ions in exact numbers (`filling`, `ordering`) and drawn with real
molecules (`drawing`, `molecules`); `builder` does all of it. `layered` and `particles` have sites
of their own; `defects` change what there is, `octahedra` measure it, `files` write and read it.

What all of them need stands once: a molecule is one thing (`units`), with its formal charge
(`charges`); atoms are sorted and properties kept by `assembling`, `symmetry` permutes sites,
`adoption` takes in what comes from elsewhere, `history` makes a function a step and records it,
`ordering.counts` makes whole numbers out of fractions, `streams` gives the random numbers of a
seed, and `arguments` refuses what is of another kind than it should.
"""
