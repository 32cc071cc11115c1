# To the folder of this script, from wherever it was started.
folder=$(dirname -- "${BASH_SOURCE[0]}")
[ -e "$folder/@mark@" ] || folder=@otherwise@
cd -- "$folder"
if [ ! -e @mark@ ]; then
  echo "$PWD holds no @mark@: go to the folder of this script and start it there" >&2
  exit 1
fi
