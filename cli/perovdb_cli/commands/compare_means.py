"""perovdb compare-means MEAN ERROR MEAN ERROR"""

from __future__ import annotations

import click

from perovdb_cli import options, render


@click.command()
@click.argument("figures", nargs=4, metavar="MEAN ERROR MEAN ERROR")
@click.option(
    "--n",
    nargs=2,
    type=options.Whole("n", "compare_means"),
    metavar="N N",
    help="How many independent values are behind each.",
)
@click.option("--deviations", is_flag=True, help="The errors are standard deviations; needs --n.")
@options.formats
def command(
    figures: tuple[str, str, str, str],
    n: tuple[int, int] | None,
    deviations: bool,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Whether two means differ: Student's t from means and standard errors.

    Digits count as printed: 5.870 is more than 5.87.

    \b
    Example:
      perovdb compare-means 5.831 0.012 5.869 0.005
    """
    from perovdb.calculators.two_means import compare_means

    render.emit(compare_means(*figures, n, deviations), as_json, as_csv)
