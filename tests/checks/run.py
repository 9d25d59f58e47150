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

# A namespace that is not the path below rp/.
NAMESPACES = {"rp/base": "tegata", "enroll/card": "tegata::card"}
MOST_SOURCES, MOST_LINES = 30, 400

# Where a library, the clock or chance may be named.
HOMES = {
    r"#include <fido": ("rp/webauthn", "rp/sandbox"),
    r"#include <cbor\.h>": ("rp/webauthn",),
    r"#include <qrencode\.h>": ("qr",),
    r"#include <httplib\.h>": ("rp/server", "rp/sandbox"),
    r"#include <sodium": ("enroll",),
    r"#include <sqlite3\.h>": ("rp/store",),
    r"#include <CLI/": ("rp/cli", "rp/sandbox", "rp/letter"),
    r"#include <(pango|cairo)": ("rp/letter",),
    r"#include <toml\+\+": ("rp/server",),
    r"#include <curl/": ("rp/server",),
    r"#include <libpsl": ("rp/server",),
    r"#include <uni(case|ctype|gbrk|norm|str|width)\.h>": ("rp/base", "enroll"),
    r"#include <p11-kit/": ("rp/server",),
    r"#include <openssl/": ("rp/base", "rp/webauthn", "rp/pass", "enroll/card", "rp/store", "rp/sandbox", "rp/facility"),
    r"system_clock::now|steady_clock::now|clock_gettime|\btime\(nullptr\)": ("rp/server", "rp/store", "rp/sandbox"),
    r"random_device|getrandom|RAND_bytes|\brand\(": ("rp/server", "rp/sandbox"),
    r"std::o?fstream|\bfopen\(|(?<![\w:])::open(at)?\(": ("rp/host", "rp/sandbox"),
    r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM) ": ("rp/store",),
}


def folder_of(path):
    return str(path.relative_to(ROOT).parent)


def lies_in(path, homes):
    return any((folder_of(path) + "/").startswith(home + "/") for home in homes)


def without_comments(text):
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.S)


def modules():
    """Folder -> the folders that it links, by CMakeLists.txt, in its order."""
    text = (ROOT / "CMakeLists.txt").read_text()
    out = {"web": set()}
    for kind, words in re.findall(r"^tegata_(module|program)\(([^)]*)\)", text, re.M):
        words = words.split("LIBRARIES")[0].split()
        folder, *links = words[1:] if kind == "program" else words
        out[folder] = set(links[1:])
    return out


def folders_are_targets():
    """Each folder with sources is one target; what its files include is what it links; no target lists files."""
    linked = modules()
    for folder in sorted({folder_of(path) for path in SOURCES} - set(linked)):
        yield f"{folder}: has sources and is no target of CMakeLists.txt"
    included = {folder: set() for folder in linked}
    for path in SOURCES:
        for name in re.findall(r'#include "([^"]+)"', path.read_text()):
            if not (ROOT / name).exists():
                yield f"{path.relative_to(ROOT)} includes {name}, which is not a path from the root"
            included.setdefault(folder_of(path), set()).add(str(pathlib.Path(name).parent))
    below = set()
    for folder, links in linked.items():
        below.add(folder)
        used = included[folder] - {folder}
        if used != links:
            yield f"{folder}: links but does not include {sorted(links - used)}, includes but does not link {sorted(used - links)}"
        if not links <= below:
            yield f"{folder}: links {sorted(links - below)}, which CMakeLists.txt names behind it"
    for line in re.findall(r"^\s*tegata_(?:module|program)\([^)]*\.(?:cpp|h)[^)]*\)", (ROOT / "CMakeLists.txt").read_text(), re.M):
        yield f"CMakeLists.txt lists files: {line}"


def folders_are_namespaces():
    """A file's own namespace is its folder's; in others it only names classes."""
    for path in SOURCES:
        folder, text = folder_of(path), without_comments(path.read_text())
        own = NAMESPACES.get(folder, "tegata::" + folder.removeprefix("rp/").replace("/", "::"))
        opened = re.findall(r"^namespace (tegata[\w:]*) \{(.*?)^\}", text, re.M | re.S)
        for name, body in opened:
            if (name + "::").startswith(own + "::") or (path.name.endswith("errors.h") and name == "tegata::errors") or folder == "web":
                continue
            if re.sub(r"\b(?:class|struct|enum class) \w+(?: : [\w:]+)?;", "", body).strip():
                yield f"{path.relative_to(ROOT)}: more than names of classes in {name}, not in {own}"


def files_and_folders_are_small():
    for folder in modules():
        number = len(list((ROOT / folder).glob("*.cpp")))
        if number > MOST_SOURCES:
            yield f"{folder}: {number} sources, more than {MOST_SOURCES}"
    for path in SOURCES:
        lines = len(path.read_text().splitlines())
        if lines > MOST_LINES:
            yield f"{path.relative_to(ROOT)}: {lines} lines, more than {MOST_LINES}"


def library_homes():
    for path in SOURCES:
        text = without_comments(path.read_text())
        for pattern, homes in HOMES.items():
            if not lies_in(path, homes) and re.search(pattern, text):
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
    """The keys that rp/server/config/*.cpp read: all of docs/settings.md, and no other."""
    source = "".join(path.read_text() for path in sorted(ROOT.glob("rp/server/config/*.cpp")))
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
    """What handlers read of a request's headers is what rp/server/edge/proxy_request.h hands on, no more and no less."""
    listed = set(re.findall(r'"([a-z-]+)"', re.search(r"handed_on\[\] = \{(.*?)\}", (ROOT / "rp/server/edge/proxy_request.h").read_text(), re.S)[1]))
    read = set()
    for path in SOURCES:
        if path.suffix == ".cpp" and not lies_in(path, ("rp/sandbox", "rp/server")):
            read |= set(re.findall(r'(?:\bheader\(|(?:field_lines|weighted_list)\(request, |headers\.(?:count|find|equal_range|contains)\(|client_hint\(request, )"([a-z-]+)"', path.read_text()))
    for name in sorted(listed ^ read):
        yield f"{name}: " + ("handed on, and no handler reads it" if name in listed else "read by a handler, and not handed on")


def a_restore_knows_every_kind():
    yield from replayed_kinds.problems()


CHECKS = [examples_are_short, a_restore_knows_every_kind, headers_reach_handlers, folders_are_targets, folders_are_namespaces, files_and_folders_are_small, library_homes, headers_compile_alone, error_catalogue, refusals_are_seen,
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
