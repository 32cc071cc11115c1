"""The options of `perovdb build`, by the heading of its help that they stand under."""

from __future__ import annotations

from typing import Any

import click

from perovdb_cli import options


def _numbers(ctx: click.Context, option: click.Parameter, text: str | None) -> Any:
    """Whole numbers with commas between them, as a tuple."""
    if text is None:
        return None
    words = text.split(",")
    if not all(word.strip().isdecimal() for word in words):
        raise click.BadParameter(f"'{text}' is not whole numbers with commas, as in 4,1,4,1.")
    return tuple(int(word) for word in words)


def _edges(
    ctx: click.Context, option: click.Parameter, text: str | None
) -> tuple[float, ...] | None:
    """Edges of a particle: one number, or three with commas."""
    if text is None:
        return None
    try:
        edges = tuple(float(word) for word in text.split(","))
    except ValueError:
        raise click.BadParameter(f"'{text}' is not a length in nm, or three.") from None
    if len(edges) not in (1, 3):
        raise click.BadParameter(f"'{text}' is not a length in nm, or three.")
    return edges


CELL = (
    options.phase,
    options.temperature,
    click.option(
        "--tilt",
        metavar="GLAZER",
        help="Ideal octahedra tilted by a system such as a-b+a-, instead of a phase.",
    ),
    click.option(
        "--angle",
        "angles_deg",
        type=float,
        multiple=True,
        metavar="DEG",
        help="Of the tilt; again for each axis. Default: estimated from t.",
    ),
    click.option(
        "--size",
        nargs=3,
        type=int,
        metavar="NA NB NC",
        help="Repeats of the cell (gamma holds four formula units). Default: 1 1 1.",
    ),
    click.option(
        "--matrix",
        nargs=9,
        type=int,
        metavar="N*9",
        help="Instead: the vectors of the supercell in those of the cell, row by row.",
    ),
    click.option(
        "--min-image",
        type=float,
        metavar="A",
        help="Instead: the smallest cell whose periodic images are this far apart.",
    ),
    click.option(
        "--lattice", "a_A", type=float, metavar="A", help="Pseudo-cubic parameter to scale to."
    ),
)

LAYERS = (
    click.option(
        "--layers", type=int, metavar="N", help="Ruddlesden-Popper phase with slabs of N layers."
    ),
    click.option(
        "--stack",
        callback=_numbers,
        metavar="N,N,...",
        help="Perovskite with Ruddlesden-Popper slabs in it: layers of each slab, as 4,1.",
    ),
    click.option(
        "--boundary",
        callback=_numbers,
        metavar="N,N",
        help="Antiphase boundaries between blocks of so many layers.",
    ),
    click.option(
        "--boundary-kind",
        type=click.Choice(["AX", "BX2", "AX+BX2", "conservative"]),
        help="Planes that meet at an antiphase boundary. Default: AX.",
    ),
    click.option("--apical", metavar="ION", help="Halide on the faces of the slabs."),
    click.option(
        "--where",
        multiple=True,
        metavar="ION=REGION",
        help="All of an ion in one region: RP, perovskite, boundary, inside.",
    ),
    click.option("--interlayer", "interlayer_A", type=float, metavar="A", help="B to B across."),
)

SHAPE = (
    click.option(
        "--particle",
        callback=_edges,
        metavar="NM",
        help="A nanocrystal of this edge; 3,3,6 for a box.",
    ),
    click.option(
        "--shape",
        default="cube",
        show_default=True,
        metavar="SHAPE",
        help="cube, sphere, or energies of facets, as 100=1,110=1.1.",
    ),
    click.option("--slab", type=int, metavar="N", help="A surface slab with N planes of B."),
    click.option(
        "--normal", nargs=3, type=int, metavar="H K L", help="Of the slab. Default: 0 0 1."
    ),
    click.option("--lateral", nargs=2, type=int, metavar="N N", help="Repeats in its plane."),
    click.option("--termination", metavar="PLANE", help="AX or BX2."),
    click.option(
        "--placement",
        default="uniform",
        show_default=True,
        metavar="RULE",
        help="Minority ions of B in a particle: uniform, core, surface or random.",
    ),
    click.option(
        "--balance",
        default="surface A",
        show_default=True,
        metavar="RULE",
        help="How a particle becomes neutral: surface A, surface X, ligands or none.",
    ),
    click.option(
        "--padding",
        "padding_A",
        type=float,
        default=10,
        show_default=True,
        metavar="A",
        help="Vacuum on each side of a particle.",
    ),
    click.option("--vacuum", "vacuum_A", type=float, metavar="A", help="Between slabs."),
    click.option(
        "--ligand",
        "ligands",
        multiple=True,
        metavar="NAME[:N]",
        help="acetate or methylammonium on surface vacancies, all or N of them.",
    ),
    click.option("--exchange", is_flag=True, help="Ligands come in the places of surface ions."),
)

IONS = (
    click.option(
        "--replace",
        multiple=True,
        metavar="OLD=NEW:N",
        help="Put N ions in the places of others; the lattice stays.",
    ),
    click.option(
        "--order",
        default="random",
        show_default=True,
        metavar="RULE",
        help="Of shared sites: random, sqs, clustered, layered, columnar, rocksalt; or enumerate "
        "for all that are distinct.",
    ),
    click.option(
        "--axis",
        type=click.Choice(["a", "b", "c"]),
        default="c",
        show_default=True,
        help="Of orderings that have one.",
    ),
    click.option(
        "--nearest", is_flag=True, help="Nearest whole numbers where fractions give none."
    ),
    options.seed,
    options.orientation,
    click.option(
        "--pointing",
        type=click.Choice(["long", "dipole"]),
        default="long",
        show_default=True,
        help="What of a cation is oriented.",
    ),
    click.option(
        "--molecule",
        "molecules",
        multiple=True,
        metavar="ION=FILE|SMILES",
        help="Geometry of a cation that the store lacks, from an XYZ file or a SMILES string.",
    ),
)

DEFECTS = (
    click.option(
        "--vacancy",
        "vacancies",
        multiple=True,
        metavar="ION[:N]",
        help="Leave ions, or whole molecules, out.",
    ),
    click.option(
        "--defect",
        "defects",
        multiple=True,
        metavar="LABEL",
        help="V_I:2, Cd_Pb, I_Pb (an antisite), I_i (an interstitial).",
    ),
    click.option(
        "--choose",
        default="first",
        show_default=True,
        metavar="RULE",
        help="Which sites: first, random, far, close, or the number of a distinct choice.",
    ),
    click.option(
        "--neutral",
        metavar="RULE",
        help="partner, schottky, or a vacancy such as V_I, to make the cell neutral; cell for "
        "neutral defects. Default: the cell is charged.",
    ),
    click.option(
        "--charge-state",
        type=int,
        metavar="E",
        help="Charge of the defects together, if not the formal one.",
    ),
    click.option("--charge", type=int, metavar="E", help="Of a FILE that does not say it."),
    click.option(
        "--partner",
        type=click.Choice(["close", "far"]),
        default="close",
        show_default=True,
        help="Where the partner is.",
    ),
)

OUTPUT = (
    click.option(
        "-o",
        "--output",
        metavar="FILE|DIR",
        help="POSCAR, or *.vasp, *.cif, *.xyz, *.inc (CP2K), *.qe, *.json; a new folder for "
        "several. Default: a POSCAR on stdout; of several, a list.",
    ),
    options.picture("Draw the model"),
    click.option(
        "--view",
        type=click.Choice(["a", "b", "c"]),
        default="c",
        show_default=True,
        help="Cell vector that points at you in the picture.",
    ),
    options.as_json,
)
