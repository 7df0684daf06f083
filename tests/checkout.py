"""Makes repositories for tests, and tells whether a user's checkout is as it was.

`fingerprint(root)` before and after must be equal: it covers status with ignored files, HEAD, refs, index bytes,
stash, git's configuration, and content, mode and time of every file. Left out is what Lowtide may write: objects,
its own refs and worktree registration, `.codeflash/` and its one line of `info/exclude`.
"""

import hashlib
import os
import subprocess
from pathlib import Path

OURS = ("refs/heads/codeflash/optimize", "refs/tags/codeflash/")
ALLOWED_IN_GIT = ("objects", "worktrees", "logs/refs/heads/codeflash", "refs/heads/codeflash", "refs/tags/codeflash")


def git(root: Path, *words: str) -> str:
    """`git WORDS` in `root`, as a user runs it, but without touching the index."""
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    for kind in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{kind}_NAME": "A User", f"GIT_{kind}_EMAIL": "user@example.org"}
    done = subprocess.run(["git", *words], cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout


def make_repository(root: Path, files: dict[str, str | bytes]) -> Path:
    """A repository with one commit of `files`."""
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "--quiet", "-b", "main")
    put(root, files)
    git(root, "add", "--", *files)
    git(root, "commit", "--quiet", "--no-verify", "-m", "start")
    return root.resolve()


def put(root: Path, files: dict[str, str | bytes]) -> None:
    """Writes files, path -> content, below `root`."""
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)


def make_dirty(root: Path, tracked: str) -> None:
    """Leaves a stash, a staged change, an unstaged change, an untracked and an ignored file in the checkout."""
    original = (root / tracked).read_bytes()
    (root / tracked).write_bytes(original + b"# stashed\n")
    git(root, "stash", "push", "--quiet")
    put(root, {"staged.txt": "staged\n", ".git/info/exclude": "*.ignored\n", "kept.ignored": "x", "loose.txt": "y"})
    git(root, "add", "--", "staged.txt")
    (root / tracked).write_bytes(original + b"# not committed\n")


def fingerprint(root: Path) -> dict[str, str]:
    """What must not change in a user's checkout, by name."""
    found = {
        "status": "\n".join(
            line
            for line in git(root, "status", "--porcelain", "--ignored", "--untracked-files=all").splitlines()
            if ".codeflash/" not in line
        ),
        "head": (root / ".git/HEAD").read_text(),
        "refs": "\n".join(
            line for line in git(root, "for-each-ref").splitlines() if not any(ours in line for ours in OURS)
        ),
        "stash": git(root, "stash", "list"),
    }
    for here, folders, files in os.walk(root):
        relative = Path(here).relative_to(root)
        folders[:] = [name for name in folders if not _allowed(relative / name)]
        for name in files:
            if not _allowed(relative / name):
                found[str(relative / name)] = _file(root / relative / name)
    exclude = root / ".git/info/exclude"
    lines = exclude.read_bytes().splitlines(keepends=True) if exclude.exists() else []
    found["exclude"] = b"".join(line for line in lines if line.strip() != b"/.codeflash/").decode()
    return found


def _allowed(path: Path) -> bool:
    if path.parts[:1] == (".codeflash",) or path.parts == (".git", "info", "exclude"):
        return True
    return path.parts[:1] == (".git",) and str(Path(*path.parts[1:])).startswith(ALLOWED_IN_GIT)


def _file(path: Path) -> str:
    status = path.lstat()
    content = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
    return f"{hashlib.sha256(content).hexdigest()} {status.st_mode:o} {status.st_mtime_ns}"
