"""Rows against other rows: sites against their phase, a phase against its formula, names of ions
against those of others.
"""

import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from math import isfinite
from typing import Any, NamedTuple

from perovdb.errors import StoreError
from perovdb.store.csv_rows import CsvRow
from perovdb.store.spellings import Spellings

#: What heat, pressure and a change of the network leave of a formula's volume in other phases.
_SAME_FORMULA = (0.65, 1.5)

#: An element and its number in the atoms of an ion, such as CH6N.
_ELEMENTS = re.compile(r"([A-Z][a-z]?)(\d*)")


#: Tables that name ions -> the column that does.
_NAMES = {"ion": "species", "ion_alias": "alias"}

#: What is written behind an ion as its charge.
_CHARGE = re.compile("([1-9]?)([-+\u2212])$")


class Clash(NamedTuple):
    """A row that is against another: its number in the table, the column, and what to say."""

    row: int
    column: str
    what: str
    mend: str

    def error(self, row: CsvRow) -> StoreError:
        """What to say of it, where it is this row."""
        return StoreError(f"{row.place(self.column)}: {self.what}", self.mend)


def clashes(
    connection: sqlite3.Connection, table: str, rows: str, known: Sequence[str]
) -> Iterator[Clash]:
    """Rows that are against rows of other tables.

    Args:
        connection: of all of these.
        table: whose rows are looked at.
        rows: the schema in which these stand.
        known: schemas of what they are compared with, the curated one first.
    """
    if table == "phase":
        yield from _other_volumes(connection, rows, known[0])
    if table == "phase_site":
        yield from _other_ions(connection, rows, known)
    if table == "phase_atom":
        yield from _other_molecules(connection, rows, known)
    if table == "formability":
        yield from _other_compounds(connection, rows, known)
    if table in _NAMES:
        yield from _other_names(connection, table, rows, known)


def _other_volumes(connection: sqlite3.Connection, rows: str, curated: str) -> Iterator[Clash]:
    """Phases whose formula unit is far from as large as in the curated phases of the formula."""
    query = (
        "SELECT r.rowid, r.formula, r.volume_A3 / r.Z, avg(k.volume_A3 / k.Z) "
        f"FROM {rows}.phase AS r JOIN {curated}.phase AS k ON r.formula = k.formula "
        "GROUP BY r.rowid"
    )
    low, high = _SAME_FORMULA
    for number, formula, own, others in connection.execute(query):
        if not low * others <= own <= high * others:
            yield Clash(
                number, "Z",
                f"a formula unit of {formula} has {own:.1f} A^3, in its other phases "
                f"{others:.1f}.",
                "Mend Z or the cell.",
            )  # fmt: skip


def _other_ions(
    connection: sqlite3.Connection, rows: str, known: Sequence[str]
) -> Iterator[Clash]:
    """Sites whose ions are not those of their phase's formula, in kind, role or number."""
    columns = "rowid, phase_id, label, site, species, x, y, z, occupancy, wyckoff"

    def ask(query: str, *values: Any) -> list[tuple[Any, ...]]:
        return _in_all(connection, known, query, *values)

    # An A ion that may stand on B, such as Ag of a double perovskite, has both: "AB".
    roles = dict(ask("SELECT species, site || iif(also_on_b, 'B', '') FROM {}.ion"))
    every = connection.execute(f"SELECT {columns} FROM {rows}.phase_site ORDER BY phase_id, rowid")
    of_phase = f"SELECT {columns} FROM {{}}.phase_site WHERE phase_id = ?"
    for phase, group in groupby(every, key=lambda site: site[1]):
        sites = list(group)
        phases = ask("SELECT formula, Z FROM {}.phase WHERE id = ?", phase)
        amounts = ion_amounts(phases[0][0], tuple(roles)) if phases else None
        if amounts is None:
            continue
        formula, units = phases[0]
        beside = {site[2]: site for site in ask(of_phase, phase)}
        every_site = list({**beside, **{site[2]: site for site in sites}}.values())
        yield from _site_clashes(sites, formula, roles, amounts)
        yield from _number_clashes(sites, every_site, formula, units, amounts)


