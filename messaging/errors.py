"""The errors of the messaging layer.

MessagingError
 +-- BadValue            a name, an address or a size that cannot be used; also a ValueError
 +-- BrokerUnreachable   no MQTT broker answers at the address, or it refuses the account
 +-- MailboxError        the mailbox file cannot be used: held by another process, or not writable
 +-- NotUnderstood       bytes or text that are no message of ours
"""


class MessagingError(Exception):
    """Base of all errors raised by `messaging`."""


class BadValue(MessagingError, ValueError):
    """A name, an address or a size that cannot be used. The text says what to do."""


class BrokerUnreachable(MessagingError):
    """No MQTT broker answers at the address, or it refuses the account."""


class MailboxError(MessagingError):
    """The mailbox file cannot be used: held by another process, or not writable."""


class NotUnderstood(MessagingError):
    """Bytes or text that are no message of ours."""
