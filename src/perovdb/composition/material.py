"""What people hold a material as, and the composition of it.

A formula is read without importing anything heavy: what an object of pymatgen or ASE is, is told
by the classes of these packages, which are there if the object is.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from perovdb.composition.composition import Composition
from perovdb.composition.parse import parse
from perovdb.composition.registry import Ion, load_registry
from perovdb.composition.stoichiometry import ABX3, DOUBLE
from perovdb.errors import FormulaError, OutOfRange, PerovdbError, StructureError
from perovdb.files.names import is_file_name

if TYPE_CHECKING:
    from ase import Atoms
    from pymatgen.core import Composition as ElementComposition
    from pymatgen.core import Structure

#: A material as people hold it: a formula or the name of a structure file (``is_file_name`` tells
#: which), a path, a composition of perovdb or pymatgen, a structure of pymatgen or ASE.
Material: TypeAlias = (
    "str | os.PathLike[str] | Composition | ElementComposition | Structure | Atoms"
)

#: Site properties of a structure whose ions are known.
_CARRIED = ("role", "ion", "molecule")

_SAY_FORMULA = "Give the formula of the material, such as 'CsPbI3'."


def as_composition(material: Material) -> Composition:
    """The composition of a material.

    That of a structure counts its ions: by its site properties role, ion and molecule, by its
    elements where each of them is an ion, else once its molecules are recognised. Ligands are
    left out. A vacancy in a structure is one of the composition, as far as formulas can say it;
    a particle or slab has one if its ions are those of a whole perovskite.

    Args:
        material: a formula; a Composition; pymatgen's Composition or Structure; ASE's Atoms; the
            name of a structure file.

    Raises:
        FormulaError, UnknownSpecies: a formula cannot be read, or the ions make up no known one.
        StructureError: an ion stands on a site of another kind, or molecules cannot be told.
        InputError: a file cannot be read.

    >>> as_composition("CH3NH3PbI3").formula
    'MAPbI3'
    """
    if isinstance(material, Composition):
        return material
    if isinstance(material, str) and not is_file_name(material):
        return parse(material)
    if isinstance(material, str | os.PathLike):
        return _of_file(os.fspath(material))
    thing: Any = material
    if _is_a(thing, "pymatgen.core.composition", "Composition"):
        return _of_elements(thing.get_el_amt_dict(), thing.reduced_formula)
    if _is_a(thing, "pymatgen.core.structure", "IStructure"):
        return _of_structure(thing)
    if _is_a(thing, "ase.atoms", "Atoms"):
        from perovdb.files.atoms import structure_of_atoms

        return _of_structure(structure_of_atoms(thing))
    raise FormulaError(
        f"An object of type {type(thing).__name__} is not a material.",
        "Give a formula such as 'CsPbI3', a structure of pymatgen or ASE, or the name of a file.",
    )


def as_perovskite(
    material: Material, what: str, *, vacancies: bool = False, double: bool = False
) -> Composition:
    """As `as_composition`, for what holds for perovskites ABX3 alone.

    Args:
        material: as for `as_composition`.
        what: is asked for, as it begins a sentence, such as "The tolerance factor".
        vacancies: whether it may have some.
        double: whether it may be a double perovskite A2BB'X6.

    Raises:
        PerovdbError: as for `as_composition`.
        OutOfRange: it is not ABX3, or not a full one.
    """
    composition = as_composition(material)
    formula = composition.formula
    if composition.ratio != ABX3 and not (double and composition.ratio == DOUBLE):
        raise OutOfRange(
            f"{what} is defined for perovskites ABX3, and {formula} is "
            f"{composition.stoichiometry}.",
            "Known of it are the phases and properties that the store has.",
        )
    if composition.vacancies and not vacancies:
        empty = ", ".join(f"{site} {100 * x:.3g} %" for site, x in composition.vacancies.items())
        full = composition.filled(load_registry()).formula
        raise OutOfRange(
            f"{what} is defined for full sites, and those of {formula} are partly empty: {empty}.",
            f"Ask for {full}; if it is rounding, write digits that sum to the whole.",
        )
    return composition


def _is_a(value: object, module: str, name: str) -> bool:
    """Whether it is an instance of a class, told without importing the module of that."""
    kind = getattr(sys.modules.get(module), name, None)
    return kind is not None and isinstance(value, kind)


def _of_file(path: str) -> Composition:
    from perovdb.files.crystals import read_crystal

    raw = read_crystal(path).structure
    try:
        return _of_structure(raw if _elements_tell(raw) else _recognised(path))
    except PerovdbError as error:
        what = error.what if error.what.startswith(path) else f"{path}: {error.what}"
        raise type(error)(what, error.mend) from None


def _of_structure(structure: Any) -> Composition:
    from perovdb.files.atoms import check_number_of_atoms

    check_number_of_atoms(len(structure))
    if all(name in structure.site_properties for name in _CARRIED):
        composition = _of_ions(_recognised(structure))
    elif _elements_tell(structure):
        amounts = structure.composition.get_el_amt_dict()
        composition = _of_elements(amounts, structure.composition.formula.replace(" ", ""))
    else:
        composition = _of_ions(_recognised(structure))
    if not all(structure.lattice.pbc) and not composition.is_perovskite:
        raise StructureError(
            f"The surfaces of {structure.composition.formula.replace(' ', '')} hold more of some "
            "ions than the crystal does: a count of all does not tell what that is.",
            _SAY_FORMULA,
        )
    return composition


def _elements_tell(structure: Any) -> bool:
    """Whether a structure is counted by its elements: each is an ion, or there is no telling
    which atoms are bonded."""
    return not structure.is_ordered or set(structure.symbol_set) <= set(_ions_of_elements())


def _recognised(material: Any) -> Any:
    """The structure with its ions and molecules, as the package of structures finds them."""
    from perovdb.structures.adoption import as_structure

    return as_structure(material)


def _of_ions(structure: Any) -> Composition:
    """By the site properties role, ion and molecule: a molecule is one ion."""
    registry = load_registry()
    columns = (structure.site_properties[name] for name in _CARRIED)
    units = {
        (molecule if molecule >= 0 else -1 - atom): (role, ion)
        for atom, (role, ion, molecule) in enumerate(zip(*columns, strict=True))
    }
    counts = Counter(ion for role, ion in units.values() if role in "ABX")
    for role, ion in set(units.values()):
        if role in "ABX" and registry.ion(ion).site != role:
            raise StructureError(
                f"{ion} stands on a site of {role}, which no formula can say.", _SAY_FORMULA
            )
    return _placed(counts, "".join(f"{ion}{number}" for ion, number in counts.items()))


def _of_elements(amounts: Mapping[str, float], formula: str) -> Composition:
    """By amounts of elements: each an ion, beside one kind of molecule at the most.

    Raises:
        StructureError: the elements leave open which molecules there are.
    """
    atomic = _ions_of_elements()
    ions = {atomic[name].species: amount for name, amount in amounts.items() if name in atomic}
    rest = {name: amount for name, amount in amounts.items() if name not in atomic}
    if rest:
        molecules = [
            (ion.species, number)
            for ion in load_registry().ions.values()
            if ion.molecular and (number := _times(ion.atoms, rest))
        ]
        if len(molecules) != 1:
            names = " or ".join(species for species, _ in molecules)
            raise StructureError(
                f"The elements of {formula} do not tell which molecules it holds"
                + (f": {names}." if names else "."),
                _SAY_FORMULA,
            )
        ions |= dict(molecules)
    return _placed(ions, formula)


def _times(atoms: str, amounts: Mapping[str, float]) -> float:
    """How often the atoms of a molecule make up these amounts of elements; 0 if they do not."""
    from pymatgen.core import Composition as ElementComposition

    own = ElementComposition(atoms).get_el_amt_dict()
    number = min(amounts.values()) / min(own.values())
    same = set(own) == set(amounts) and all(
        abs(own[name] * number - amount) < 1e-3 * amount for name, amount in amounts.items()
    )
    return number if same else 0.0


def _ions_of_elements() -> dict[str, Ion]:
    return {ion.atoms: ion for ion in load_registry().ions.values() if not ion.molecular}


def _placed(amounts: Mapping[str, float], formula: str) -> Composition:
    """The composition of the ions in a cell, not all kinds of whose sites are partly empty: with
    one ion more than the sites hold, a formula would be read as that of a larger cell."""
    try:
        composition = Composition.from_amounts(amounts, load_registry())
    except FormulaError as error:
        raise FormulaError(f"{formula}: {error.what}", _SAY_FORMULA) from None
    if len(composition.vacancies) == 3:
        raise FormulaError(
            f"{formula} fills no kind of sites, A, B or X: it holds ions between the sites, or "
            "vacancies on all.",
            _SAY_FORMULA,
        )
    return composition
