"""What support refuses, and why."""

from server.kernel.errors import Conflict, Invalid


class TooLongAgo(Conflict):
    """A ticket that was solved more than 30 days ago stays as it is."""

    code = "state_conflict"
    title = "This ticket was solved too long ago"


class AttachmentType(Invalid):
    """Not one of the file types we take, or its name says another type than its content."""

    code = "attachment_type"
    title = "This type of file is not taken"


class AttachmentUnsafe(Invalid):
    """An image that cannot be decoded safely."""

    code = "attachment_unsafe"
    title = "This picture cannot be taken"


class FieldWrong(Invalid):
    """One field does not fit."""

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__(message, errors=[{"pointer": pointer, "code": "invalid", "message": message}])
