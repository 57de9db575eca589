"""What can go wrong, each with the exit status that tools/anon ends with."""

STATUS_TIMEOUT = 124
STATUS_FAILED = 125
STATUS_USAGE = 2


class AnonError(Exception):
    """A failure that the user can understand from its text."""
    status = 1


class UsageError(AnonError):
    """The command line or a file named on it makes no sense."""
    status = STATUS_USAGE


class TimedOut(AnonError):
    """The command ran longer than allowed."""
    status = STATUS_TIMEOUT


class SystemFailed(AnonError):
    """The system under QEMU failed: panic, QEMU died, the channel never became ready."""
    status = STATUS_FAILED

    def __init__(self, message, last_words=""):
        super().__init__(message)
        self.last_words = last_words
