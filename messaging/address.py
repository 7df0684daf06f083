"""Where a broker listens, and as whom to speak to it."""

from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from messaging.errors import BadValue

_PORTS = {"mqtt": 1883, "mqtts": 8883}
"""The ports IANA has registered for MQTT."""


@dataclass(frozen=True)
class Address:
    """An MQTT broker and an account on it. The password never shows in the representation.

    `tls` trusts the system's certificate authorities.
    """

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Reads `mqtt://user:password@host:port`, or `mqtts://` for TLS; user, password and port may be left out.

        Raises:
            BadValue: the text is no such address (it is a ValueError). The message holds no password.
        """
        form = "write mqtt://user:password@host:port (mqtts:// for TLS)"
        try:
            url = urlsplit(text)
            port = url.port
        except ValueError:
            # Not the error's own text: what it cites as the port may be a piece of the password.
            raise BadValue(f"broker address cannot be read; {form}, with %2F for a / in the password") from None
        if url.scheme not in _PORTS:
            raise BadValue(f"broker address begins with {url.scheme!r}, not with mqtt:// or mqtts://; {form}")
        if not url.hostname:
            raise BadValue(f"broker address names no host; {form}")
        if url.path.strip("/") or url.query or url.fragment:
            raise BadValue(f"broker address goes on after the port; {form}")
        return cls(
            host=url.hostname,
            port=_PORTS[url.scheme] if port is None else port,
            username=None if url.username is None else unquote(url.username),
            password=None if url.password is None else unquote(url.password),
            tls=url.scheme == "mqtts",
        )

    @property
    def url(self) -> str:
        """The address as `parse` reads it, password included: for a child's environment, never for a log."""
        account = ""
        if self.username is not None:
            password = "" if self.password is None else ":" + quote(self.password, safe="")
            account = f"{quote(self.username, safe='')}{password}@"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{account}{host}:{self.port}"
