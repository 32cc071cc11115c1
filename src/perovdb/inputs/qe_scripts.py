"""Quantum ESPRESSO: the shell that runs a set."""

from __future__ import annotations

import shlex

from perovdb.inputs.job import NebJob


def run_commands(job: NebJob, band: str, pseudo: str) -> str:
    """Shell commands that run the set: both ends, then the band; each from where it was left.

    Args:
        job: the calculation.
        band: prefix of the band.
        pseudo: folder of the pseudopotentials.
    """
    names = " ".join(shlex.quote(potential.symbol) for potential in job.potentials.values())
    family = job.preset.values("potentials")["family"]
    images = job.last - 1
    return f"""\
# Programs.
: "${{NEB:={job.machine.get("qe", "neb", "neb.x")}}}"
: "${{PW:={job.machine.get("qe", "pw", "pw.x")}}}"

for file in {names}; do
  if [ ! -s {shlex.quote(pseudo)}"/$file" ]; then
    echo "{pseudo}/$file is missing: it belongs to the family {family}" >&2
    exit 1
  fi
done
if [ -e pseudo.md5 ]; then
  sums=$PWD/pseudo.md5
  (cd {shlex.quote(pseudo)} && md5sum --quiet -c "$sums") || {{
    echo "a pseudopotential is not that of the family {family}" >&2
    exit 1
  }}
fi

# The last positions that a relaxation wrote in full.
latest() {{
  awk -v n={len(job.path.images[0])} '
    /^ATOMIC_POSITIONS/ {{ left = n; text = ""; next }}
    left > 0 {{ text = text $0 "\\n"; if (--left == 0) last = text }}
    END {{ printf "%s", last }}' "$1"
}}

# Puts positions, from a file, after the first line of an input that begins with a word.
place() {{
  awk -v n={len(job.path.images[0])} -v word="$2" -v new="$1" '
    left > 0 {{ left--; next }}
    {{ print }}
    index($0, word) == 1 {{ found = 1 }}
    found == 1 && /^ATOMIC_POSITIONS/ {{
      while ((getline line < new) > 0) print line
      found = 2; left = n
    }}' "$3" > "$3.new"
  mv "$3.new" "$3"
}}
{_endpoints(job, band) if job.relax_first else ""}
if [ -e {band}.done ]; then
  echo "the band is done: nothing to do"
  exit 0
fi
if [ -s {band}.path ]; then
  # neb.x counts the steps of earlier runs: as many again.
  steps=$(awk 'NR == 2 {{ print $1 + {job.preset.values("path")["nstep_path"]} }}' {band}.path)
  sed -i "s/'from_scratch'/'restart'/; s/^  nstep_path = .*/  nstep_path = $steps/" {band}.in
fi
if [ -e {band}.out ]; then cat {band}.out >> {band}.previous.out; fi
# neb.x returns 1 for an error and for a band that did not converge: its output tells which.
launch {job.ranks_per_image * images} "$NEB" -ni {images} -inp {band}.in > {band}.out || true
if grep -q "Error in routine" {band}.out || ! grep -q "JOB DONE" {band}.out; then
  echo "neb.x failed: see {band}.out" >&2
  exit 1
fi
if ! grep -q "neb: convergence achieved" {band}.out; then
  echo "the band did not converge: submit again to go on" >&2
  exit 1
fi
touch {band}.done
"""


def _endpoints(job: NebJob, band: str) -> str:
    return f"""
# The endpoints first: the band holds them fixed.
for end in 00 {job.last:02d}; do
  if [ ! -e "endpoint_$end.done" ]; then
    for old in "endpoint_$end.previous.out" "endpoint_$end.out"; do
      [ -e "$old" ] || continue
      latest "$old" > "endpoint_$end.xyz"
      if [ -s "endpoint_$end.xyz" ]; then
        place "endpoint_$end.xyz" ATOMIC_POSITIONS "endpoint_$end.in"
      fi
    done
    if [ -e "endpoint_$end.out" ]; then
      cat "endpoint_$end.out" >> "endpoint_$end.previous.out"
    fi
    launch {job.ranks_per_image} "$PW" -inp "endpoint_$end.in" > "endpoint_$end.out" || true
    grep -q "bfgs converged in" "endpoint_$end.out" || {{
      echo "endpoint $end did not converge: see endpoint_$end.out, then submit again" >&2
      exit 1
    }}
    latest "endpoint_$end.out" > "endpoint_$end.xyz"
    if [ "$end" = 00 ]; then word=FIRST_IMAGE; else word=LAST_IMAGE; fi
    place "endpoint_$end.xyz" "$word" {band}.in
    touch "endpoint_$end.done"
  fi
done
"""
