"""Say what the system lacks, and which Debian or Ubuntu package has it, before set-up fails on it.

    python3 tools/check_system.py before    can this Python make the virtual environment?
    python  tools/check_system.py after     do the environments and their libraries load?

Prints one line for each thing that is missing, and exits with status 1. The wheels contain nearly
all libraries; the rest is in every Debian or Ubuntu (found by ldd, and in the memory maps of a
running CarRacing and Doom). Starts no environment. `before` must run on older Pythons too.
"""

import importlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig

OLDEST, NEWEST = (3, 11), (3, 14)  # the Pythons that ViZDoom has wheels for
NO_WHEELS = (3, 14)  # from this on, and on other processors, Box2D's binding is built from source
MODULES = ("torch", "vizdoom", "Box2D", "pygame", "numba")
PACKAGES = {
    "libgcc_s.so.1": "libgcc-s1",
    "libstdc++.so.6": "libstdc++6",
    "libz.so.1": "zlib1g",
}


def before() -> "list[str]":
    """Return what is missing to make the virtual environment."""
    missing = []
    python = f"python3.{sys.version_info.minor}"
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        return [
            f"Python 3.11 to 3.14, this is {platform.python_version()}: "
            "apt install python3.11 python3.11-venv, then `make PYTHON=python3.11 ...`"
        ]
    if not all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
        missing.append(f"Python's venv module: apt install {python}-venv")
    linux = platform.system() == "Linux"
    if sys.version_info >= NO_WHEELS or (linux and platform.machine() != "x86_64"):
        if not shutil.which("g++"):
            missing.append("a C++ compiler, to build Box2D: apt install g++")
        if not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")):
            missing.append(f"Python's headers, to build Box2D: apt install {python}-dev")
    if linux and platform.libc_ver()[0] != "glibc":
        missing.append("glibc, for which the wheels are built: use Debian, Ubuntu or the like")
    return missing


def after() -> "list[str]":
    """Return what is missing to load the environments."""
    os.environ["PYGAME_HIDE_SUPPORT_PROMPT"] = "1"
    missing = []
    for name in MODULES:
        try:
            importlib.import_module(name)
        except ImportError as error:
            missing.append(explain(name, str(error)))
    if not missing:
        missing.extend(engine())
    return missing


def engine() -> "list[str]":
    """Return what is missing to run ViZDoom's engine, a program of its own beside the module."""
    import vizdoom

    program = os.path.join(os.path.dirname(str(vizdoom.__file__)), "vizdoom")
    if platform.system() != "Linux" or not shutil.which("ldd"):
        return []
    output = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    return [
        explain("ViZDoom's engine", line) for line in output.splitlines() if "not found" in line
    ]


def explain(name: str, error: str) -> str:
    """Return the line for a module or program that does not load."""
    library = re.search(r"(lib[^\s:]+\.so[^\s:]*)(?:: cannot open| => not found)", error)
    if not library:
        return f"{name} does not load: {error}; remove .venv and run `make setup` again"
    package = PACKAGES.get(library[1])
    how = f"apt install {package}" if package else f"`apt-file search {library[1]}` names it"
    return f"{library[1]}, which {name} needs: {how}"


if __name__ == "__main__":
    checks = {"before": before, "after": after}
    if len(sys.argv) != 2 or sys.argv[1] not in checks:
        sys.exit("usage: check_system.py before|after")
    lacking = checks[sys.argv[1]]()
    for line in lacking:
        print("missing: " + line, file=sys.stderr)
    sys.exit(1 if lacking else 0)
