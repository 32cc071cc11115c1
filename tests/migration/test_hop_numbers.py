"""The numbers of hops mean the same from version to version.

`hop_numbers.json` holds, as version 0.3 listed them, the hops of average cells: distance in
angstrom, how many leave the first site, how many there are in the cell, from where to where; and
where the atoms of some numbered hops begin and end in a supercell. Lengths hold to 1e-4: a cell
may have got more digits since.
"""

import json
from pathlib import Path

import pytest

from perovdb.migration.hops import hops
from perovdb.migration.path import path

KEPT = json.loads((Path(__file__).parent / "hop_numbers.json").read_text())


@pytest.mark.parametrize(
    "kept", KEPT["hops"], ids=lambda kept: f"{kept['formula']}-{kept['phase']}-{kept['species']}"
)
def test_hops_of_an_average_cell_keep_their_numbers(kept):
    listed = hops(
        kept["formula"],
        kept["species"],
        phase=kept["phase"],
        temperature_K=kept["temperature_K"],
    )
    assert [(h.multiplicity, h.per_cell) for h in listed] == [
        (multiplicity, per_cell) for _, multiplicity, per_cell, _, _ in kept["hops"]
    ]
    for hop, (distance_A, _, _, start, end) in zip(listed, kept["hops"], strict=True):
        assert hop.distance_A == pytest.approx(distance_A, rel=1e-4)
        assert hop.start == pytest.approx(start, abs=1e-4)
        assert hop.end == pytest.approx(end, abs=1e-4)


@pytest.mark.parametrize(
    "kept",
    KEPT["paths"],
    ids=lambda k: f"{k['formula']}-{k['phase']}-{k['species']}-{k['number']}",
)
def test_a_numbered_hop_is_of_the_same_atoms(kept):
    listed = hops(kept["formula"], kept["species"], phase=kept["phase"])
    chain = path(
        kept["formula"],
        listed[kept["number"]],
        size=tuple(kept["size"]),
        images=1,
        seed=kept["seed"],
    )
    assert chain.mover.tolist() == kept["mover"]
    for image, place in ((chain.images[0], kept["from_A"]), (chain.images[-1], kept["to_A"])):
        assert image.cart_coords[chain.mover].mean(axis=0) == pytest.approx(place, abs=2e-3)
    assert chain.distance_A == pytest.approx(kept["distance_A"], rel=1e-4)
    assert chain.closest_contact_A == pytest.approx(kept["closest_contact_A"], abs=2e-3)
