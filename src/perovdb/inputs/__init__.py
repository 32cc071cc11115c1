"""Input sets of DFT codes: a job goes in, {file name: text} comes out."""
