"""The entry point, and the one place where errors become messages."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from typing import TYPE_CHECKING

from perovdb.errors import PerovdbError

if TYPE_CHECKING:
    import click


def main() -> None:
    """Run the command line; exit 0 done, 1 no answer, 2 malformed question."""
    cli = _loaded()
    import click

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
        if isinstance(error, BrokenPipeError):
            # The reader of a pipe, such as head, has seen enough: end as other tools do.
            sys.exit(128 + 13)
        _fail(f"the answer cannot be written: {error.strerror}.", 2)


def _loaded() -> click.Group:
    """The commands, loaded without looking for rubbish: at the start and at the end there is none.

    It would be a fifth of the time that a look-up takes.
    """
    gc.disable()
    from perovdb_cli.commands import cli

    gc.set_threshold(50_000, 20, 20)
    gc.enable()
    atexit.register(gc.freeze)
    return cli


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
    sys.stderr.write("perovdb: error: " + " ".join(message.split()) + "\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
