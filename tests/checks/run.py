#!/usr/bin/env python3
"""Rules that a machine can check, each a function that yields what is wrong.

Run by ./dev test checks. Needs clang and the headers of the libraries, no build.
"""
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = [p for p in (*ROOT.glob("rp/**/*"), *ROOT.glob("enroll/**/*"), *ROOT.glob("qr/**/*"), ROOT / "web/assets.h")
           if p.suffix in (".h", ".cpp")]
sys.path.insert(0, str(ROOT / "tests/checks"))
import conformance  # noqa: E402
import errors_table  # noqa: E402
import refusals  # noqa: E402
import replayed_kinds  # noqa: E402

# Who may include whom: a room, and the rooms that it may see besides itself.
PURE = {"base"}
LAYERS = {
    "base": set(),
    "host": PURE,
    "webauthn": PURE,
    "pass": PURE,
    "handoff": PURE,
    "card": PURE,
    "qr": PURE,
    "web": set(),
    "store": {"base", "host", "webauthn", "pass", "handoff", "card"},
    "http": {"base", "web"},
    "enroll": {"base", "webauthn", "handoff", "card", "qr", "store", "http"},
    "activation": {"base", "webauthn", "pass", "handoff", "qr", "store", "http"},
    "server": {"base", "host", "webauthn", "pass", "handoff", "card", "store", "http", "enroll", "activation", "web"},
    "cli": {"base", "host", "store", "http", "server", "card", "pass", "webauthn", "enroll", "activation", "qr"},
    "sandbox": {"base", "host", "webauthn", "pass", "handoff", "card", "qr", "store", "http", "enroll", "activation", "server", "cli",
                "web"},
    "letter": {"base", "host", "qr"},
    "main": {"cli", "base", "host", "server"},
}

# Where a library, the clock or chance may be named.
HOMES = {
    r"#include <fido": ("webauthn", "sandbox"),
    r"#include <cbor\.h>": ("webauthn",),
    r"#include <qrencode\.h>": ("qr",),
    r"#include <httplib\.h>": ("server", "sandbox"),
    r"#include <sodium": ("enroll",),
    r"#include <sqlite3\.h>": ("store",),
    r"#include <CLI/": ("cli", "sandbox", "letter"),
    r"#include <(pango|cairo)": ("letter",),
    r"#include <toml\+\+": ("server",),
    r"#include <curl/": ("server",),
    r"#include <libpsl": ("server",),
    r"#include <uni(case|ctype|gbrk|norm|str|width)\.h>": ("base", "enroll"),
    r"#include <p11-kit/": ("server",),
    r"#include <openssl/": ("base", "webauthn", "pass", "card", "store", "sandbox", "activation"),
    r"system_clock::now|steady_clock::now|clock_gettime|\btime\(nullptr\)": ("server", "store", "sandbox"),
    r"random_device|getrandom|RAND_bytes|\brand\(": ("server", "sandbox"),
    r"std::o?fstream|\bfopen\(|(?<![\w:])::open(at)?\(": ("host", "sandbox"),
    r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM) ": ("store",),
}


def room_of(path):
    relative = path.relative_to(ROOT)
    top = relative.parts[0]
    if top == "enroll":
        return "card" if relative.name.startswith(("card_", "hc_role")) else "enroll"
    if top in ("qr", "web"):
        return top
    return relative.parts[1] if len(relative.parts) > 2 else "main"


def without_comments(text):
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.S)


def layers():
    for path in SOURCES:
        room = room_of(path)
        for included in re.findall(r'#include "([^"]+)"', path.read_text()):
            target = ROOT / included
            if not target.exists():
                yield f"{path.relative_to(ROOT)} includes {included}, which is not a path from the root"
                continue
            seen = room_of(target)
            if seen != room and seen not in LAYERS[room]:
                yield f"{path.relative_to(ROOT)} ({room}) may not see {included} ({seen})"


def library_homes():
    for path in SOURCES:
        text = without_comments(path.read_text())
        for pattern, homes in HOMES.items():
            if room_of(path) not in homes and re.search(pattern, text):
                yield f"{path.relative_to(ROOT)}: {pattern} belongs to {', '.join(homes)}"


