"""Whether a file can be run as an interpreter on this machine, by looking at it."""

import os
import platform
from pathlib import Path

_MACHINES = {
    3: "i386",
    8: "mips",
    20: "ppc",
    21: "ppc64le",
    22: "s390x",
    40: "arm",
    62: "x86_64",
    183: "aarch64",
    243: "riscv64",
    258: "loongarch64",
}
"""e_machine of an ELF file, for those that Python is built for."""
_ALIKE = {"amd64": "x86_64", "arm64": "aarch64", "i686": "i386", "armv7l": "arm", "armv6l": "arm", "ppc64": "ppc64le"}
_MACH_O = (b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"\xce\xfa\xed\xfe")


def trouble(python: Path) -> str:
    """Why the interpreter at `python` cannot be started here, as a clause; "" when its file looks right."""
    if python.is_symlink() and not python.exists():
        return f"{python} leads to {python.readlink()}, which is not there"
    if not python.is_file():
        return f"{python} is not there"
    if not os.access(python, os.X_OK):
        return f"{python} cannot be executed"
    with python.open("rb") as file:
        head = file.read(20)
    system, machine = platform.system(), platform.machine().lower()
    if head[:4] == b"\x7fELF" and len(head) == 20:
        number = int.from_bytes(head[18:20], "little" if head[5] == 1 else "big")
        built = _MACHINES.get(number, f"machine {number}")
        if system != "Linux":
            return f"{python} was built for Linux"
        if built != _ALIKE.get(machine, machine) and (built, machine) != ("i386", "x86_64"):
            return f"{python} was built for {built}, this machine is {machine}"
    elif head[:4] in _MACH_O and system != "Darwin":
        return f"{python} was built for macOS"
    elif head[:2] == b"MZ":
        return f"{python} was built for Windows"
    return ""
