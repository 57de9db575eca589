"""Boot archives made of the build's: another first program, or the manifest of another image."""
import os
import subprocess
import sys

from .errors import UsageError
from .machine import ROOT


def script(name, *words, **more):
    done = subprocess.run([sys.executable, os.path.join(ROOT, "scripts", name), *words], text=True,
                          stderr=subprocess.PIPE, **more)
    if done.returncode:
        raise UsageError(done.stderr.strip())
    return done.stdout


def with_init(build, path, program):
    """Writes an archive whose first program is this native one."""
    script("mkarchive.py", path, "--base", os.path.join(build, "boot.cpio"),
           "--file", f"init={os.path.join(build, 'native', program)}")
    return path


def with_image(build, path, image):
    """Writes an archive of the same programs with images/IMAGE.manifest."""
    manifest = path + ".manifest"
    with open(manifest, "w", encoding="utf-8") as f:
        f.write(script("manifest.py", os.path.join(ROOT, "images", f"{image}.manifest"), stdout=subprocess.PIPE))
    script("mkarchive.py", path, "--base", os.path.join(build, "boot.cpio"), "--manifest", manifest)
    return path
