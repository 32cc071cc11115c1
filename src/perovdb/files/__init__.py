"""Files before anything is known of perovskites: structures as they stand, numbers, new files.

* `names`: which format the name of a file tells, and whether a text is the name of a file;
* `crystals`: the one reader of structure files, over `crystal_texts`, `code_inputs` (CP2K, Quantum
  ESPRESSO) and `atoms` (ASE's);
* `columns`: measured curves, lists of peaks and tables of numbers;
* `new_files`, `new_folders`: writing a file or a folder whole or not at all;
* `parts`: what is being written, and what a killed run left of it;
* `locks`: of runs at the same time;
* `failures`: what the system refused, in words.
"""
