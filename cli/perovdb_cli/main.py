"""The entry point: a table of commands, and the one place where errors become messages."""

import os
import signal
import sys
from importlib import import_module

import click

from perovdb import __version__
from perovdb.errors import PerovdbError
from perovdb_cli import options

#: Command -> (heading in the help, what it answers). The modules are imported only when run.
COMMANDS = {
    "show": ("Look up", "Everything known about a composition."),
    "radii": ("Look up", "Radii of an ion in every set, and which one descriptors take."),
    "properties": ("Look up", "What was measured or computed of materials."),
    "barriers": ("Look up", "Barriers of migration and exchange, with method."),
    "devices": ("Look up", "Solar cells and LEDs, best first."),
    "phases": ("Look up", "Phases of a compound: cells, space groups, temperatures."),
    "search": ("Look up", "Facts, notes and citations that hold all these words."),
    "source": ("Look up", "Where a value comes from."),
    "tolerance": ("Calculate", "Tolerance factors t, mu and tau."),
    "lattice": ("Calculate", "Pseudo-cubic lattice parameter; Vegard's rule for alloys."),
    "infer": (
        "Calculate",
        "Composition of an alloy from a lattice parameter or peaks.",
    ),
    "gap": ("Calculate", "Band gap; for alloys from end members and bowing."),
    "screen": ("Calculate", "Compositions of a space that satisfy a condition."),
    "xrd": ("Calculate", "Powder diffraction peaks."),
    "identify": ("Calculate", "Phases of the store that explain measured powder peaks."),
    "arrhenius": (
        "Calculate",
        "Activation energy from rate constants, or from curves that relax.",
    ),
    "rate": ("Calculate", "Hop rate, diffusion and exchange time over a barrier."),
    "build": ("Model", "Atomic models: alloys, molecules, defects, layers, particles."),
    "octahedra": ("Model", "Octahedra: bonds, angles, off-centring, tilts; what changed."),
    "hops": ("Model", "Symmetry-distinct hops of an ion into a vacancy."),
    "neb": ("Model", "NEB-ready input sets of hops for VASP, CP2K and Quantum ESPRESSO."),
    "barrier": ("Model", "Barrier and profile of a finished band."),
    "store": ("Your own data", "Your own store beside the curated one: make, fill, check, ask."),
}


class CommandTable(click.Group):
    """A group whose commands live in modules of their own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"perovdb_cli.commands.{cmd_name}")
        command: click.Command = module.command
        for one in command.commands.values() if isinstance(command, click.Group) else [command]:
            if all(option.name != "store" for option in one.params):
                one.params.append(options.store())
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
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, message="perovdb %(version)s")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Materials database and structure modelling for metal-halide perovskites ABX3.

    Every command answers with a table, or with --json; lists also with --csv. 'perovdb COMMAND
    --help' shows an example.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main() -> None:
    """Run the command line; exit 0 done, 1 no answer, 2 malformed question."""
    if hasattr(signal, "SIGPIPE"):
        # When the reader of a pipe, such as head, has seen enough, end as other tools do.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        cli(prog_name="perovdb", standalone_mode=False)
        sys.stdout.flush()
    except PerovdbError as error:
        _fail(str(error), error.exit_code)
    except click.MissingParameter as error:
        _fail(_all_missing(error), 2)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "perovdb"
        _fail(f"{error.format_message()} See '{command} --help'.", 2)
    except click.ClickException as error:
        _fail(error.format_message(), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _fail("interrupted.", 130)
    except OSError as error:
        # What is left in the buffer goes nowhere, or Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _fail(f"the answer cannot be written: {error.strerror}.", 2)


def _all_missing(error: click.MissingParameter) -> str:
    """Every argument and option that a command lacks; click itself names the first."""
    ctx = error.ctx
    if ctx is None:
        return error.format_message()
    # Those that were given have been processed before any that was not.
    lacking = [
        parameter
        for parameter in ctx.command.get_params(ctx)
        if parameter.required and parameter.name not in ctx.params
    ]
    names = [f"{one.param_type_name} {one.get_error_hint(ctx)}" for one in lacking]
    return f"Missing {', '.join(names)}. See '{ctx.command_path} --help'."


def _fail(message: str, code: int) -> None:
    click.echo("perovdb: error: " + " ".join(message.split()), err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
