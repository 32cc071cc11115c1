"""The entry point, and the one place where errors become messages."""

from __future__ import annotations

import atexit
import gc
import io
import os
import re
import sys
import warnings
from contextlib import chdir, suppress
from typing import TYPE_CHECKING, NoReturn

from perovdb.answers.tables import printable
from perovdb.errors import PerovdbError

if TYPE_CHECKING:
    import click


def main() -> None:
    """Run the command line; exit 0 done, 1 no answer, 2 malformed question."""
    _open_streams()
    try:
        _run()
    except PerovdbError as error:
        _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        _fail("interrupted.", 130)
    except MemoryError:
        _fail("this takes more memory than there is. Ask for less, such as a smaller cell.", 1)
    except RecursionError:
        _fail("this is nested too deeply. Take brackets or levels out.", 2)
    except (RuntimeWarning, ArithmeticError) as error:
        _fail(f"a number on the way is not finite ({error}). Give values nearer to real ones.", 1)
    except OSError as error:
        _fail(_of_files(error), 2)
    except Exception as error:
        if sys.flags.dev_mode:
            raise
        what = f"{type(error).__name__}: {error}"
        _fail(
            f"a fault of perovdb: {what} Report it, with what 'python -X dev -m perovdb' says.", 3
        )


def _run() -> None:
    """Run the command line as click does, with numbers held to be finite."""
    if os.path.expanduser("~") == "~":
        # A user without a home: libraries ask for one, and find nothing in this.
        os.environ["HOME"] = os.path.join(os.sep, "nonexistent")
    if os.path.lexists("matplotlibrc"):
        _load_matplotlib()
    cli = _loaded()
    import click

    from perovdb_cli.render import Unwritten, say

    def note(message: Warning | str, *_: object, **__: object) -> None:
        say("perovdb: note: " + " ".join(str(message).split()), err=True)

    with warnings.catch_warnings():
        # That numbers ran over, or that something was divided by zero, leaves no answer.
        warnings.simplefilter("error", RuntimeWarning)
        warnings.showwarning = note
        try:
            cli(prog_name="perovdb", standalone_mode=False)
        except click.MissingParameter as error:
            _fail(_all_missing(error), 2)
        except click.UsageError as error:
            command = error.ctx.command_path if error.ctx else "perovdb"
            _fail(f"{error.format_message()} See '{command} --help'.", 2)
        except click.ClickException as error:
            _fail(error.format_message(), error.exit_code)
        except click.Abort:
            _fail("interrupted.", 130)
        except Unwritten as error:
            _drop_stdout()
            if isinstance(error.why, BrokenPipeError):
                # The reader of a pipe, such as head, has seen enough: end as other tools do.
                sys.exit(128 + 13)
            _fail(f"the answer cannot be written: {error.why.strerror or error.why}.", 2)


def _load_matplotlib() -> None:
    """Load it where no matplotlibrc lies: it obeys that of the working folder whatever else is
    set, and waits for ever where this is a pipe."""
    with chdir(os.path.dirname(os.path.abspath(__file__))):
        import matplotlib  # noqa: F401


def _open_streams() -> None:
    """Let the streams that the caller has closed lead nowhere, lest a file that is opened takes
    their numbers; without stdout there is no place for an answer.
    """
    closed = [stream is None for stream in (sys.stdin, sys.stdout, sys.stderr)]
    while any(closed) and os.open(os.devnull, os.O_RDWR) < 2:
        pass
    if closed[1]:
        _fail("the answer cannot be written: stdout is closed.", 2)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # What the terminal has no signs for is written out, not refused.
            stream.reconfigure(errors="backslashreplace")


def _drop_stdout() -> None:
    """Let what is left in the buffer go nowhere, or Python would complain once more at its end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _of_files(error: OSError) -> str:
    """What a file or folder is wrong with."""
    try:
        os.getcwd()
    except OSError:
        return "the working folder is gone. Change to one that is there."
    return f"{error.filename or 'a file'}: {error.strerror or error}. Mend it, or name another."


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


def _fail(message: str, code: int) -> NoReturn:
    """End with a message on one line, in which what a person typed is no longer than a line."""
    words = " ".join(message.split())
    words = re.sub(r"\S{200,}", lambda run: f"{run[0][:80]}[...]{run[0][-20:]}", words)
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            sys.stderr.write(f"perovdb: error: {printable(words)}\n")
            sys.stderr.flush()
    sys.exit(code)


if __name__ == "__main__":
    main()
