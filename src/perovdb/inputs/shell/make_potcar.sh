#!/usr/bin/env bash
# Joins POTCAR from your own library of VASP's PBE potentials, in the order of POTCAR.spec:
#   bash make_potcar.sh LIBRARY
# The library holds folders such as @first@/POTCAR, or is one that pymatgen knows
# (PMG_VASP_PSP_DIR). Its potentials must have the electrons that NELECT was counted with.
set -euo pipefail
unset CDPATH
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
library=${1:-@library@}
library=${library:-${PMG_VASP_PSP_DIR:-}}
if [ ! -d "$library" ]; then
  echo "POTCAR is missing and no library is named: bash make_potcar.sh LIBRARY," >&2
  echo "or join by hand the files of POTCAR.spec in its order (@symbols@)" >&2
  exit 1
fi

symbols=(@symbols@)
valences=(@valences@)
part=$(mktemp POTCAR.XXXXXX)
trap 'rm -f "$part"' EXIT
for number in "${!symbols[@]}"; do
  symbol=${symbols[$number]}
  text=
  for folder in "$library" "$library"/potpaw_PBE.54 "$library"/potpaw_PBE* \
    "$library"/POT_GGA_PAW_PBE_54 "$library"/POT_GGA_PAW_PBE; do
    for file in "$folder/$symbol/POTCAR" "$folder/POTCAR.$symbol"; do
      if [ -s "$file" ]; then text=$(cat "$file"); fi
      if [ -z "$text" ] && [ -s "$file.gz" ]; then text=$(gzip -dc "$file.gz"); fi
      [ -z "$text" ] || break 2
    done
  done
  if [ -z "$text" ]; then
    echo "$library holds no POTCAR of $symbol" >&2
    exit 1
  fi
  valence=$(awk '/ZVAL/ { sub(/.*ZVAL *= */, ""); print int($1 + 0.5); exit }' <<< "$text")
  if [ "$valence" != "${valences[$number]}" ]; then
    echo "POTCAR of $symbol has $valence valence electrons, not ${valences[$number]}:" >&2
    echo "NELECT in INCAR and INCAR.endpoint would be wrong" >&2
    exit 1
  fi
  printf '%s\n' "$text" >> "$part"
done
mv "$part" POTCAR
trap - EXIT
