"""Spaces of compositions: what a text states, how many there are, and that none is left out."""

from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perovdb.calculators.screening.designs import (
    BLOCK,
    Grid,
    Sample,
    blocks,
    formulas,
    n_blocks,
)
from perovdb.calculators.screening.space import parse_space
from perovdb.composition import parse
from perovdb.errors import FormulaError, InputError, UnknownSpecies


def rows_of(design):
    return np.concatenate([np.hstack(block) for block in blocks(design)])


def test_text():
    space = parse_space(" FA, CH3NH3 ,Cs0.1 | Pb | I, Br ")
    assert str(space) == "Cs0.1,MA,FA | Pb | Br,I"
    assert str(parse_space(str(space))) == str(space)
    assert space.species == ("Cs", "MA", "FA", "Pb", "Br", "I")
    assert [site.varies for site in space.sites] == [True, False, True]
    assert str(parse_space("NH4 0.5,(CH2)3NH20.5 | Pb | I")) == "NH40.5,AZ0.5 | Pb | I"


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("Cs,FA | Pb", FormulaError, "2 of the 3 sites"),
        ("", FormulaError, "1 of the 3 sites"),
        ("Cs | Pb | I | Br", FormulaError, "4 of the 3 sites"),
        ("Cs | | I", FormulaError, "B site of the space is empty"),
        ("Cs,,FA | Pb | I", FormulaError, "comma"),
        ("Cs,I | Pb | I", FormulaError, "takes the X site"),
        ("MA,CH3NH3 | Pb | I", FormulaError, "twice"),
        ("Cs0.5,FA0.4 | Pb | I", FormulaError, "sum to 0.9, not to 1"),
        ("Cs0.5,FA0.5,MA | Pb | I", FormulaError, "leaves nothing for MA"),
        ("Cs0.5,FA0.6 | Pb | I", FormulaError, "sum to 1.1"),
        ("Cs0,FA | Pb | I", FormulaError, "cannot be held"),
        ("Cs1.5,FA | Pb | I", FormulaError, "cannot be held"),
        ("Cs0.1234567,FA | Pb | I", FormulaError, "decimals"),
        ("Xx | Pb | I", UnknownSpecies, "not an ion"),
        ("cs | Pb | I", UnknownSpecies, "capitals"),
        ("Cs-0.1,FA | Pb | I", UnknownSpecies, "not an ion"),
        ("Cs," * 5000, FormulaError, "characters"),
    ],
)
def test_refused(text, error, said):
    with pytest.raises(error, match=said):
        parse_space(text)


@pytest.mark.parametrize("step", [0.0, -0.1, 0.3, 0.07, 2.0, 1e-9, float("nan"), float("inf")])
def test_steps_that_cannot_be(step):
    with pytest.raises(InputError):
        Grid(parse_space("Cs,FA | Pb | I"), step)


def test_a_step_must_part_what_is_left():
    space = parse_space("Cs0.05,FA,MA | Pb | I")
    with pytest.raises(InputError, match=r"step of 0\.05"):
        Grid(space, 0.1)
    assert Grid(space, 0.05).total == 20
    # What one ion takes whole needs no step.
    assert Grid(parse_space("Cs0.05,FA | Pb | I"), 0.1).total == 1


def test_too_many():
    with pytest.raises(InputError, match="larger step"):
        Grid(parse_space("Cs,FA,MA,Rb,K,GUA | Pb,Sn,Ge | I,Br,Cl"), 0.001)
    with pytest.raises(InputError):
        Sample(parse_space("Cs,FA | Pb | I"), 0)


@pytest.mark.parametrize(
    ("text", "step", "total"),
    [
        ("Cs | Pb | I", 0.1, 1),
        ("Cs,FA | Pb | I", 0.1, 11),
        ("Cs,FA,MA | Pb | I", 0.1, comb(12, 2)),
        ("Cs,FA,MA | Pb,Sn | I,Br", 0.1, 66 * 11 * 11),
        ("Cs0.1,FA,MA | Pb,Sn | I,Br,Cl", 0.1, 10 * 11 * 66),
        ("Cs,FA,MA,Rb | Pb | I,Br", 0.05, comb(23, 3) * 21),
        ("Cs,FA | Pb | I", 1 / 3, 4),
    ],
)
def test_counts(text, step, total):
    design = Grid(parse_space(text), step)
    rows = rows_of(design)
    assert design.total == total == len(rows) == len(np.unique(rows, axis=0))


