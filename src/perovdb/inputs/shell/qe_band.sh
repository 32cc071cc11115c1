@run@
: "${NEB:=@neb@}"

@ends@
@again@
if [ -e neb.done ]; then
  echo "the band is done: nothing to do"
  exit 0
fi
if [ -s neb.path ]; then
  # neb.x counts the steps of earlier runs: as many again.
  steps=$(awk 'NR == 2 { print $1 + @steps@ }' neb.path)
  sed -i "s/'from_scratch'/'restart'/; s/^  nstep_path = .*/  nstep_path = $steps/" neb.in
fi
if [ -e neb.out ]; then cat neb.out >> neb.previous.out; fi
# neb.x returns 1 for an error and for a band that did not converge: its output tells which.
launch @ranks@ "$NEB" -ni @inner@ @pools@-inp neb.in > neb.out || true
if grep -q "Error in routine" neb.out || ! grep -q "JOB DONE" neb.out; then
  echo "neb.x failed: see neb.out" >&2
  exit 1
fi
if ! grep -q "neb: convergence achieved" neb.out; then
  echo "the band did not converge: submit again to go on" >&2
  exit 1
fi
touch neb.done
