"""What stands beside a barrier: values of the literature, and those of a second engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perovdb.facts.conditions import value_text
from perovdb.facts.select import barriers

if TYPE_CHECKING:
    from perovdb.results.barrier import Barrier

#: So many values of the literature are shown; `perovdb barriers` has all.
_MOST = 8


@dataclass(frozen=True)
class Beside:
    """A barrier of the same ion in the same host, by others.

    Attributes:
        eV: the value as text, with its uncertainty, or a range.
        phase, mechanism, method, kind, evidence, source: as in the store; of a second engine its
            verdict stands for the evidence.
    """

    eV: str
    phase: str = ""
    mechanism: str = ""
    method: str = ""
    kind: str = ""
    evidence: str = ""
    source: str = ""


def literature(host: str, species: str, phase: str | None = None) -> tuple[Beside, ...]:
    """Values of the store for an ion in a host, those of the same phase first.

    Args:
        host: formula.
        species: ion that moves.
        phase: of the host.
    """
    found = []
    for row in barriers(species, host):
        numbers = {"value": row["barrier_eV"], "min": row["min_eV"], "max": row["max_eV"]}
        text = value_text({**row, **numbers, "uncertainty": row["su_eV"]})
        if text and row["formula"] == host:
            words = ("phase", "mechanism", "method", "kind", "evidence", "source")
            found.append(Beside(text, *(str(row[word] or "") for word in words)))
    found.sort(key=lambda one: one.phase != (phase or ""))
    return tuple(found[:_MOST])


def of_engine(check: Barrier) -> Beside:
    """The same hop by a second engine."""
    height = f"{check.barrier_forward_eV:z.3f}"
    return Beside(
        eV=height if check.converged else f"({height})",
        phase=(check.manifest.phase if check.manifest else None) or "",
        mechanism="the same hop",
        method=check.version,
        kind="computed",
        evidence="converged" if check.converged else "NOT TRUSTED",
        source="this machine",
    )
