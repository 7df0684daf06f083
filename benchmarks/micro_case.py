"""Measures one case in a fresh process: `python micro_case.py FOLDER CASELIB`. Standard library only.

FOLDER holds `drive.py`, which makes the case's input when it is imported and whose `main()` runs the case; CASELIB is
the folder of caselib.py. Prints JSON: `peak`, traced bytes above the set-up, and `digest` of the result.
"""

import gc
import json
import sys
import tracemalloc

sys.path[:0] = sys.argv[1:3]
import caselib  # noqa: E402  type: ignore[import-not-found]
import drive  # noqa: E402  type: ignore[import-not-found]

gc.collect()
tracemalloc.start(1)
tracemalloc.reset_peak()
base = tracemalloc.get_traced_memory()[0]
result = drive.main()
peak = tracemalloc.get_traced_memory()[1] - base
tracemalloc.stop()
print(json.dumps({"peak": peak, "digest": caselib.digest(result)}))
