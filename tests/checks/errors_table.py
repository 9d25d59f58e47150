#!/usr/bin/env python3
"""Holds the error codes of the sources against the catalogue, and writes docs/errors.md from both."""
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
DECLARATION = re.compile(r'((?:^[ \t]*//[^\n]*\n)*)^inline constexpr ErrorCode (\w+)\{\s*"(\w+)"\};', re.M)


def declared():
    """(code, room file, comment) of every declaration, in the order of the files."""
    for path in sorted((*ROOT.glob("rp/**/*.h"), *ROOT.glob("enroll/**/*.h"), *ROOT.glob("qr/*.h"))):
        for comment, constant, code in DECLARATION.findall(path.read_text()):
            words = " ".join(line.strip().lstrip("/").strip() for line in comment.splitlines())
            yield constant, code, path.relative_to(ROOT), words


def catalogue():
    return json.loads((ROOT / "web/text/errors.json").read_text())


def problems():
    data = catalogue()
    codes = set()
    for constant, code, path, _ in declared():
        if constant != code:
            yield f"{path}: {constant} names itself {code}"
        if code in codes:
            yield f"{path}: {code} is declared twice"
        codes.add(code)
        if code not in data["causes"]:
            yield f"{path}: {code} is not in web/text/errors.json"
    for code, entry in data["causes"].items():
        if code not in codes:
            yield f"web/text/errors.json: {code} is declared nowhere"
        if entry["shown"] not in data["shown"]:
            yield f"web/text/errors.json: {code} shows {entry['shown']}, which has no words"
        if not 400 <= entry["status"] <= 599:
            yield f"web/text/errors.json: {code} has status {entry['status']}"
    used = {entry["shown"] for entry in data["causes"].values()}
    for shown, words in data["shown"].items():
        for language in ("ja", "en"):
            for part in ("title", "detail"):
                if not words.get(language, {}).get(part):
                    yield f"web/text/errors.json: {shown} has no {part} in {language}"


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def render():
    data = catalogue()
    lines = ["# Error codes", "",
             "Written by `tests/checks/errors_table.py --write` from the declarations and `web/text/errors.json`; held true by",
             "`./dev test checks`. Every cause has its own code in log and audit. What a person sees is the *shown* code: causes",
             "that a stranger must not tell apart share one. A browser test shows each of them as a person sees it, or",
             "`tests/checks/refusals.txt` says why nobody does.", "",
             "| cause (log, audit) | declared in | shown | status | counts towards a lock | 日本語 | English |", "|---|---|---|---|---|---|---|"]
    for _, code, path, _ in sorted(declared(), key=lambda row: (str(row[2]), row[1])):
        entry = data["causes"].get(code)
        if not entry:
            continue
        words = data["shown"][entry["shown"]]
        text = {language: f"**{words[language]['title']}** {words[language]['detail']}" for language in ("ja", "en")}
        lines.append(f"| `{code}` | `{path}` | {entry['shown']} | {entry['status']} | {'yes' if entry.get('counts') else 'no'} "
                     f"| {cell(text['ja'])} | {cell(text['en'])} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if "--write" in sys.argv:
        (ROOT / "docs/errors.md").write_text(render())
    else:
        print(render(), end="")
