"""The command: throw all campaigns, print their figures, exit with 1 if anything was found."""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time

from tests.attack.campaign import Campaign, campaigns
from tests.attack.report import table, write
from tests.attack.run import Figures, run
from tests.attack.worker import prepare, throw

_SHOWN = 5


def main() -> None:
    """Parse the arguments and throw."""
    known = campaigns()
    parser = argparse.ArgumentParser("python -m tests.attack", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="other inputs")
    parser.add_argument("--only", action="append", choices=known, metavar="KIND", default=[])
    parser.add_argument("--short", action="store_true", help="the inputs that CI throws")
    parser.add_argument("--minutes", type=float, help="throw no more campaigns after so many")
    parser.add_argument("--index", type=int, help="throw this input alone, of the kind of --only")
    parser.add_argument("--write", action="store_true", help="the figures into the documents")
    asked = parser.parse_args()
    chosen = [known[kind] for kind in asked.only or known]
    if asked.index is not None:
        if len(chosen) != 1:
            parser.error("--index is of one kind: name it by --only")
        sys.exit(alone(chosen[0], asked.seed, asked.index))
    if asked.write and (asked.short or asked.only or asked.minutes):
        parser.error("--write wants the figures of all campaigns, whole")
    figures = []
    began_s = time.monotonic()
    for campaign in chosen:
        if asked.minutes and time.monotonic() - began_s > 60 * asked.minutes:
            print(f"{campaign.kind}: not thrown, the time is over", flush=True)
            continue
        figures.append(run(campaign, asked.seed, campaign.short if asked.short else campaign.full))
        print(said(figures[-1], asked.seed, asked.short), flush=True)
    print(table(figures))
    if asked.write:
        write(figures)
    sys.exit(any(problems(one, asked.short) for one in figures))


def problems(figures: Figures, short: bool = False) -> list[str]:
    """What was found, and what a campaign should have met and did not."""
    found = [f"{index}: {what}" for index, what in sorted(figures.findings.items())]
    never = sorted(figures.campaign.words - set(figures.words))
    if never and not short:
        found.append(f"nothing was {', '.join(never)}: the campaign does not attack what it says")
    return found


def said(figures: Figures, seed: int, short: bool = False) -> str:
    """The figures of a campaign in a line, and its findings with the line that repeats each."""
    kind = figures.campaign.kind
    words = ", ".join(f"{count} {word}" for word, count in sorted(figures.words.items()))
    lines = [
        f"{kind}: {figures.inputs} inputs in {figures.took_s:.0f} s, {words or 'none done'}, "
        f"{len(figures.findings)} findings, slowest {figures.slowest_s:.1f} s"
    ]
    found = problems(figures, short)
    lines += [f"  {one}" for one in found[:_SHOWN]]
    lines += [f"  ... and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    if figures.findings:
        first = min(figures.findings)
        lines.append(f"  python -m tests.attack --only {kind} --seed {seed} --index {first}")
    return "\n".join(lines)


def alone(campaign: Campaign, seed: int, index: int) -> int:
    """Throw one input in this process."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        tempfile.tempdir = folder
        guard = prepare(campaign)
        stack.callback(setattr, tempfile, "tempdir", None)
        word, finding = throw(campaign, seed, index, guard)
    print(f"{campaign.kind} {index}: {finding or word}")
    return int(bool(finding))


if __name__ == "__main__":
    main()
