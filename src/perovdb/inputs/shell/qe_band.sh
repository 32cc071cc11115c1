# Programs.
: "${NEB:=@neb@}"
: "${PW:=@pw@}"

for file in @files@; do
  if [ ! -s @pseudo@"/$file" ]; then
    echo @pseudo@"/$file is missing: it belongs to the family @family@" >&2
    exit 1
  fi
done
if [ -e pseudo.md5 ]; then
  sums=$PWD/pseudo.md5
  (cd -- @pseudo@ && md5sum --quiet -c "$sums") || {
    echo "a pseudopotential is not that of the family @family@" >&2
    exit 1
  }
fi

# The last positions that a relaxation wrote in full.
latest() {
  awk -v n=@atoms@ '
    /^ATOMIC_POSITIONS/ { left = n; text = ""; next }
    left > 0 { text = text $0 "\n"; if (--left == 0) last = text }
    END { printf "%s", last }' "$1"
}

# Puts positions, from a file, after the first line of an input that begins with a word.
place() {
  awk -v n=@atoms@ -v word="$2" -v new="$1" '
    left > 0 { left--; next }
    { print }
    index($0, word) == 1 { found = 1 }
    found == 1 && /^ATOMIC_POSITIONS/ {
      while ((getline line < new) > 0) print line
      found = 2; left = n
    }' "$3" > "$3.new"
  mv "$3.new" "$3"
}

@ends@
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
launch @ranks@ "$NEB" -ni @inner@ -inp neb.in > neb.out || true
if grep -q "Error in routine" neb.out || ! grep -q "JOB DONE" neb.out; then
  echo "neb.x failed: see neb.out" >&2
  exit 1
fi
if ! grep -q "neb: convergence achieved" neb.out; then
  echo "the band did not converge: submit again to go on" >&2
  exit 1
fi
touch neb.done
