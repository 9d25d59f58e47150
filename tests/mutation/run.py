#!/usr/bin/env python3
"""Switches rules off, one at a time, and expects the suite to notice.

  run.py BUILD_FOLDER [--all] [--seed N]    ten rules by chance, or every one

Also: the shipped programs hold nothing of this, and every refusal of rp/webauthn that is no TEGATA_REQUIRE is listed.
"""
import collections
import concurrent.futures
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(sys.argv[1])
PROGRAM = BUILD / "tests/tegata-switchable"

# Refusals that no input can reach, or that hand on what a checked rule said: file, text, why.
WITHOUT_INDEX = ROOT / "tests/mutation/without_index.txt"


def places():
    lines = subprocess.run([PROGRAM, "--places"], capture_output=True, text=True, check=True).stdout.splitlines()
    return [line.split("\t") for line in lines]


def escaped(names):
    return [name.replace(",", "\\,") for name in names]  # a comma would end the name, in quotation marks too


def run(names, off=None):
    """The suite, or the named tests of it, without one rule: its end, and the seconds of each test that ran."""
    environment = {**os.environ, **({} if off is None else {"TEGATA_PLACE_OFF": off})}
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as chosen:
        chosen.write("\n".join(escaped(names)))
        chosen.flush()
        done = subprocess.run([PROGRAM, "--abort", "--durations", "yes", *(["--input-file", chosen.name] if names else [])],
                              env=environment, capture_output=True, text=True, errors="replace", timeout=600)
    seconds = collections.Counter()
    for took, name in re.findall(r"^ *([0-9.]+) s: (.*)$", done.stdout, re.M):
        seconds[name.strip()] += float(took)
    assert "Invalid Filter" not in done.stdout
    return "PASSED" if done.returncode == 0 else "failed" if done.returncode > 0 else "ended by a signal", seconds


def quick_first(seconds):
    """Two lists of tests: most rules are missed by a test of milliseconds, few only by those that make many keys."""
    names = subprocess.run([PROGRAM, "--list-test-names-only"], capture_output=True, text=True).stdout.splitlines()
    assert seconds.keys() >= set(names), "a test that was not run"
    return [name for name in names if seconds[name] < 0.1], [name for name in names if seconds[name] >= 0.1]


def suite(lists, off):
    """How the suite ended without that rule: 'failed', 'ended by a signal', or 'PASSED'."""
    return next((ended for names in lists if names and (ended := run(names, off)[0]) != "PASSED"), "PASSED")


def refusals_without_index():
    """Lines of rp/webauthn that return an Error outside TEGATA_REQUIRE."""
    for path in sorted((ROOT / "rp/webauthn").rglob("*.cpp")):
        text = re.sub(r"TEGATA_REQUIRE\((?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*\);", "", path.read_text())
        for line in text.splitlines():
            if re.search(r"\breturn (Error\(|\w*malformed\(|\w*invalid\(|\w*profile\(|untrusted\(|too_large\(|std::unexpected"
                         r"|\*?\w+(\.|->)error\(\))", line):
                yield f"{path.relative_to(ROOT / 'rp/webauthn')}: {line.strip()}"


def check_lists():
    known = {line.split("  #")[0].strip() for line in WITHOUT_INDEX.read_text().splitlines() if line.strip()}
    found = set(refusals_without_index())
    for line in sorted(found - known):
        print("refusal without an index and without a reason:", line)
    for line in sorted(known - found):
        print("listed, but not there any more:", line)
    print(f"{len(found)} refusals without an index, each with its reason in {WITHOUT_INDEX.name}")
    return found == known


def check_shipped():
    good = True
    for program in ("tegata", "tegata-sandbox"):
        path = BUILD / program
        symbols = subprocess.run(["nm", "-C", path], capture_output=True, text=True, check=True).stdout
        found = [line for line in symbols.splitlines() if "tegata_places" in line or "mutation" in line]
        print(f"nm {program}: {len(symbols.splitlines())} symbols, {len(found)} of the switches")
        # Where nm sees nothing it shows nothing.
        good &= bool(symbols.strip()) and not found
    return good


def main():
    every = places()
    seed = int(sys.argv[sys.argv.index("--seed") + 1]) if "--seed" in sys.argv else int(time.time())
    chosen = every if "--all" in sys.argv else random.Random(seed).sample(every, min(10, len(every)))
    print(f"{len(every)} rules with an index; {len(chosen)} switched off in turn (seed {seed})")
    ended, seconds = run([])
    good = ended == "PASSED"
    print("all on:", ended if good else f"{ended}, so nothing below means anything")
    lists = quick_first(seconds)
    print(f"{len(lists[0])} quick tests before {len(lists[1])} others")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for (index, file, line, condition), ended in zip(chosen, pool.map(lambda p: suite(lists, p[0]), chosen)):
            if ended == "PASSED" or "--all" not in sys.argv:
                print(f"{'UNNOTICED' if ended == 'PASSED' else ended}: {index} {pathlib.Path(file).name}:{line} {condition}")
            good &= ended != "PASSED"
    good &= check_shipped()
    good &= check_lists()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
