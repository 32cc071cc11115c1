"""What `perovdb build` asks for, as calls of the library: one way to begin, then the changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from perovdb_cli import model_arguments as typed
from perovdb_cli.model_defects import defective, enumerates_defects
from perovdb_cli.model_type import Model

if TYPE_CHECKING:
    from pymatgen.core import Structure

#: Way to begin -> the option that asks for it, and the options that it understands besides those
#: that all do. A file and a formula alone are ways of their own.
WAYS = {
    "formula": (
        "phase temperature_K tilt angles_deg size matrix min_image a_A nearest replace order axis "
        "orientation pointing molecules"
    ),
    "file": "charge size matrix min_image replace order orientation placement",
    "particle": (
        "temperature_K phase a_A shape termination placement balance padding_A nearest orientation"
    ),
    "slab": "temperature_K phase a_A normal termination lateral vacuum_A nearest orientation",
    "layers": "temperature_K size a_A apical interlayer_A order orientation",
    "stack": "temperature_K size a_A apical interlayer_A where order orientation",
    "boundary": "boundary_kind temperature_K size a_A where order orientation",
}

#: What may be cut out of a file -> the options that it understands besides.
CUTS = {
    "particle": "shape balance padding_A termination",
    "slab": "normal lateral vacuum_A termination",
}

#: Way to begin -> how a message calls it.
NAMES = {
    "formula": "a model from a formula",
    "file": "a model from a file",
    "particle": "a particle",
    "slab": "a slab",
    "layers": "a layered phase",
    "stack": "a stack of slabs",
    "boundary": "an antiphase boundary",
}

#: Options that others have no meaning without -> these others.
NEEDS = {"vacancies defects": "choose neutral partner charge_state", "ligands": "exchange"}

#: Options that every way understands.
COMMON = (
    "seed defects vacancies choose neutral partner charge_state ligands exchange output picture "
    "style width dpi force view as_json way source"
)


def way_of(source: str, asked: Mapping[str, Any]) -> str:
    """How a model begins, a key of WAYS.

    Raises:
        click.UsageError: two ways are asked for.
    """
    from perovdb.files.names import is_file_name

    ways = [
        way
        for way in ("particle", "slab", "layers", "stack", "boundary")
        if asked[way] is not None
    ]
    if len(ways) > 1:
        raise click.UsageError(
            f"A model begins in one way, and this asks for --{' and --'.join(ways)}. "
            "Write one to a file, and build on with that."
        )
    if is_file_name(source):
        return "file"
    return ways[0] if ways else "formula"


def check_options(way: str, given: Sequence[str], flags: Mapping[str, str]) -> None:
    """Refuse options that a way to begin does not understand.

    Args:
        way: a key of WAYS.
        given: names of the parameters that were typed.
        flags: parameter -> how it is typed.

    Raises:
        click.UsageError: one of them would be passed over in silence.
    """
    understood = [way, *f"{WAYS[way]} {COMMON}".split()]
    if way == "file":
        for cut in CUTS:
            understood += [cut, *CUTS[cut].split()] if cut in given else []
    for name in given:
        if name not in understood:
            raise click.UsageError(f"{flags[name]} has no meaning for {NAMES[way]}.")
    for needed, names in NEEDS.items():
        if not any(name in given for name in needed.split()):
            for name in names.split():
                if name in given:
                    options = " or ".join(flags[one] for one in needed.split())
                    raise click.UsageError(f"{flags[name]} has no meaning without {options}.")


def models(source: str, way: str, asked: Mapping[str, Any]) -> list[Model]:
    """The models that the options ask for: one, or all distinct orderings.

    Raises:
        click.UsageError: options that do not go together.
        and what the library raises.
    """
    begun = _BEGIN[way](source, asked)
    found = defective(begun, asked)
    return [replace(one, structure=_with_ligands(one.structure, asked)) for one in found]


def _formula(source: str, asked: Mapping[str, Any]) -> list[Model]:
    from perovdb.structures.builder import ENUMERATE, build, distinct_models

    common = {
        "phase": asked["phase"],
        "size": typed.size(asked) or (1, 1, 1),
        "distance_A": asked["min_image"],
        "seed": asked["seed"],
        "orientation": asked["orientation"],
        "temperature_K": asked["temperature_K"],
        "tilt": asked["tilt"],
        "angles_deg": list(asked["angles_deg"]) or None,
        "replace": typed.replacements(asked["replace"]),
        "pointing": asked["pointing"],
        "a_A": asked["a_A"],
        "nearest": asked["nearest"],
        "molecules": dict(typed.named(text, "--molecule") for text in asked["molecules"]),
    }
    if asked["order"] == ENUMERATE:
        return [Model(*found) for found in distinct_models(source, **common)]
    return [Model(build(source, order=asked["order"], axis="abc".index(asked["axis"]), **common))]


def _file(source: str, asked: Mapping[str, Any]) -> list[Model]:
    from perovdb.structures.defects.substitutions import distinct_substitutions, substitute

    from perovdb.structures.builder import ENUMERATE
    from perovdb.structures.files.reading import read_structure
    from perovdb.structures.particles.dopants import dope
    from perovdb.structures.supercells import supercell

    structure = read_structure(source, charge=asked["charge"])
    size = typed.size(asked)
    if size is not None or asked["min_image"] is not None:
        structure = supercell(structure, matrix=size, distance_A=asked["min_image"])
    structure = _cut(structure, asked)
    replaced = typed.replacements(asked["replace"])
    crystal = all(structure.lattice.pbc)
    usual = (asked["order"], asked["placement"]) == ("random", "uniform")
    if not replaced and not usual and not enumerates_defects(asked):
        raise click.UsageError("A file has its ions: without --replace nothing is ordered.")
    if crystal and asked["placement"] != "uniform":
        raise click.BadParameter("it is of particles and slabs.", param_hint="--placement")
    if not crystal and asked["order"] != "random":
        raise click.BadParameter(
            "in particles and slabs, --placement says where ions are replaced.",
            param_hint="--order",
        )
    if not replaced:
        return [Model(structure)]
    if not crystal:
        for old, news in replaced.items():
            for new, count in news.items():
                structure = dope(
                    structure,
                    replace=old,
                    by=new,
                    count=count,
                    placement=asked["placement"],
                    seed=asked["seed"],
                )
        return [Model(structure)]
    placing = {"orientation": asked["orientation"], "seed": asked["seed"]}
    if asked["order"] == ENUMERATE:
        return [
            Model(
                substitute(structure, replace=replaced, choose=number, **placing),
                choice.multiplicity,
            )
            for number, choice in enumerate(distinct_substitutions(structure, replaced))
        ]
    if asked["order"] != "random":
        raise click.BadParameter(
            "in a file, ions are replaced at random or enumerated.", param_hint="--order"
        )
    return [Model(substitute(structure, replace=replaced, choose="random", **placing))]


def _cut(structure: Structure, asked: Mapping[str, Any]) -> Structure:
    """A particle or a slab out of a crystal, where one is asked for."""
    from perovdb.structures.particles.nanocrystals import carve
    from perovdb.structures.particles.slabs import cut_slab

    if asked["particle"] is not None:
        return carve(
            structure,
            edge_nm=typed.edge(asked),
            shape=typed.shape(asked),
            balance=asked["balance"],
            padding_A=asked["padding_A"],
            **typed.given(asked, "termination"),
        )
    if asked["slab"] is not None:
        return cut_slab(
            structure,
            layers=asked["slab"],
            **typed.given(asked, "normal", "termination", "lateral", "vacuum_A"),
        )
    return structure


def _particle(source: str, asked: Mapping[str, Any]) -> list[Model]:
    from perovdb.structures.particles.nanocrystals import nanocrystal

    made = nanocrystal(
        source,
        typed.edge(asked),
        shape=typed.shape(asked),
        termination=asked["termination"],
        placement=asked["placement"],
        balance=asked["balance"],
        padding_A=asked["padding_A"],
        nearest=asked["nearest"],
        **typed.given(asked, "phase", "a_A", "orientation", "seed", "temperature_K"),
    )
    return [Model(made)]


def _slab(source: str, asked: Mapping[str, Any]) -> list[Model]:
    from perovdb.structures.particles.slabs import slab

    made = slab(
        source,
        layers=asked["slab"],
        nearest=asked["nearest"],
        **typed.given(
            asked,
            *("normal", "termination", "lateral", "vacuum_A"),
            *("phase", "a_A", "orientation", "seed", "temperature_K"),
        ),
    )
    return [Model(made)]


def _layers(source: str, asked: Mapping[str, Any]) -> list[Model]:
    from perovdb.structures.layered.ruddlesden_popper import ruddlesden_popper

    return [Model(ruddlesden_popper(source, asked["layers"], **typed.of_layers(asked)))]


def _stack(source: str, asked: Mapping[str, Any]) -> list[Model]:
    from perovdb.structures.layered.intergrowths import intergrowth

    where = dict(typed.named(text, "--where") for text in asked["where"])
    return [Model(intergrowth(source, asked["stack"], where=where, **typed.of_layers(asked)))]


def _boundary(source: str, asked: Mapping[str, Any]) -> list[Model]:
    from perovdb.structures.layered.antiphase import antiphase_boundary

    where = dict(typed.named(text, "--where") for text in asked["where"])
    kept = typed.given(asked, "size", "a_A", "order", "seed", "orientation", "temperature_K")
    if asked["boundary_kind"] is not None:
        kept["boundary"] = asked["boundary_kind"]
    return [Model(antiphase_boundary(source, asked["boundary"], where=where, **kept))]


_BEGIN = {
    "formula": _formula,
    "file": _file,
    "particle": _particle,
    "slab": _slab,
    "layers": _layers,
    "stack": _stack,
    "boundary": _boundary,
}


def _with_ligands(structure: Structure, asked: Mapping[str, Any]) -> Structure:
    from perovdb.structures.particles.ligands import attach_ligands

    for text in asked["ligands"]:
        name, _, count = text.partition(":")
        if count and not count.isdecimal():
            raise click.BadParameter(f"'{text}' is not NAME or NAME:N.", param_hint="--ligand")
        structure = attach_ligands(
            structure,
            ligand=name,
            count=int(count) if count else None,
            exchange=asked["exchange"],
        )
    return structure
