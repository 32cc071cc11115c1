#!/usr/bin/env bash
#PBS -N @name@
#PBS -l @resources@
#PBS -l walltime=@hours@:00:00
#PBS -j oe@lines@

# Runs each folder of folders.txt as one task. Submit from this folder: qsub array.sh
# (Torque: write -t for -J.)
set -euo pipefail
unset CDPATH
@own_folder@

index=${PBS_ARRAY_INDEX:-${PBS_ARRAYID:-1}}
exec bash "./$(sed -n "${index}p" folders.txt)/job.sh"
