# The endpoints first: the band holds them fixed.
for end in 00 @last@; do
  if [ ! -e "endpoint_$end.done" ]; then
    run @ranks_per_image@ "endpoint_$end"
    grep -q "GEOMETRY OPTIMIZATION COMPLETED" "endpoint_$end.out" || {
      echo "endpoint $end did not converge: submit again to go on" >&2
      exit 1
    }
    [ -e "image_$end.first.xyz" ] || cp "image_$end.xyz" "image_$end.first.xyz"
    tail -n @xyz_lines@ "endpoint_$end-pos-1.xyz" > "image_$end.xyz"
    touch "endpoint_$end.done"
  fi
done
