"""The command line of perovdb."""

import gc

# A command makes most of its objects while modules load, and they stay: to look among them for
# garbage every 700 allocations is a twentieth of the time of a look-up.
gc.set_threshold(50_000)
