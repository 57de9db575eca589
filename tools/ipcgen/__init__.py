"""The parts of tools/ipcgen.py."""
