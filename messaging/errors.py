"""The errors of the messaging layer.

MessagingError
 +-- BadValue            a name, an address or a size that cannot be used; also a ValueError
 +-- BrokerUnreachable   no MQTT broker answers at the address
 |    +-- BrokerRefuses  it answers, and refuses the account or a subscription, or its certificate is not trusted
 +-- MailboxError        the mailbox file cannot be used: held by another process, or not writable
 +-- NotUnderstood       bytes or text that are no message of ours
"""


class MessagingError(Exception):
    """Base of all errors raised by `messaging`."""


class BadValue(MessagingError, ValueError):
    """A name, an address or a size that cannot be used. The text says what to do."""


class BrokerUnreachable(MessagingError):
    """No MQTT broker answers at the address."""


class BrokerRefuses(BrokerUnreachable):
    """The broker answers, but not to us: account, permission or certificate. Trying again does not help."""


class MailboxError(MessagingError):
    """The mailbox file cannot be used: held by another process, or not writable."""


class NotUnderstood(MessagingError):
    """Bytes or text that are no message of ours."""
