"""Everything that may happen to a node from outside. See run.sh.

  faults.py [--kill N] [--cut N] [--failover N] [part of a case's name ...]
"""
import argparse
import os
import sys

import load  # noqa: F401  (sets the path to the shared modules)
import bad_input
import crash
import damage
import failing_disk
import failover
import startup
import whole_cluster


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kill", type=int, default=int(os.environ.get("CYCLES") or 200), help="cycles of kill -9")
    parser.add_argument("--cut", type=int, default=int(os.environ.get("CUTS") or 50), help="power cuts")
    parser.add_argument("--failover", type=int, default=int(os.environ.get("FAILOVERS") or 200), help="leaders killed")
    parser.add_argument("only", nargs="*")
    options = parser.parse_args()
    rows = []
    for module in (startup, bad_input, damage, failing_disk, crash, failover, whole_cluster):
        cases = module.cases
        given = [vars(options)] if module in (crash, failover, whole_cluster) else []
        chosen = [w for w in options.only if any(w in c.__name__ for c in cases.cases) or w == cases.title]
        if options.only and not chosen or module in (failover, whole_cluster) and not chosen:  # a cluster's are asked for by name
            continue
        cases.run(*given, only=[] if cases.title in chosen else chosen)
        rows += cases.rows
    count = lambda what: sum(r[1] == what for r in rows)
    print("\nfaults, in all:")
    for name, result, seconds, note in rows:
        print(f"  {result:8} {name:50} {seconds:6.1f} s  {note[:200]}")
    print(f"{count('ok')} passed, {count('FAILED')} failed, {count('SKIPPED')} skipped")
    return 0 if count("ok") and not count("FAILED") else 1


if __name__ == "__main__":
    sys.exit(main())
