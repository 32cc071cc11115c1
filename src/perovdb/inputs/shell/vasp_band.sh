@run@

# The endpoints first: the band needs them relaxed, and its barrier needs their energies.
for end in 00 @last@; do
  if [ ! -e "$end/relaxed" ]; then
    go_on "$end"
    cp INCAR.endpoint "$end/INCAR"
    cp POTCAR "$end/POTCAR"
    (cd -- "$end" && launch @ranks_per_image@ "$VASP" > vasp.out)
    grep -q "reached required accuracy" "$end/OUTCAR" || {
      echo "endpoint $end did not converge: see $end/vasp.out, then submit again" >&2
      exit 1
    }
    go_on "$end"
    touch "$end/relaxed"
  fi
done

@again@
if [ -e band.done ]; then
  echo "the band is done: nothing to do"
  exit 0
fi
for image in $(seq -f %02g 1 @inner@); do go_on "$image"; done
launch @ranks@ "$VASP" > vasp.out
grep -q "reached required accuracy" 01/OUTCAR || {
  echo "the band did not converge: submit again to go on" >&2
  exit 1
}
touch band.done
