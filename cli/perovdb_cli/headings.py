"""Help pages that list options under headings, for commands that have many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])
Decorator = Callable[[Function], Function]

_ATTRIBUTE = "perovdb_heading"


def under(heading: str, *decorators: Decorator[Any]) -> Decorator[Any]:
    """Several options of a command under one heading of its help, or under none if it is empty."""

    def decorate(function: Any) -> Any:
        for decorator in reversed(decorators):
            before = len(getattr(function, "__click_params__", []))
            function = decorator(function)
            for parameter in function.__click_params__[before:]:
                setattr(parameter, _ATTRIBUTE, heading)
        return function

    return decorate


class CommandWithHeadings(click.Command):
    """A command whose options stand under the headings that `under` gave them."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, heading by heading, those without one at the end."""
        sections: dict[str, list[tuple[str, str]]] = {}
        rest: list[tuple[str, str]] = []
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            # An argument stands in the usage line, and here only if there is something to say.
            if record is None or (isinstance(parameter, click.Argument) and not record[1]):
                continue
            heading = getattr(parameter, _ATTRIBUTE, "")
            (sections.setdefault(heading, []) if heading else rest).append(record)
        for heading, records in [*sections.items(), ("Options", rest)]:
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)
