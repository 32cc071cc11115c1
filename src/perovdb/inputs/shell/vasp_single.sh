@run@

if [ -e @task@.done ]; then
  echo "the @task@ is done: nothing to do"
  exit 0
fi
go_on .
launch @ranks@ "$VASP" > vasp.out
grep -q "@done@" OUTCAR || {
  echo "the @task@ did not come to its end: see vasp.out, then submit again to go on" >&2
  exit 1
}
touch @task@.done
