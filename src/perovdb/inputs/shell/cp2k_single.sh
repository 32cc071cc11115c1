@run@

if [ -e @task@.done ]; then
  echo "the @task@ is done: nothing to do"
  exit 0
fi
run @ranks@ @task@
grep -q "@done@" @task@.out || {
  echo "the @task@ did not come to its end: see @task@.out, then submit again to go on" >&2
  exit 1
}
touch @task@.done
