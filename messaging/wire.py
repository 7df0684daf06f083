"""The connection to the broker: made again for ever, with clean sessions and TCP_NODELAY on every socket."""

import asyncio
import logging
import math
import socket
import ssl
from collections.abc import Awaitable, Callable

import aiomqtt
from aiomqtt.exceptions import MqttConnectError

from messaging.address import Address
from messaging.backoff import backoff
from messaging.errors import BrokerRefuses, BrokerUnreachable
from messaging.messages import new_id
from messaging.tasks import log_failure

Packet = tuple[str, bytes]
"""Topic and payload."""

_LOG = logging.getLogger(__name__)
_KEEPALIVE = 20
"""Seconds; a broker takes a silent client for dead after 1.5 times as long (MQTT 3.1.1, section 3.1.2.10)."""
_OPERATION_TIMEOUT = 10.0
_RETRY_FIRST, _RETRY_LONGEST = 0.1, 5.0
_REFUSED = frozenset({"Not authorized", "Bad user name or password", "Client identifier not valid"})
_WRONG = "wrong user name or password"
_TRUST = "the file SSL_CERT_FILE names has to hold its authority's certificate"
_FAILURE = 0x80
"""SUBACK code of a refused filter."""
# Without it a QoS 1 round trip takes 88 ms: Nagle's algorithm against delayed acknowledgements.
_NODELAY = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]


class _Refused(Exception):
    """The broker answers, and does not want us as we are."""


