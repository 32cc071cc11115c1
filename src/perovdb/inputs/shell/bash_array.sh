#!/usr/bin/env bash
# Runs the @count@ folders of folders.txt, one after the other: bash array.sh
set -euo pipefail
unset CDPATH
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
failed=0
while IFS= read -r folder; do
  bash "./$folder/job.sh" < /dev/null || {
    echo "$folder failed" >&2
    failed=1
  }
done < folders.txt
exit "$failed"
