"""The table of commands. Each is a module of its own, imported only when it is run."""

import os
from importlib import import_module

import click

from perovdb import __version__
from perovdb_cli import options, render

#: Command -> (heading in the help, what it answers).
COMMANDS = {
    "show": ("Look up", "Everything known about a composition."),
    "radii": ("Look up", "Radii of an ion in every set, and which one descriptors take."),
    "properties": ("Look up", "What was measured or computed of materials."),
    "barriers": ("Look up", "Barriers of migration and exchange, with method."),
    "devices": ("Look up", "Solar cells and LEDs, best first."),
    "phases": ("Look up", "Phases of a compound: cells, space groups, temperatures."),
    "phase-at": ("Look up", "Phase to be expected at a temperature."),
    "search": ("Look up", "Facts, notes and citations that hold all these words."),
    "source": ("Look up", "Where a value comes from."),
    "tolerance": ("Calculate", "Tolerance factors t, mu and tau."),
    "lattice": ("Calculate", "Pseudo-cubic lattice parameter; Vegard's rule for alloys."),
    "infer": (
        "Calculate",
        "Composition of an alloy from a lattice parameter or peaks.",
    ),
    "gap": ("Calculate", "Band gap, measured or from a model fitted to measured gaps."),
    "screen": ("Calculate", "Compositions of a space that satisfy a condition."),
    "xrd": ("Calculate", "Powder diffraction peaks."),
    "identify": (
        "Calculate",
        "Phases of the store that explain a measured curve or powder peaks.",
    ),
    "arrhenius": (
        "Calculate",
        "Activation energy from rate constants, or from curves that relax.",
    ),
    "rate": ("Calculate", "Hop rate, diffusion and exchange time over a barrier."),
    "mix": (
        "Calculate",
        "Whether two perovskites mix: miscibility gap, spinodal, critical point.",
    ),
    "defect-levels": (
        "Calculate",
        "Levels, concentrations and Fermi level from energies of defects.",
    ),
    "segregate": ("Calculate", "Halide segregation under light: thresholds of two models."),
    "limit": ("Calculate", "What a solar cell with one gap can reach (Shockley-Queisser)."),
    "loss": ("Calculate", "Where the open-circuit voltage of a solar cell is lost."),
    "exchange": ("Calculate", "Exchange of A ions between two kinds of dots, and their light."),
    "jv": ("Calculate", "Whether printed figures of a solar cell go together."),
    "sclc": ("Calculate", "Trap density and mobility from a space-charge-limited current."),
    "compare-means": (
        "Calculate",
        "Whether two means differ: Student's t from means and standard errors.",
    ),
    "build": ("Model", "A model of a formula: phase or tilts, supercell, order, molecules."),
    "read": ("Model", "A structure file with its ions and molecules; in another format."),
    "supercell": ("Model", "A larger cell of a structure; molecules stay whole."),
    "defect": ("Model", "Vacancies, substitutions, antisites, interstitials."),
    "layers": ("Model", "Ruddlesden-Popper phases, stacks of slabs, antiphase boundaries."),
    "slab": ("Model", "A slab of whole planes between vacuum."),
    "particle": ("Model", "A nanocrystal, neutral by a rule."),
    "dope": ("Model", "Dopants on B of a particle or slab, where a rule puts them."),
    "ligands": ("Model", "Ligands on the surface of a particle or slab."),
    "octahedra": ("Model", "Octahedra: bonds, angles, off-centring, tilts; what changed."),
    "hops": ("Migrate", "Symmetry-distinct hops of an ion into a vacancy."),
    "transport": (
        "Migrate",
        "Diffusion of an ion through a crystal, from the barriers of its hops.",
    ),
    "neb": ("Migrate", "NEB-ready input sets of hops for VASP, CP2K and Quantum ESPRESSO."),
    "barrier": ("Migrate", "Barrier of a finished band, or of a hop that is computed here."),
    "inputs": ("Compute", "Input sets of single points and relaxations, for the same codes."),
    "energies": ("Compute", "Energies of finished runs, and of reactions between their cells."),
    "relax": ("Compute", "A structure at rest, by an engine on this machine."),
    "store": ("Your own data", "Your own store beside the curated one: make, fill, check, ask."),
    "completion": (
        "Your shell",
        "Script that lets a shell complete commands, options and values.",
    ),
}

#: What a shell sets when it wants to know how a line may go on.
COMPLETE_VARIABLE = "_PEROVDB_COMPLETE"


class CommandTable(click.Group):
    """A group whose commands live in modules of their own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"perovdb_cli.commands.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        inner = list(command.commands.values()) if isinstance(command, click.Group) else []
        for one in inner or [command]:
            options.add(one, options.store())
            if any("FORMULA" in str(parameter.metavar) for parameter in one.params):
                for option in options.reading():
                    options.add(one, option)
        for one in [command, *inner]:
            options.add(one, options.help_page())
        if COMPLETE_VARIABLE in os.environ:
            from perovdb_cli.completion import complete_values

            for one in inner or [command]:
                complete_values(one)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        headings = dict.fromkeys(heading for heading, _ in COMMANDS.values())
        for heading in headings:
            with formatter.section(heading):
                formatter.write_dl(
                    [(name, text) for name, (of, text) in COMMANDS.items() if of == heading]
                )


@click.group(
    cls=CommandTable,
    invoke_without_command=True,
    context_settings={"help_option_names": []},
)
@click.option("--version", is_flag=True, help="Show the version and exit.")
@click.pass_context
def cli(ctx: click.Context, version: bool) -> None:
    """Materials database and structure modelling for metal-halide perovskites ABX3.

    Every command answers with a table, or with --json; lists also with --csv. 'perovdb COMMAND
    --help' shows an example.
    """
    if version:
        render.say(f"perovdb {__version__}")
        ctx.exit()
    if ctx.invoked_subcommand is None:
        render.say(ctx.get_help())


options.add(cli, options.help_page())
