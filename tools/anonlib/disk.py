"""Disk images: blank ones, sparse private copies, and the store's host tool."""
import errno
import os
import subprocess

from .errors import AnonError, UsageError
from .machine import ROOT

DEFAULT = os.path.join(ROOT, "fs.img")
DEFAULT_BYTES = 1 << 30


def create_blank(path, size=DEFAULT_BYTES):
    """A sparse image of zeros; never touches an image that exists."""
    with open(path, "xb") as f:
        f.truncate(size)


def ensure(path):
    if not os.path.exists(path):
        create_blank(path)


def copy_sparse(source, target):
    """Copies an image, leaving holes as holes."""
    with open(source, "rb") as src, open(target, "xb") as dst:
        size = os.fstat(src.fileno()).st_size
        dst.truncate(size)
        start = 0
        while (data := _next_data(src.fileno(), start)) is not None:
            end = os.lseek(src.fileno(), data, os.SEEK_HOLE)
            _copy_range(src.fileno(), dst.fileno(), data, end)
            start = end


def _next_data(fd, start):
    try:
        return os.lseek(fd, start, os.SEEK_DATA)
    except OSError as error:
        if error.errno == errno.ENXIO:
            return None
        raise


def _copy_range(src, dst, offset, end):
    while offset < end:
        chunk = os.pread(src, min(1 << 20, end - offset), offset)
        if not chunk:
            return
        os.pwrite(dst, chunk, offset)
        offset += len(chunk)


def store_tool():
    """The store's host tool, built from the same C as the file server."""
    path = os.environ.get("ANON_STORE", os.path.join(ROOT, "build", "host", "anonstore"))
    if not os.path.exists(path):
        raise UsageError(f"{path} does not exist; build it with: make host")
    return path


def store(*arguments):
    """Runs the store's host tool; its messages go to our terminal, its failure is ours."""
    status = subprocess.run([store_tool(), *arguments], check=False).returncode
    if status:
        raise AnonError(f"anonstore {arguments[0]} failed with status {status}")


def put(image, host, guest):
    """Copies a host file or folder into an image; the store's tool formats a blank one first."""
    if not os.path.lexists(host):
        raise UsageError(f"{host} does not exist")
    store("put", image, host, guest)


def get(image, guest, host):
    store("get", image, guest, host)
