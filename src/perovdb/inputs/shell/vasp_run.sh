# Program; vasp_gam is faster where KPOINTS is 1 1 1.
: "${VASP:=@vasp@}"

[ -s POTCAR ] || bash make_potcar.sh

# Positions that an earlier run wrote in full become those to start from.
go_on() {
  if [ -s "$1/CONTCAR" ] && [ "$(wc -l < "$1/CONTCAR")" -ge @poscar_lines@ ]; then
    [ -e "$1/POSCAR.first" ] || cp "$1/POSCAR" "$1/POSCAR.first"
    cp "$1/CONTCAR" "$1/POSCAR"
  fi
}
