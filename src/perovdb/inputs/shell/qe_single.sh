@run@

if [ -e @task@.done ]; then
  echo "the @task@ is done: nothing to do"
  exit 0
fi
# An earlier run ended too soon: its last positions, and its cell, are those to start from.
for old in @task@.previous.out @task@.out; do
  [ -e "$old" ] || continue
  latest "$old" > @task@.xyz
  if [ -s @task@.xyz ]; then place @task@.xyz ATOMIC_POSITIONS @task@.in; fi
  latest_cell "$old" > @task@.cell
  if [ -s @task@.cell ]; then place_cell @task@.cell @task@.in; fi
done
if [ -e @task@.out ]; then cat @task@.out >> @task@.previous.out; fi
launch @ranks@ "$PW" @pools@-inp @task@.in > @task@.out || true
grep -q "@done@" @task@.out && grep -q "JOB DONE" @task@.out || {
  echo "the @task@ did not come to its end: see @task@.out, then submit again to go on" >&2
  exit 1
}
touch @task@.done
