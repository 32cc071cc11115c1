# The endpoints first: the band holds them fixed.
for end in 00 @last@; do
  if [ ! -e "endpoint_$end.done" ]; then
    for old in "endpoint_$end.previous.out" "endpoint_$end.out"; do
      [ -e "$old" ] || continue
      latest "$old" > "endpoint_$end.xyz"
      if [ -s "endpoint_$end.xyz" ]; then
        place "endpoint_$end.xyz" ATOMIC_POSITIONS "endpoint_$end.in"
      fi
    done
    if [ -e "endpoint_$end.out" ]; then
      cat "endpoint_$end.out" >> "endpoint_$end.previous.out"
    fi
    launch @ranks_per_image@ "$PW" @pools@-inp "endpoint_$end.in" > "endpoint_$end.out" || true
    grep -q "bfgs converged in" "endpoint_$end.out" || {
      echo "endpoint $end did not converge: see endpoint_$end.out, then submit again" >&2
      exit 1
    }
    latest "endpoint_$end.out" > "endpoint_$end.xyz"
    if [ "$end" = 00 ]; then word=FIRST_IMAGE; else word=LAST_IMAGE; fi
    place "endpoint_$end.xyz" "$word" neb.in
    touch "endpoint_$end.done"
  fi
done
