"""What the headers in Sources/CWin32/include declare, as clang reads them."""

import json
import os
import re
import shutil
import subprocess
import sys


def fail(sentence):
    sys.exit(f"headers: {sentence}")


def find_clang():
    swiftc = shutil.which("swiftc")
    if swiftc:
        clang = os.path.join(os.path.dirname(os.path.realpath(swiftc)), "clang")
        if os.path.exists(clang):
            return clang
    clang = shutil.which("clang")
    if not clang:
        fail("clang was not found: put the Swift toolchain's bin directory on PATH.")
    return clang


def module_headers(include):
    """The headers of the module map, which must be all there are."""
    with open(os.path.join(include, "module.modulemap"), encoding="utf-8") as file:
        text = file.read()
    listed = set(re.findall(r'\bheader\s+"([^"]+)"', text))
    present = {name for name in os.listdir(include) if name.endswith(".h")}
    if listed != present:
        difference = ", ".join(sorted(listed ^ present))
        fail(f"module.modulemap and the files beside it differ in: {difference}.")
    textual = set(re.findall(r'\btextual\s+header\s+"([^"]+)"', text))
    return sorted(listed - textual)


def declared_functions(clang, include):
    """Clang's records of the functions that our headers declare."""
    source = "".join(f"#include <{name}>\n" for name in module_headers(include))
    command = [clang, "-x", "c", "-std=gnu11", "-fshort-wchar", "-fsyntax-only"]
    command += ["-I", os.path.join(include, "crt"), "-I", include]
    run = subprocess.run([*command, "-Xclang", "-ast-dump=json", "-"], input=source, capture_output=True, text=True)
    if run.returncode:
        fail(f"clang refuses the headers:\n{run.stderr}")

    # Clang names the file of a location only where it differs from that of the location printed before it, so the
    # whole tree is walked in the order in which it was printed.
    include = os.path.realpath(include) + os.sep
    crt = os.path.join(include, "crt") + os.sep
    current = ""
    found = []

    def walk(value):
        nonlocal current
        if isinstance(value, list):
            for item in value:
                walk(item)
            return
        if not isinstance(value, dict):
            return
        if "file" in value and "offset" in value:
            current = value["file"]
        kind = value.get("kind")
        for key, item in value.items():
            walk(item)
            path = os.path.realpath(current)
            # The headers in crt give libc's names to what the others declare.
            if key == "loc" and kind == "FunctionDecl" and path.startswith(include) and not path.startswith(crt):
                found.append(value)

    walk(json.loads(run.stdout))
    return found
