#!/usr/bin/env bash
#SBATCH --job-name=@name@
#SBATCH --array=1-@count@
#SBATCH --ntasks=@ranks@
#SBATCH --time=@hours@:00:00
#SBATCH --output=slurm-%A_%a.out@lines@

# Runs each folder of folders.txt as one task: sbatch array.sh
set -euo pipefail
unset CDPATH
@own_folder@

cd -- "./$(sed -n "${SLURM_ARRAY_TASK_ID}p" folders.txt)"
exec bash ./job.sh
