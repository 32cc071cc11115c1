#!/usr/bin/env bash
#PBS -N @name@
#PBS -l @resources@
#PBS -l walltime=@hours@:00:00
#PBS -j oe@lines@

# @title@
# @ranks@ MPI ranks of one thread. Submit from this folder: qsub job.sh
# Submitted again, it goes on from what is there.
set -euo pipefail
unset CDPATH
@own_folder@

@launch@
