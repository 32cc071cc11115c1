"""VASP: the shell that runs a set, and that which joins POTCAR from a user's library."""

from __future__ import annotations

import shlex

from perovdb.inputs.job import NebJob


def run_commands(job: NebJob) -> str:
    """Shell commands that run the set: both ends, then the band; each from where it was left."""
    last = f"{job.last:02d}"
    atoms = len(job.path.images[0])
    command = job.machine.get("vasp", "command", "vasp_std")
    return f"""\
# Program; vasp_gam is faster where KPOINTS is 1 1 1.
: "${{VASP:={command}}}"

[ -s POTCAR ] || bash make_potcar.sh

# Positions that an earlier run wrote in full become those to start from.
go_on() {{
  if [ -s "$1/CONTCAR" ] && [ "$(wc -l < "$1/CONTCAR")" -ge {8 + atoms} ]; then
    [ -e "$1/POSCAR.first" ] || cp "$1/POSCAR" "$1/POSCAR.first"
    cp "$1/CONTCAR" "$1/POSCAR"
  fi
}}

# The endpoints first: the band needs them relaxed, and its barrier needs their energies.
for end in 00 {last}; do
  if [ ! -e "$end/relaxed" ]; then
    go_on "$end"
    cp INCAR.endpoint "$end/INCAR"
    cp POTCAR "$end/POTCAR"
    (cd "$end" && launch {job.ranks_per_image} "$VASP" > vasp.out)
    grep -q "reached required accuracy" "$end/OUTCAR" || {{
      echo "endpoint $end did not converge: see $end/vasp.out, then submit again" >&2
      exit 1
    }}
    go_on "$end"
    touch "$end/relaxed"
  fi
done

if [ -e band.done ]; then
  echo "the band is done: nothing to do"
  exit 0
fi
for image in $(seq -f %02g 1 {job.last - 1}); do go_on "$image"; done
launch {job.ranks_per_image * (job.last - 1)} "$VASP" > vasp.out
grep -q "reached required accuracy" 01/OUTCAR || {{
  echo "the band did not converge: submit again to go on" >&2
  exit 1
}}
touch band.done
"""


def make_potcar(job: NebJob) -> str:
    """A script that joins POTCAR and counts the electrons of its potentials."""
    symbols = " ".join(potential.symbol for potential in job.potentials.values())
    valences = " ".join(str(potential.valence) for potential in job.potentials.values())
    library = shlex.quote(job.machine.get("vasp", "potentials", ""))
    return f"""\
#!/usr/bin/env bash
# Joins POTCAR from your own library of VASP's PBE potentials, in the order of POTCAR.spec:
#   bash make_potcar.sh LIBRARY
# The library holds folders such as {symbols.split()[0]}/POTCAR, or is one that pymatgen knows
# (PMG_VASP_PSP_DIR). Its potentials must have the electrons that NELECT was counted with.
set -euo pipefail
cd "$(dirname "${{BASH_SOURCE[0]}}")"
library=${{1:-{library}}}
library=${{library:-${{PMG_VASP_PSP_DIR:-}}}}
if [ ! -d "$library" ]; then
  echo "POTCAR is missing and no library is named: bash make_potcar.sh LIBRARY," >&2
  echo "or join by hand the files of POTCAR.spec in its order ({symbols})" >&2
  exit 1
fi

symbols=({symbols})
valences=({valences})
part=$(mktemp POTCAR.XXXXXX)
trap 'rm -f "$part"' EXIT
for number in "${{!symbols[@]}}"; do
  symbol=${{symbols[$number]}}
  text=
  for folder in "$library" "$library"/potpaw_PBE.54 "$library"/potpaw_PBE* \\
    "$library"/POT_GGA_PAW_PBE_54 "$library"/POT_GGA_PAW_PBE; do
    for file in "$folder/$symbol/POTCAR" "$folder/POTCAR.$symbol"; do
      if [ -s "$file" ]; then text=$(cat "$file"); fi
      if [ -z "$text" ] && [ -s "$file.gz" ]; then text=$(gzip -dc "$file.gz"); fi
      [ -z "$text" ] || break 2
    done
  done
  if [ -z "$text" ]; then
    echo "$library holds no POTCAR of $symbol" >&2
    exit 1
  fi
  valence=$(awk '/ZVAL/ {{ sub(/.*ZVAL *= */, ""); print int($1 + 0.5); exit }}' <<< "$text")
  if [ "$valence" != "${{valences[$number]}}" ]; then
    echo "POTCAR of $symbol has $valence valence electrons, not ${{valences[$number]}}:" >&2
    echo "NELECT in INCAR and INCAR.endpoint would be wrong" >&2
    exit 1
  fi
  printf '%s\\n' "$text" >> "$part"
done
mv "$part" POTCAR
trap - EXIT
"""
