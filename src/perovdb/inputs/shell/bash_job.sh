#!/usr/bin/env bash
# @title@
# @ranks@ MPI ranks of one thread: bash job.sh
# Started again, it goes on from what is there.
set -euo pipefail
unset CDPATH
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

@launch@
