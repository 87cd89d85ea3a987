"""What the program costs in time and memory, beside the step CLI on the same work in the same run.

`python -m benchmarks` (or `make bench`) runs every group and writes docs/performance.md; `python -m benchmarks file` prints one.
"""