def test_grid_against_brute_force():
    rows = rows_of(Grid(parse_space("Cs0.2,FA,MA | Pb | I,Br,Cl"), 0.1))
    ours = {tuple(row) for row in np.rint(rows * 10).astype(int)}
    theirs = {
        (2, ma, 8 - ma, 10, cl, br, 10 - cl - br)
        for ma, cl, br in product(range(9), range(11), range(11))
        if cl + br <= 10
    }
    assert ours == theirs


def test_fractions_are_those_that_people_type():
    rows = rows_of(Grid(parse_space("Cs,FA | Pb | I"), 0.1))
    assert sorted(rows[:, 0]) == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]


sites = st.tuples(
    st.sets(st.sampled_from(["Cs", "MA", "FA", "Rb"]), min_size=1),
    st.sets(st.sampled_from(["Pb", "Sn", "Ge"]), min_size=1),
    st.sets(st.sampled_from(["I", "Br", "Cl"]), min_size=1),
)


@settings(max_examples=40, deadline=None)
@given(sites, st.integers(0, 5), st.booleans())
def test_sites_are_full(sites, seed, random):
    space = parse_space(" | ".join(",".join(sorted(site)) for site in sites))
    design = Sample(space, 500, seed) if random else Grid(space, 0.25)
    unit = 10_000 if random else 4
    for block in blocks(design):
        for fractions in block:
            assert ((fractions >= 0) & (fractions <= 1)).all()
            counts = np.rint(fractions * unit)
            assert (fractions == counts / unit).all()
            # In whole units the sum is exact; in floating point it can miss the last bit.
            assert (counts.sum(axis=1) == unit).all()
            assert np.abs(fractions.sum(axis=1) - 1).max() <= 2**-52


def test_random_ones_are_uniform_and_repeatable():
    space = parse_space("Cs0.1,FA,MA,Rb | Pb | I,Br")
    n = 2 * BLOCK + 7
    first, again = rows_of(Sample(space, n, 3)), rows_of(Sample(space, n, 3))
    assert (first == again).all()
    assert n_blocks(Sample(space, n, 3)) == 3
    assert len(first) == n
    assert (first != rows_of(Sample(space, n, 4))).any()
    assert (first[:BLOCK] != first[BLOCK : 2 * BLOCK]).any()
    # The mean and variance of a flat Dirichlet distribution over 0.9 of the site, k = 3.
    free = first[:, [0, 2, 3]]
    assert first[:, 1] == pytest.approx(0.1)
    assert free.mean(axis=0) == pytest.approx([0.3] * 3, abs=0.01)
    assert free.var(axis=0) == pytest.approx([0.81 / 18] * 3, rel=0.05)


def test_order_of_species_changes_nothing():
    one, other = parse_space("Cs,FA,MA | Pb,Sn | I,Br"), parse_space("MA,Cs,FA | Sn,Pb | Br,I")
    assert one == other
    assert (rows_of(Sample(one, 100)) == rows_of(Sample(other, 100))).all()


@pytest.mark.parametrize("text", ["Cs,FA,MA | Pb,Sn | I,Br", "Cs0.15,NH4,FA | Pb | HCOO,I"])
def test_formulas_give_the_fractions_back(text):
    space = parse_space(text)
    block = Sample(space, 200, seed=1).block(0)
    texts = formulas(space, block)
    assert len(texts) == 200
    for row, formula in enumerate(texts):
        composition = parse(formula)
        assert composition.formula == formula
        shares = {ion: x for site in composition.sites.values() for ion, x in site.items()}
        values = np.hstack([fractions[row] for fractions in block])
        assert [shares.get(ion, 0.0) for ion in space.species] == pytest.approx(values, abs=1e-12)


def test_any_block_by_its_number():
    design = Grid(parse_space("Cs,FA,MA | Pb,Sn | I,Br"), 0.05)
    assert design.total == 231 * 21 * 21
    assert n_blocks(design) == -(-design.total // BLOCK)
    last = design.block(n_blocks(design) - 1)
    assert len(last) == design.total % BLOCK
    # The last composition holds all of the last ion of each site.
    assert [fractions[-1, -1] for fractions in last] == [1.0, 1.0, 1.0]