def _other_molecules(
    connection: sqlite3.Connection, rows: str, known: Sequence[str]
) -> Iterator[Clash]:
    """Atoms that are not those of the molecule on their site."""
    query = (
        "SELECT s.species, i.atoms FROM {0}.phase_site AS s JOIN {1}.ion AS i "
        "ON i.species = s.species WHERE s.phase_id = ? AND s.label = ?"
    )
    every = connection.execute(
        f"SELECT rowid, phase_id, label, element FROM {rows}.phase_atom ORDER BY 2, 3, atom"
    )
    for (phase, label), group in groupby(every, key=lambda atom: atom[1:3]):
        atoms = list(group)
        on_site = [
            found
            for own in known
            for other in known
            for found in connection.execute(query.format(own, other), (phase, label))
        ]
        if not on_site:
            yield Clash(
                atoms[0][0], "label", f"the phase {phase} has no site '{label}'.",
                "Add the site of the molecule, at its centre, to phase_site first.",
            )  # fmt: skip
            continue
        species, formula = on_site[0]
        wanted = {element: int(n or 1) for element, n in _ELEMENTS.findall(formula)}
        if Counter(atom[3] for atom in atoms) != wanted:
            held = "".join(sorted(atom[3] for atom in atoms))
            yield Clash(
                atoms[0][0], "element",
                f"the atoms on '{label}' are {held}, {species} is {formula}.",
                "Give all atoms of the molecule, hydrogen too, in one file.",
            )  # fmt: skip


def _other_compounds(
    connection: sqlite3.Connection, rows: str, known: Sequence[str]
) -> Iterator[Clash]:
    """Compounds whose ions A, B and X are not those of their formula."""
    ions = tuple(
        species for (species,) in _in_all(connection, known, "SELECT species FROM {}.ion")
    )
    for number, formula, *of_sites in connection.execute(
        f'SELECT rowid, formula, "A", "B", "X" FROM {rows}.formability'
    ):
        amounts = ion_amounts(formula, ions)
        for site, species in zip("ABX", of_sites, strict=True):
            if amounts is not None and species not in amounts:
                yield Clash(
                    number, site, f"'{species}' is not in the formula {formula}.",
                    f"Its ions: {', '.join(amounts)}.",
                )  # fmt: skip


def _other_names(
    connection: sqlite3.Connection, table: str, rows: str, known: Sequence[str]
) -> Iterator[Clash]:
    """Names of ions that are taken, lead to no site, or change what formulas mean."""
    column = _NAMES[table]

    def ask(of: str, columns: str) -> list[tuple[Any, ...]]:
        schemas = dict.fromkeys((*known, rows) if of == table else known)
        return _in_all(connection, tuple(schemas), f"SELECT {columns} FROM {{}}.{of}")

    sites = dict(ask("ion", "species, site"))
    charges = {
        (species, charge)
        for species, charge in ask("ion", "species, charge")
        + _in_all(connection, known, "SELECT species, charge FROM {}.ion_charge")
    }
    aliases = dict(ask("ion_alias", "alias, species"))
    # An ion that takes no site stands in no formula.
    ions = {alias: one for alias, one in aliases.items() if sites.get(one)}
    ions.update((one, one) for one, site in sites.items() if site)
    new = {
        name: number
        for number, name in connection.execute(
            f"SELECT rowid, {column} FROM {rows}.{table} ORDER BY rowid"
        )
    }
    for name, number in new.items():
        if name in sites and name in aliases:
            yield Clash(
                number, column, f"'{name}' is an ion itself, and another way to write "
                f"{aliases[name]}.", "Give it another name.",
            )  # fmt: skip
        elif table == "ion_alias" and sites.get(aliases[name], "lost") is None:
            yield Clash(
                number, column, f"'{name}' is a way to write {aliases[name]}, which takes no "
                "site.", "Remove the alias.",
            )  # fmt: skip
    if rows == known[0]:
        # The curated names are read together: which of them is meant is known.
        return
    spellings = Spellings(ions)
    later = [
        one
        for of, names in _NAMES.items()
        for (one,) in _in_all(connection, known[1:], f"SELECT {names} FROM {{}}.{of}")
        if rows not in known
    ]
    for name in (*new, *later):
        if name not in ions or _is_with_charge(name, ions, charges):
            continue
        read = spellings.ions_of(name)
        if read:
            # A name that was there before became one by a new one.
            by = name if name in new else min(new, key=lambda one: one not in name)
            yield Clash(
                new[by], column, f"'{name}' is, or begins, a formula of {', '.join(read)}, which "
                "would mean another material.",
                f"Give '{by}' a name that does not begin with another ion, as p-BrPEA for BrPEA.",
            )  # fmt: skip


