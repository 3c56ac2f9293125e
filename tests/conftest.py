"""What all tests share: cycles are looked for as rarely as in the tool itself (``interface/cli/main.py``)."""

import gc

gc.set_threshold(50_000, 20, 20)
