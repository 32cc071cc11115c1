"""More vacancies beside a hop: the same at both ends, far from it, with the right charge."""

from collections import Counter

import numpy as np
import pytest

from perovdb.errors import PerovdbError
from perovdb.migration.hops import hops
from perovdb.migration.placing import endpoints
from perovdb.migration.vacancies import Vacancies, open_more, partners_of
from perovdb.structures.units import units


def ends_of(formula, species, vacancies=1):
    hop = hops(formula, species, phase="alpha")[0]
    return endpoints(formula, hop, vacancies=vacancies)


@pytest.mark.parametrize(
    ("formula", "species", "more", "charge"),
    [
        ("CsPbI3", "I", {"I": 1}, 2),
        ("CsPbI3", "I", {"I": 4}, 5),
        ("CsPbI3", "I", {"Cs": 1}, 0),
        ("MAPbI3", "MA", {"MA": 2, "I": 3}, 0),
        ("FAPbI3", "I", {"FA": 1}, 0),
    ],
)
def test_both_ends_lack_the_same_and_only_the_mover_moves(formula, species, more, charge):
    before = ends_of(formula, species)
    ends = open_more(before, more)
    assert ends.start.properties["charge"] == ends.end.properties["charge"] == charge
    assert ends.start.species == ends.end.species
    found, had = (Counter(u.ion for u in units(e.start)) for e in (ends, before))
    assert had - found == more
    moved = np.linalg.norm(ends.end.cart_coords - ends.start.cart_coords, axis=1) > 1e-9
    assert np.flatnonzero(moved).tolist() == ends.mover.tolist()
    same = before.start.cart_coords[before.mover]
    assert (ends.start.cart_coords[ends.mover] == same).all()


def test_further_vacancies_are_far_from_both_ends_alike():
    """In the 2x2x2 cell no iodide, and no caesium, is farther from the nearer end of the hop."""
    before = ends_of("CsPbI3", "I")
    here = before.start.cart_coords[before.mover[0]]
    lattice = before.start.lattice
    ends_A = lattice.get_fractional_coords([here, here + before.vector_A])
    for ion in ("I", "Cs"):
        ends = open_more(before, {ion: 1})
        left = {tuple(site.coords.round(6)) for site in ends.start}
        places = [site for site in before.start if site.specie.symbol == ion]
        near = {
            tuple(site.coords.round(6)): lattice.get_all_distances(site.frac_coords, ends_A).min()
            for site in places
        }
        (gone,) = (place for place in near if place not in left)
        assert near[gone] == pytest.approx(max(near.values()), abs=1e-6)
        assert f"1 V_{ion}, {near[gone]:.2f} A" in ends.notes[-1]


def test_partners_make_the_cell_neutral():
    ends = ends_of("CsPbI3", "I")
    assert partners_of(ends, "partner") == {"Cs": 1}
    assert partners_of(ends_of("CsPbI3", "Pb"), "partner") == {"I": 2}
    neutral = ends_of("CsPbI3", "I", Vacancies(neutral="V_Cs"))
    assert neutral.start.properties["charge"] == 0
    assert partners_of(neutral, "partner") == {}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda e: open_more(e, {"Br": 1}), "no Br"),
        (lambda e: open_more(e, {"I": 99}), "there are 22"),
        (lambda e: open_more(e, {"I": -1}), "whole number"),
        (lambda e: open_more(e, {"Xx": 1}), "Xx"),
        (lambda e: partners_of(e, "V_I"), "opposite charge"),
        (lambda e: partners_of(e, "V_Pb"), "opposite charge"),
        (lambda e: Vacancies(neutral="somehow"), "V_Cs"),
        (lambda e: Vacancies(1.0), "whole number"),
    ],
)
def test_what_cannot_be_left_out(call, words):
    with pytest.raises(PerovdbError, match=words):
        call(ends_of("CsPbI3", "I"))
