import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runtime import process
from runtime.environment import target_environment
from runtime.errors import BadInput
from runtime.interpreter import interpreter_files, virtual_environment
from runtime.measure.models import MIB
from runtime.process import Ended
from runtime.sandbox import Limits, Sandbox

PYTHON = Path(sys.executable)
LEVELS = ("isolated", "limited")


def sandbox(level: str, **limits: int) -> Sandbox:
    found = Sandbox.detect(Limits(**{"memory": 2048 * MIB, **limits}))
    assert found.level == "isolated", "these tests need bubblewrap: install it, and allow user namespaces"
    return found if level == "isolated" else Sandbox("limited", found.limits)


@pytest.fixture
def cwd(tmp_path: Path) -> Path:
    (tmp_path / "x/tree").mkdir(parents=True)
    return tmp_path / "x/tree"


async def confined(
    box: Sandbox, code: str, cwd: Path, *, timeout_s: float = 20, stop: asyncio.Event | None = None
) -> Ended:
    scratch = cwd.parent / "tmp"
    scratch.mkdir(exist_ok=True)
    env = target_environment(
        os.environ, python=PYTHON, temporary=box.temporary(scratch), pycache=cwd.parent / "pycache", hash_seed=7
    )
    command = box.command([str(PYTHON), "-c", code], python=PYTHON, cwd=cwd, writable=[cwd])
    return await process.run(command, env=env, cwd=cwd, timeout_s=timeout_s, stop=stop)


def ran(box: Sandbox, code: str, cwd: Path, timeout_s: float = 20) -> Ended:
    return asyncio.run(confined(box, code, cwd, timeout_s=timeout_s))


