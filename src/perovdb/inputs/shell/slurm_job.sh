#!/usr/bin/env bash
#SBATCH --job-name=@name@
#SBATCH --ntasks=@ranks@
#SBATCH --time=@hours@:00:00
#SBATCH --output=slurm-%j.out@lines@

# @title@
# @ranks@ MPI ranks: sbatch job.sh
# Submitted again, it goes on from what is there.
set -euo pipefail
unset CDPATH
@own_folder@

# One thread a rank, or as many as --cpus-per-task asks for.
if [ -n "${SLURM_CPUS_PER_TASK:-}" ]; then
  export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK
fi

@launch@