def _is_with_charge(
    name: str, ions: Mapping[str, str], charges: Collection[tuple[str, int]]
) -> bool:
    """Whether a name is another one of its ion and a charge of that, as Fe2+ and Cl-."""
    charge = _CHARGE.search(name)
    if not charge or ions.get(name[: charge.start()]) != ions[name]:
        return False
    size = int(charge[1] or 1)
    return (ions[name], size if charge[2] == "+" else -size) in charges


def _in_all(
    connection: sqlite3.Connection, schemas: Sequence[str], query: str, *values: Any
) -> list[tuple[Any, ...]]:
    """What a query with {} for the schema gives of several."""
    found: list[tuple[Any, ...]] = []
    for schema in schemas:
        found += connection.execute(query.format(schema), values).fetchall()
    return found


def _site_clashes(
    own: Sequence[tuple[Any, ...]],
    formula: str,
    roles: Mapping[str, str],
    amounts: Mapping[str, float],
) -> Iterator[Clash]:
    for number, _, label, site, species, *_ in own:
        if species not in amounts:
            yield Clash(
                number, "species", f"'{species}' is not in the formula {formula} of its phase.",
                f"Its ions: {', '.join(amounts)}; a molecule is one site, at its centre.",
            )  # fmt: skip
        elif site is not None and roles[species] and site not in roles[species]:
            yield Clash(
                number, "site",
                f"site '{label}' is {site}, but {species} takes {' or '.join(roles[species])}.",
                "Mend the role or the ion.",
            )  # fmt: skip


def _number_clashes(
    own: Sequence[tuple[Any, ...]],
    sites: Sequence[tuple[Any, ...]],
    formula: str,
    units: int,
    amounts: Mapping[str, float],
) -> Iterator[Clash]:
    """More than one ion on a place, or other numbers than the formula's by letters of Wyckoff."""
    filled: dict[tuple[float, ...], float] = defaultdict(float)
    counted: dict[str, float] = defaultdict(float)
    for _, _, _, _, species, x, y, z, occupancy, wyckoff in sites:
        filled[tuple(round(place % 1, 3) % 1 for place in (x, y, z))] += occupancy
        multiplicity = re.match(r"\d{1,3}", wyckoff or "")
        counted[species] += occupancy * float(multiplicity[0] if multiplicity else "nan")
    for number, _, label, _, species, x, y, z, *_ in own:
        share = filled[tuple(round(place % 1, 3) % 1 for place in (x, y, z))]
        if share > 1.005:
            yield Clash(
                number, "occupancy",
                f"the ions on the place of '{label}' fill it {share:.3g} times.",
                "Occupancies of a place sum to 1 at the most.",
            )  # fmt: skip
        wanted = amounts.get(species, 0.0) * units
        count = counted.pop(species, wanted)
        if isfinite(count) and abs(count - wanted) > 0.02 * wanted:
            yield Clash(
                number, "wyckoff",
                f"the sites of the phase hold {count:g} {species}, but {units} {formula} are "
                f"{wanted:g}.",
                "Mend the letters, the occupancies or Z; the sites of an ion come in one file.",
            )  # fmt: skip


@cache
def _pattern(species: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(map(re.escape, species), key=len, reverse=True)
    return re.compile(rf"({'|'.join(longest_first)})(?![a-z])([0-9.]*)")


def ion_amounts(formula: str, species: tuple[str, ...]) -> dict[str, float] | None:
    """Ion -> amount in a canonical formula; None if it is none of these ions.

    >>> ion_amounts("MA0.5FA0.5PbI3", ("MA", "FA", "Pb", "I"))
    {'MA': 0.5, 'FA': 0.5, 'Pb': 1.0, 'I': 3.0}
    """
    pattern, at = _pattern(species), 0
    amounts: dict[str, float] = defaultdict(float)
    while at < len(formula):
        match = pattern.match(formula, at)
        if not match:
            return None
        try:
            amounts[match[1]] += float(match[2] or 1)
        except ValueError:
            return None
        at = match.end()
    return dict(amounts)
