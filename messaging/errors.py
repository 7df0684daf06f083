"""The errors of the messaging layer.

MessagingError
 +-- BrokerUnreachable   no MQTT broker answers at the address, or it refuses the account
 +-- NotUnderstood       bytes or text that are no message of ours
"""


class MessagingError(Exception):
    """Base of all errors raised by `messaging`."""


class BrokerUnreachable(MessagingError):
    """No MQTT broker answers at the address, or it refuses the account."""


class NotUnderstood(MessagingError):
    """Bytes or text that are no message of ours."""
