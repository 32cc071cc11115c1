"""perovdb completion SHELL"""

import click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Script that lets a shell complete commands, options and values.

    In ~/.bashrc or ~/.zshrc: eval "$(perovdb completion bash)", with the name of the shell; fish
    keeps it as ~/.config/fish/completions/perovdb.fish.

    \b
    Example:
      perovdb completion bash
    """
    from click.shell_completion import get_completion_class

    from perovdb_cli import render
    from perovdb_cli.commands import COMPLETE_VARIABLE, cli

    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(cli, {}, "perovdb", COMPLETE_VARIABLE)
    render.say(script.source_template % script.source_vars())
