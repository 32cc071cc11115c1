"""CP2K: the shell that runs a set."""

from __future__ import annotations

from perovdb.inputs.job import NebJob


def run_commands(job: NebJob, band: str) -> str:
    """Shell commands that run the set: both ends, then the band; each from where it was left.

    Args:
        job: the calculation.
        band: project of the band.
    """
    command = job.machine.get("cp2k", "command", "cp2k.psmp")
    most = job.preset.values("")["MAX_STEPS"]
    return f"""\
# Program.
: "${{CP2K:={command}}}"

# Runs an input, or the restart file that an earlier run left; its earlier output is kept.
run() {{
  local ranks=$1 project=$2 input=$2.inp number=1
  if [ -s "$project-1.restart" ]; then
    input=$project-1.restart
    # A restart file calls its project anew, and the run after it would not find its own.
    sed -i "s/\\(PROJECT[_A-Z]*  *\\)$project-r-[0-9]*/\\1$project/" "$input"
  fi
  while [ -e "previous.$number" ]; do number=$((number + 1)); done
  for old in "$project"*.out; do
    if [ -e "$old" ]; then mkdir -p "previous.$number" && mv "$old" "previous.$number/"; fi
  done
  launch "$ranks" "$CP2K" -i "$input" -o "$project.out"
  # CP2K goes on after an SCF that failed: say so.
  if grep -q "SCF run NOT converged" "$project"*.out; then
    echo "some SCF of $project did not converge: the barrier cannot be trusted" >&2
    exit 1
  fi
}}
{_endpoints(job) if job.relax_first else ""}
if [ -e {band}.done ]; then
  echo "the band is done: nothing to do"
  exit 0
fi
run {job.ranks_per_image * len(job.path.images)} {band}

# CP2K ends at the last step without a word: a band that took them all did not come to rest.
steps=$(awk '/STEP NUMBER  *=/ {{ n = $NF }} END {{ print n + 0 }}' {band}.out)
if [ "$steps" -eq 0 ] || [ "$steps" -ge {most} ]; then
  echo "the band did not converge in $steps steps: submit again to go on" >&2
  exit 1
fi
touch {band}.done
"""


def _endpoints(job: NebJob) -> str:
    return f"""
# The endpoints first: the band holds them fixed.
for end in 00 {job.last:02d}; do
  if [ ! -e "endpoint_$end.done" ]; then
    run {job.ranks_per_image} "endpoint_$end"
    grep -q "GEOMETRY OPTIMIZATION COMPLETED" "endpoint_$end.out" || {{
      echo "endpoint $end did not converge: submit again to go on" >&2
      exit 1
    }}
    [ -e "image_$end.first.xyz" ] || cp "image_$end.xyz" "image_$end.first.xyz"
    tail -n {len(job.path.images[0]) + 2} "endpoint_$end-pos-1.xyz" > "image_$end.xyz"
    touch "endpoint_$end.done"
  fi
done
"""
