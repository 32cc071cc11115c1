"""Atomic models: prototypes from the store, molecules, ordering, supercells, vacancies.

The structure type is pymatgen's Structure. Every atom carries the site properties

* ``role``: "A", "B" or "X";
* ``ion``: the ion that it belongs to, such as "Cs", "FA", "I";
* ``molecule``: the number of its organic cation, -1 for an atom that is an ion by itself.

``structure.properties`` holds the net formal ``charge`` of the cell, in e, and its ``history``:
how the structure was made. (pymatgen's own charge would warn at every reading that it is not the
sum of oxidation states.)
"""