def headers_compile_alone():
    """Each names what it needs of ours: the build cannot show it, because a unit holds several sources.

    What is not ours is read once for all headers, in a precompiled one. Clang's, because it is quick to take up: with
    the templates instantiated in it, a header costs a third of what it costs with GCC's.
    """
    headers = [path for path in SOURCES if path.suffix == ".h"]
    flags = ["-std=c++20", "-w", "-I", str(ROOT)]
    flags += subprocess.run(["pkg-config", "--cflags", "cpp-httplib", "p11-kit-1"], capture_output=True, text=True).stdout.split()
    outside = sorted({name for path in headers for name in re.findall(r"^#include (<.+>)", path.read_text(), re.M)})

    def compile_one(path):
        included = ["-include-pch", common + ".pch", "-include", str(path)]
        run = subprocess.run(["clang++-14", *flags, "-fsyntax-only", *included, "-x", "c++", "/dev/null"],
                             capture_output=True, text=True)
        return None if run.returncode == 0 else f"{path.relative_to(ROOT)} does not compile alone:\n{run.stderr[:600]}"

    with tempfile.TemporaryDirectory() as folder:
        common = f"{folder}/outside.h"
        pathlib.Path(common).write_text("".join(f"#include {name}\n" for name in outside))
        subprocess.run(["clang++-14", *flags, "-fpch-instantiate-templates", "-x", "c++-header", common,
                        "-o", common + ".pch"], check=True)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for problem in pool.map(compile_one, headers):
                if problem:
                    yield problem


def error_catalogue():
    yield from errors_table.problems()
    table = ROOT / "docs/errors.md"
    if not table.exists() or table.read_text() != errors_table.render():
        yield "docs/errors.md is not what tests/checks/errors_table.py writes (run it with --write)"


def clauses_cases_and_steps_have_tests():
    yield from conformance.problems()
    yield from conformance.missing_lessons()


def refusals_are_seen():
    yield from refusals.problems()


def page_texts():
    texts = {language: json.loads((ROOT / f"web/text/{language}.json").read_text()) for language in ("ja", "en")}
    for key in sorted(texts["ja"].keys() ^ texts["en"].keys()):
        yield f"web/text: {key} stands in one language only"
    banned = re.compile(r"FIDO|WebAuthn|credential|challenge|assertion|トークン|クレデンシャル|不正な", re.I)
    shown = json.loads((ROOT / "web/text/errors.json").read_text())["shown"]
    messages = {f"{code}.{lang}.{part}": text for code, langs in shown.items() for lang, parts in langs.items()
                for part, text in parts.items()}
    for where, items in (("ja", texts["ja"]), ("en", texts["en"]), ("errors", messages)):
        for key, text in items.items():
            if isinstance(text, str) and banned.search(text):
                yield f"web/text {where} {key}: a word that pages do not use: {text}"


def page_keys_exist():
    shared = set(json.loads((ROOT / "web/text/ja.json").read_text()))
    for path in ROOT.glob("web/**/*.html"):
        own = path.parent / "ja.json"
        known = shared | (set(json.loads(own.read_text())) if own.exists() else set())
        for key in re.findall(r'data-text="([^"]+)"', path.read_text()):
            if key not in known:
                yield f"{path.relative_to(ROOT)}: no text {key}"


def pages_have_no_inline_code():
    for path in ROOT.glob("web/**/*.html"):
        text = path.read_text()
        if re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|<style|\sstyle=|javascript:", text):
            yield f"{path.relative_to(ROOT)}: inline script or style"


def settings_are_documented():
    """The keys that rp/server/config*.cpp read: all of docs/settings.md, and no other."""
    source = "".join(path.read_text() for path in sorted(ROOT.glob("rp/server/config*.cpp")))
    read = set(re.findall(r'\.(?:number|path|optional|strings|required)\("([a-z_]+)"', source))
    read |= set(re.findall(r'(?:duration\(section, |days\()"([a-z_]+)"', source))
    table = [line for line in (ROOT / "docs/settings.md").read_text().splitlines() if line.startswith("| ")]
    said = {key for line in table for key in re.findall(r"`([a-z_]+)`", line.split("|")[2])}
    for key in sorted(read ^ said):
        yield f"{key}: " + ("a setting that docs/settings.md does not have" if key in read else "in docs/settings.md alone")


