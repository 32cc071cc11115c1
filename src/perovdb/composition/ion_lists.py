"""Compositions as lists of ions with coefficients, the JSON that databases exchange.

The form is that of the proposal for perovskite compositions, Nat. Commun. (2025), doi
10.1038/s41467-025-64325-x, as its schema stands in the public code of the perovskite solar cell
database of NOMAD: ``ions_a_site``, ``ions_b_site`` and ``ions_x_site``, each a list of ions with
``abbreviation``, ``molecular_formula``, ``smiles``, ``common_name`` and ``coefficient``.
"""

from collections.abc import Mapping
from typing import Any

from perovdb.composition.composition import Composition
from perovdb.composition.registry import Ion, Registry, load_registry
from perovdb.errors import FormulaError, UnknownSpecies

#: What stands around the composition in an archive file of NOMAD.
_M_DEF = "perovskite_solar_cell_database.composition.PerovskiteComposition"


def to_ion_lists(composition: Composition) -> dict[str, Any]:
    """The lists of ions of a composition, ready for `json.dumps`.

    >>> from perovdb.composition import parse
    >>> lists = to_ion_lists(parse("Cs0.1FA0.9PbI3"))
    >>> [(ion["abbreviation"], ion["coefficient"]) for ion in lists["ions_a_site"]]
    [('Cs', 0.1), ('FA', 0.9)]
    """
    registry = load_registry()
    lists: dict[str, Any] = {
        "long_form": composition.formula,
        "short_form": "".join(composition.species),
    }
    if composition.layers or composition.is_perovskite:
        lists["dimensionality"] = "2D" if composition.layers else "3D"
    for site, ions in composition.sites.items():
        lists[f"ions_{site.lower()}_site"] = [
            _as_dict(registry.ions[species], composition.charges[species])
            | {"coefficient": composition.amounts[species]}
            for species in ions
        ]
    return lists


def from_ion_lists(lists: Mapping[str, Any]) -> Composition:
    """The composition of lists of ions, or of a NOMAD archive that holds them under ``data``.

    An ion is known by its abbreviation, else by its SMILES.

    Raises:
        FormulaError: a list or a coefficient is missing or no number, or the ions fit no formula.
        UnknownSpecies: an ion is not in the registry, or is one of another site.
    """
    inner = lists.get("data", lists)
    if not isinstance(inner, Mapping):
        raise FormulaError("'data' holds no composition.", f"It must be a {_M_DEF}.")
    registry = load_registry()
    amounts: dict[str, float] = {}
    for site in "ABX":
        name = f"ions_{site.lower()}_site"
        ions = inner.get(name, [])
        if not isinstance(ions, list) or not all(isinstance(ion, Mapping) for ion in ions):
            raise FormulaError(f"'{name}' is no list of ions.", "Give each as an object.")
        for ion in ions:
            species = _known(ion, registry)
            amounts[species] = amounts.get(species, 0.0) + _coefficient(ion, name)
    return Composition.from_amounts(amounts, registry, strict=False)


def _as_dict(ion: Ion, charge: int) -> dict[str, Any]:
    sign = "+" if charge > 0 else "-"
    return {
        "abbreviation": ion.species,
        "common_name": ion.name,
        "molecular_formula": f"{ion.atoms}{abs(charge) if abs(charge) > 1 else ''}{sign}",
        "smiles": ion.smiles or f"[{ion.atoms}{sign}{abs(charge) if abs(charge) > 1 else ''}]",
    }


def _known(ion: Mapping[str, Any], registry: Registry) -> str:
    abbreviation, smiles = str(ion.get("abbreviation", "")), ion.get("smiles")
    if abbreviation in registry.spellings:
        return registry.spellings[abbreviation]
    for known in registry.ions.values():
        if smiles and known.smiles == smiles:
            return known.species
    raise UnknownSpecies(
        f"'{abbreviation}' is not an ion that perovdb knows.", registry.suggestion(abbreviation)
    )


def _coefficient(ion: Mapping[str, Any], where: str) -> float:
    try:
        number = float(ion["coefficient"])
    except (KeyError, TypeError, ValueError):
        number = 0.0
    if not 0 < number < 1e4:
        raise FormulaError(
            f"'{where}': {ion.get('abbreviation')} has no coefficient above 0.",
            "Give its amount in the formula.",
        )
    return number
