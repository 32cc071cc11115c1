@run@

@ends@
@again@
if [ -e neb.done ]; then
  echo "the band is done: nothing to do"
  exit 0
fi
run @ranks@ neb

# CP2K ends at the last step without a word: a band that took them all did not come to rest.
steps=$(awk '/STEP NUMBER  *=/ { n = $NF } END { print n + 0 }' neb.out)
if [ "$steps" -eq 0 ] || [ "$steps" -ge @most_steps@ ]; then
  echo "the band did not converge in $steps steps: submit again to go on" >&2
  exit 1
fi
touch neb.done