def page_names_are_promised():
    """data-testid: those of the pages, and those that docs/pages.md (the demo's: verification_environment.md) names."""
    promised = "".join((ROOT / f"docs/{name}.md").read_text() for name in ("pages", "verification_environment"))
    given = set()
    for path in (*ROOT.glob("web/**/*.html"), *ROOT.glob("web/**/*.js"), *ROOT.glob("rp/http/*.cpp")):
        text = path.read_text()
        given |= set(re.findall(r'data-testid=\\?"([a-z][a-z-]+)\\?"', text))
        given |= set(re.findall(r'dataset\.testid = "([a-z-]+)"', text))
    for name in sorted(name for name in given if f"`{name}`" not in promised):
        yield f"{name}: a name on a page that docs/pages.md does not promise"
    pages = (ROOT / "docs/pages.md").read_text()
    said = {name for line in pages.splitlines() if line.startswith("| ") for name in re.findall(r"`([a-z]+(?:-[a-z]+)+)`", line)}
    for name in sorted(said - given - {"data-credential-id", "data-pass", "data-role", "data-state", "data-ticket", "card-error", "first-page"}):
        yield f"{name}: promised in docs/pages.md, and on no page"


def tests_are_not_skipped_silently():
    for path in (*ROOT.glob("tests/**/*.cpp"), *ROOT.glob("tests/*/*.mjs")):
        if "node_modules" in path.parts:
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.search(r"\[!mayfail\]|\[\.\]|\[!shouldfail\]|\.skip\(|\.todo\(|\.only\(", line):
                yield f"{path.relative_to(ROOT)}:{number}: a test that does not run"


def nothing_unfinished_is_named():
    for path in SOURCES:
        if re.search(r"\b(TODO|FIXME|XXX|HACK)\b|not implemented", path.read_text()):
            yield f"{path.relative_to(ROOT)}: unfinished work named in the code"


def examples_are_short():
    files = [p for p in ROOT.glob("examples/*/*") if p.suffix in (".cpp", ".mjs")]
    if len(files) < 2:
        yield "examples: one in C++ and one in JavaScript"
    for path in files:
        if len(path.read_text().splitlines()) >= 100:
            yield f"{path.relative_to(ROOT)}: an example has less than 100 lines"
        if re.search(r'#include "|from \'\.', path.read_text()):
            yield f"{path.relative_to(ROOT)}: an example stands by itself"


def headers_reach_handlers():
    """What handlers read of a request's headers is what rp/server/proxy_request.h hands on, no more and no less."""
    listed = set(re.findall(r'"([a-z-]+)"', re.search(r"handed_on\[\] = \{(.*?)\}", (ROOT / "rp/server/proxy_request.h").read_text(), re.S)[1]))
    read = set()
    for path in SOURCES:
        if path.suffix == ".cpp" and room_of(path) not in ("sandbox", "server"):
            read |= set(re.findall(r'(?:\bheader\(|(?:field_lines|weighted_list)\(request, |headers\.(?:count|find|equal_range|contains)\(|client_hint\(request, )"([a-z-]+)"', path.read_text()))
    for name in sorted(listed ^ read):
        yield f"{name}: " + ("handed on, and no handler reads it" if name in listed else "read by a handler, and not handed on")


def a_restore_knows_every_kind():
    yield from replayed_kinds.problems()


CHECKS = [examples_are_short, a_restore_knows_every_kind, headers_reach_handlers, layers, library_homes, headers_compile_alone, error_catalogue, refusals_are_seen,
          clauses_cases_and_steps_have_tests, page_texts, page_keys_exist, page_names_are_promised, settings_are_documented,
          pages_have_no_inline_code, tests_are_not_skipped_silently, nothing_unfinished_is_named]


def main():
    failed = 0
    for check in CHECKS:
        problems = list(check())
        print(f"{'ok    ' if not problems else 'FAILED'} {check.__name__}")
        for problem in problems:
            print(f"       {problem}")
        failed += bool(problems)
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
