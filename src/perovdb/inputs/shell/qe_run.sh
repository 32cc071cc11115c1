# Programs.
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

# The last cell, in angstrom, that a relaxation of it wrote in full.
latest_cell() {
  awk '
    /^CELL_PARAMETERS \(angstrom\)/ { left = 3; text = ""; next }
    left > 0 { text = text $0 "\n"; if (--left == 0) last = text }
    END { printf "%s", last }' "$1"
}

# Puts a cell, from a file, into an input.
place_cell() {
  awk -v new="$1" '
    left > 0 { left--; next }
    { print }
    /^CELL_PARAMETERS/ { while ((getline line < new) > 0) print line; left = 3 }' "$2" > "$2.new"
  mv "$2.new" "$2"
}
