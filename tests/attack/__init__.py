"""Campaigns that attack perovdb: ``python -m tests.attack`` throws them all.

A campaign draws its inputs, throws one at a time and compares what comes of it with an oracle that
can fail. `campaign` says what a campaign is, `command` runs the command line in this process and
judges what any answer must be, `guard` sees that nothing is executed and nothing written outside
the input's own folder, `worker` throws inputs one after another in a process that may die, `run`
keeps two of these at work and counts, `report` writes the figures into docs/reliability.md. Every
other module is a campaign.
"""