def alive(mark: str) -> list[str]:
    """Command lines of live processes that hold `mark`; our own apart."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if mark in line:
                found.append(line)
    return found


def test_nothing_but_system_interpreter_and_export_is_visible(cwd, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("s")
    code = (
        f"import os; places = [{str(secret)!r}, {str(Path.home() / '.ssh')!r}, {__file__!r}]\n"
        "print([p for p in [*places, '/etc/shadow', '/sys', '/run', '/var', '/home'] if os.path.exists(p)])"
    )
    ended = ran(sandbox("isolated"), code, cwd)
    assert ended.status == 0, ended.output
    assert ended.output == "[]\n"


def test_the_home_is_empty_and_what_is_written_there_is_gone(cwd):
    code = "import pathlib; h = pathlib.Path.home(); print(h, list(h.glob('*.probe'))); (h / 'a.probe').write_text('x')"
    box = sandbox("isolated")
    for _ in range(2):
        assert ran(box, code, cwd).output == "/tmp/own []\n"
    assert not Path("/tmp/own").exists()


def test_there_is_no_network_even_to_this_machine(cwd):
    async def attempt(level: str) -> tuple[Ended, int]:
        calls = 0

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal calls
            calls += 1
            writer.close()

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 2); print('connected')"
        async with server:
            return await confined(sandbox(level), code, cwd), calls

    ended, calls = asyncio.run(attempt("isolated"))
    assert (ended.status, calls) == (1, 0)
    assert asyncio.run(attempt("limited"))[0].output == "connected\n", "the attempt itself must work"


def test_only_the_named_folders_can_be_written(cwd):
    places = [
        "/root_file",
        "/usr/x",
        "/etc/x",
        str(PYTHON.parent / "x"),
        str(cwd.parent / "x"),
        str(cwd.parent / "y"),
        str(cwd / "x"),
    ]
    code = (
        "import os\n"
        f"for place in {places!r}:\n"
        "    try:\n        open(place, 'w').close(); print(place)\n    except OSError: pass\n"
    )
    written = ran(sandbox("isolated"), code, cwd).output.split()
    assert [place for place in written if not place.startswith("/tmp/")] == []
    assert [place for place in places if Path(place).exists()] == [str(cwd / "x")]


@pytest.mark.parametrize("level", LEVELS)
def test_the_environment_is_made_and_not_inherited(cwd, level, monkeypatch):
    for name in ("ANTHROPIC_API_KEY", "AWS_SECRET_ACCESS_KEY", "SSH_AUTH_SOCK", "GITHUB_TOKEN", "PYTHONPATH"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("TZ", "Europe/Vienna")
    code = "import os, json, sys; print(json.dumps(dict(os.environ)), sys.dont_write_bytecode, sys.stdin.read())"
    output = ran(sandbox(level), code, cwd).output
    assert "secret" not in output
    assert "False" in output
    for part in ('"PYTHONHASHSEED": "7"', '"TZ": "Europe/Vienna"', '"OMP_NUM_THREADS": "1"', "PYTHONPYCACHEPREFIX"):
        assert part in output


def test_no_environment_of_another_process_can_be_read_in_isolation(cwd, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "secret")
    code = "import glob; print([open(p).read() for p in glob.glob('/proc/[0-9]*/environ')])"
    output = ran(sandbox("isolated"), code, cwd).output
    assert "PYTHONHASHSEED" in output
    assert "ANTHROPIC" not in output


@pytest.mark.parametrize("level", LEVELS)
def test_a_timeout_ends_grandchildren_that_left_the_group(cwd, level):
    mark = f"import time; mark_{level}_{os.getpid()} = time.sleep(60)"
    code = (
        "import subprocess, sys, time\n"
        f"subprocess.Popen([sys.executable, '-c', {mark!r}], start_new_session=True)\n"
        "print('started', flush=True); time.sleep(60)"
    )
    ended = ran(sandbox(level), code, cwd, timeout_s=1.5)
    assert (ended.how, ended.output) == ("timeout", "started\n")
    assert ended.wall_s < 4
    assert alive(mark) == []


@pytest.mark.parametrize("level", LEVELS)
def test_survivors_end_with_the_one_that_started_them(cwd, level):
    mark = f"import time; survivor_{level}_{os.getpid()} = time.sleep(60)"
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {mark!r}], start_new_session=True)"
    ended = ran(sandbox(level), code, cwd)
    assert (ended.how, ended.status) == ("itself", 0)
    assert ended.wall_s < 5, "a survivor would hold the output open"
    assert alive(mark) == []


@pytest.mark.parametrize("level", LEVELS)
def test_a_stop_ends_it_at_once(cwd, level):
    async def stopped() -> Ended:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(0.5, stop.set)
        return await confined(sandbox(level), "import time; time.sleep(60)", cwd, stop=stop)

    ended = asyncio.run(stopped())
    assert ended.how == "stopped"
    assert ended.wall_s < 3


@pytest.mark.parametrize("level", LEVELS)
def test_a_runner_that_is_killed_takes_its_children_along(cwd, level):
    mark = f"orphan_{level}_{os.getpid()}"
    code = f"import time; {mark} = time.sleep(60)"
    box = sandbox(level)
    starter = (
        "import asyncio, sys\nfrom pathlib import Path\nfrom runtime import process\n"
        "from runtime.sandbox import Limits, Sandbox\n"
        f"box = Sandbox({level!r}, Limits(memory={2048 * MIB}), {box.bwrap!r})\n"
        f"command = box.command([sys.executable, '-c', {code!r}], python=Path(sys.executable), cwd=Path({str(cwd)!r}), "
        f"writable=[Path({str(cwd)!r})])\n"
        f"asyncio.run(process.run(command, env={{}}, cwd=Path({str(cwd)!r}), timeout_s=60))\n"
    )
    runner = subprocess.Popen([sys.executable, "-c", starter], cwd=Path(__file__).parent.parent)
    until = time.monotonic() + 10
    while not any(line.startswith(sys.executable) and "import asyncio" not in line for line in alive(mark)):
        assert time.monotonic() < until
        time.sleep(0.05)
    runner.kill()
    runner.wait()
    until = time.monotonic() + 5
    while alive(mark):
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.parametrize("level", LEVELS)
def test_memory_and_file_size_are_limited_and_no_core_is_left(cwd, level):
    box = sandbox(level, memory=512 * MIB, file_size=MIB)
    assert "MemoryError" in ran(box, "x = bytearray(600 << 20)", cwd).output
    assert ran(box, "x = bytearray(100 << 20)", cwd).status == 0
    assert (
        "File too large"
        in ran(box, "file = open('big', 'wb', buffering=0); file.write(bytes(2 << 20)); file.write(b'x')", cwd).output
    )
    assert ran(box, "import os; os.abort()", cwd).signal_name == "SIGABRT"
    assert [path.name for path in cwd.iterdir()] == ["big"]


def test_the_number_of_processes_is_limited(cwd):
    code = "import resource; print(resource.getrlimit(resource.RLIMIT_NPROC)[0])"
    before = int(ran(sandbox("limited", processes=64), code, cwd).output)
    after = int(ran(sandbox("limited", processes=164), code, cwd).output)
    assert 64 < before < after


@pytest.mark.parametrize("level", LEVELS)
def test_how_it_ended_is_told(cwd, level):
    box = sandbox(level)
    assert ran(box, "import sys; sys.exit(3)", cwd).status == 3
    assert ran(box, "import os; os.kill(os.getpid(), 9)", cwd).signal_name == "SIGKILL"
    assert ran(box, "import os; os.kill(os.getpid(), 11)", cwd).signal_name == "SIGSEGV"
    long = ran(box, "print('x' * 100000); print('end')", cwd)
    assert long.output.endswith("x\nend\n")
    assert len(long.output) == 8000


def test_a_virtual_environment_in_the_checkout_is_shown_without_the_checkout(tmp_path):
    checkout = tmp_path / "checkout"
    tree = tmp_path / "x/tree"
    tree.mkdir(parents=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(checkout / ".venv")], check=True)
    (checkout / "app.py").write_text("x = 1\n")
    python = checkout / ".venv/bin/python"
    assert virtual_environment(python) == checkout / ".venv"
    box = sandbox("isolated")
    code = f"import os, sys; print(sys.prefix, os.listdir({str(checkout)!r}))"
    command = box.command([str(python), "-c", code], python=python, cwd=tree, writable=[tree], around=(checkout,))
    ended = asyncio.run(process.run(command, env={}, cwd=tree, timeout_s=20))
    assert ended.output == f"{checkout / '.venv'} ['.venv']\n"


def test_a_prefix_that_holds_the_home_or_the_checkout_is_shown_by_its_parts(tmp_path):
    prefix = tmp_path / "home"
    (prefix / "bin").mkdir(parents=True)
    (prefix / "lib").mkdir()
    (prefix / "private").mkdir()
    (prefix / "bin/python3").write_text("")
    outside = tmp_path / "python"
    outside.symlink_to("home/bin/python3")
    files = interpreter_files(outside, (prefix,))
    assert files.folders == (prefix / "bin", prefix / "lib")
    assert files.links == {outside: "home/bin/python3"}
    assert interpreter_files(outside, ()).folders == (prefix,)


def test_an_interpreter_that_is_not_there_is_said(cwd):
    with pytest.raises(BadInput, match="There is no Python interpreter at"):
        sandbox("isolated").command(["true"], python=cwd / "python", cwd=cwd)


def test_a_container_of_the_runners_own_is_isolated_without_bubblewrap(cwd, monkeypatch):
    monkeypatch.setenv("LOWTIDE_SANDBOX", "container")
    box = Sandbox.detect()
    assert (box.level, box.bwrap) == ("isolated", "")
    assert ran(box, "import os; print(os.environ['HOME'])", cwd).output == f"{cwd.parent / 'tmp'}\n"
    monkeypatch.setenv("LOWTIDE_SANDBOX", "none")
    with pytest.raises(BadInput, match="set it to `container`, or unset it"):
        Sandbox.detect()


def test_without_a_bubblewrap_that_works_the_level_is_limited(tmp_path):
    program = "from runtime.sandbox import Sandbox; print(Sandbox.detect().level)"
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PATH": str(tmp_path)},
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "limited\n"
