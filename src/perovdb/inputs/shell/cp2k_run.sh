# Program.
: "${CP2K:=@cp2k@}"

# Runs an input, or the restart file that an earlier run left; its earlier output is kept.
run() {
  local ranks=$1 project=$2 input=$2.inp number=1
  if [ -s "$project-1.restart" ]; then
    input=$project-1.restart
    # A restart file calls its project anew, and the run after it would not find its own.
    sed -i "s/\(PROJECT[_A-Z]*  *\)$project-r-[0-9]*/\1$project/" "$input"
  fi
  while [ -e "previous.$number" ]; do number=$((number + 1)); done
  for old in "$project"*.out; do
    if [ -e "$old" ]; then mkdir -p "previous.$number" && mv "$old" "previous.$number/"; fi
  done
  launch "$ranks" "$CP2K" -i "$input" -o "$project.out"
  # CP2K goes on after an SCF that failed: say so.
  if grep -q "SCF run NOT converged" "$project"*.out; then
    echo "some SCF of $project did not converge: its energies cannot be trusted" >&2
    exit 1
  fi
}
