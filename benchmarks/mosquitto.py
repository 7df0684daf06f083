"""A real mosquitto as a child process, to hold against the embedded nats-server. Used by the tests too."""

import asyncio
import getpass
import shutil
import signal
import socket
from contextlib import closing
from pathlib import Path

from messaging.address import Address

# Without set_tcp_nodelay a QoS 1 round trip takes 88 ms; beyond the limits mosquitto drops messages, 0 is none.
_CONFIG = """
listener {port} 127.0.0.1
user {user}
persistence false
set_tcp_nodelay true
max_queued_messages 0
max_inflight_messages 0
log_dest stderr
"""


class Mosquitto:
    """Has the methods of `messaging.broker.Broker`.

    Args:
        folder: for its configuration.
        listener: further lines of configuration for its one listener; without any it lets anybody in.
    """

    def __init__(self, folder: Path, listener: str = "allow_anonymous true\n") -> None:
        self._listener = listener
        self._config = folder / "mosquitto.conf"
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self._port: int = probe.getsockname()[1]
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[bytes] | None = None

    async def start(self) -> None:
        """Starts mosquitto and returns when it takes connections.

        Raises:
            FileNotFoundError: it is not installed.
            RuntimeError: it does not start.
        """
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin:/usr/bin")
        if program is None:
            raise FileNotFoundError(
                "mosquitto is not installed: apt-get install mosquitto (macOS: brew install mosquitto)"
            )
        self._config.parent.mkdir(parents=True, exist_ok=True)
        self._config.write_text(_CONFIG.format(port=self._port, user=getpass.getuser()) + self._listener)
        self._process = await asyncio.create_subprocess_exec(
            program, "-c", str(self._config), stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            if line.rstrip().endswith(b"running"):
                self._reader = asyncio.create_task(self._process.stderr.read())
                return
        raise RuntimeError(f"mosquitto did not start on port {self._port}: is the port taken?")

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    async def stop(self) -> None:
        """Ends it."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        await self.wait()

    async def wait(self) -> int:
        """Waits for its end; the exit code, negative for a signal."""
        assert self._process is not None
        code = await self._process.wait()
        if self._reader is not None:
            await self._reader
        return code

    def address(self, agent: str) -> Address:
        """Its address, the same for everybody."""
        return Address("127.0.0.1", self._port)