class Connection:
    """Keeps one client connected.

    Args:
        address: the broker.
        identifier: the MQTT client id: a new connection of the same id ends an old half-open one.
        filters: topic filters to subscribe to at each connect; `add_filter` adds to them.
        will: gives, for a connection id, the packet that the broker publishes when we vanish.
        on_up: called with the connection id once all filters are subscribed.
        on_packets: called with all packets that have come, in order.
    """

    def __init__(
        self,
        address: Address,
        identifier: str,
        filters: list[str],
        will: Callable[[str], Packet],
        on_up: Callable[[str], Awaitable[None]],
        on_packets: Callable[[list[Packet]], None],
    ) -> None:
        self._address = address
        self._identifier = identifier
        self._filters = filters
        self._will = will
        self._on_up = on_up
        self._on_packets = on_packets
        self._client: aiomqtt.Client | None = None
        self._task: asyncio.Task[None] | None = None
        self._problem = "no answer"
        self._open: set[asyncio.Timeout] = set()

    @property
    def up(self) -> bool:
        """Whether packets can be published now."""
        return self._client is not None

    async def start(self, within: float) -> None:
        """Connects, and goes on connecting until `stop`.

        Raises:
            BrokerUnreachable: not connected `within` so many seconds.
            BrokerRefuses: it answers, and trying again will not help.
        """
        first: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._keep_connected(first), name=f"connection of {self._identifier}")
        self._task.add_done_callback(log_failure)
        where = f"{self._address.host}:{self._address.port}"
        try:
            await asyncio.wait_for(first, within)
        except TimeoutError:
            await self.stop()
            raise BrokerUnreachable(f"no MQTT broker answers at {where} ({self._problem})") from None
        except _Refused as refusal:
            await self.stop()
            raise BrokerRefuses(f"the MQTT broker at {where} {refusal}") from None

    async def stop(self) -> None:
        """Disconnects."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    async def publish(self, topic: str, payload: bytes, qos: int) -> bool:
        """Publishes; True once the broker (QoS 1) or the socket (QoS 0) has it, False when there is no connection."""
        client = self._client
        if client is None:
            return False
        scope = asyncio.timeout(_OPERATION_TIMEOUT)
        try:
            async with scope:
                self._open.add(scope)
                await client.publish(topic, payload, qos=qos, timeout=math.inf)
        except (aiomqtt.MqttError, TimeoutError) as error:
            _LOG.debug("%s: publish on %s failed: %s", self._identifier, topic, error)
            return False
        finally:
            self._open.discard(scope)
        return True

    def add_filter(self, topic_filter: str) -> bool:
        """Adds a filter for each connect to come; True when there is a connection to subscribe on now."""
        if topic_filter in self._filters:
            return False
        self._filters.append(topic_filter)
        return self.up

    async def subscribe(self, topic_filter: str) -> None:
        """Subscribes on the connection there is."""
        if self._client is None:
            return
        try:
            await _subscribe(self._client, [topic_filter])
        except aiomqtt.MqttError as error:
            _LOG.debug("%s: subscribing at the next connect: %s", self._identifier, error)
        except _Refused as refusal:
            _LOG.error("%s: the broker %s", self._identifier, refusal)

    async def _keep_connected(self, first: asyncio.Future[None]) -> None:
        attempt = 0
        while True:
            try:
                async with self._new_client(connection := new_id()) as client:
                    await _subscribe(client, self._filters)
                    self._client = client
                    attempt = 0
                    greeting = asyncio.create_task(self._greet(connection, first), name="greeting")
                    greeting.add_done_callback(log_failure)
                    try:
                        await self._read(client)
                    finally:
                        self._client = None
                        self._abandon()
                        greeting.cancel()
            except (aiomqtt.MqttError, OSError) as error:
                self._problem = str(error)
                problem = self._lasting(error)
                if problem:
                    self._refuse(first, problem)
            except _Refused as refusal:
                self._refuse(first, str(refusal))
            delay = backoff(attempt, _RETRY_FIRST, _RETRY_LONGEST)
            attempt += 1
            _LOG.info("%s: no broker (%s), next try in %.1f s", self._identifier, self._problem, delay)
            await asyncio.sleep(delay)

    def _lasting(self, error: BaseException) -> str:
        """Why the broker will not have us however often we try; "" when it may yet."""
        if isinstance(error, MqttConnectError) and any(word in str(error) for word in _REFUSED):
            account = f"the account {self._address.username!r}" if self._address.username else "clients without account"
            return f"refuses {account} ({_WRONG if self._address.username else 'give user and password'})"
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return f"shows a certificate that is not trusted here ({cause.verify_message.rstrip('.')}; {_TRUST})"
            cause = cause.__cause__ or cause.__context__
        return ""

    def _abandon(self) -> None:
        # A lost connection acknowledges nothing any more; aiomqtt would wait for its time limit.
        for scope in self._open:
            scope.reschedule(0.0)

    async def _greet(self, connection: str, first: asyncio.Future[None]) -> None:
        await self._on_up(connection)
        if not first.done():
            first.set_result(None)

    def _refuse(self, first: asyncio.Future[None], problem: str) -> None:
        self._problem = problem
        if first.done():
            _LOG.error("%s: the broker %s", self._identifier, problem)
        else:
            first.set_exception(_Refused(problem))

    async def _read(self, client: aiomqtt.Client) -> None:
        messages = client.messages
        while True:
            packets: list[Packet] = []
            for _ in range(max(1, len(messages))):
                message = await anext(messages)
                if isinstance(message.payload, bytes | bytearray):
                    packets.append((message.topic.value, bytes(message.payload)))
            self._on_packets(packets)

    def _new_client(self, connection: str) -> aiomqtt.Client:
        topic, payload = self._will(connection)
        client = aiomqtt.Client(
            self._address.host,
            self._address.port,
            username=self._address.username,
            password=self._address.password,
            identifier=self._identifier,
            clean_session=True,
            keepalive=_KEEPALIVE,
            timeout=_OPERATION_TIMEOUT,
            will=aiomqtt.Will(topic, payload, qos=1),
            tls_context=ssl.create_default_context() if self._address.tls else None,
            socket_options=_NODELAY,
            logger=_LOG,
        )
        # One publish is open for each recipient, which is no reason to warn.
        client.pending_calls_threshold = 10_000
        return client


async def _subscribe(client: aiomqtt.Client, filters: list[str]) -> None:
    codes = await client.subscribe([(topic_filter, 1) for topic_filter in filters])
    for topic_filter, code in zip(filters, codes, strict=True):
        # paho gives a number or a ReasonCode, which compares with numbers.
        if code >= _FAILURE:  # type: ignore[operator]
            raise _Refused(f"does not let this account subscribe to {topic_filter}")
