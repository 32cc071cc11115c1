# What the code needs on this machine.
@setup@

# Threads of a rank: programs such as cp2k.psmp take all cores for each rank otherwise.
: "${OMP_NUM_THREADS:=@threads@}"
export OMP_NUM_THREADS

# Starts a number of MPI ranks of a program.
launch() {
  local ranks=$1
  shift
  @launcher@ "$@"
}

@commands@
