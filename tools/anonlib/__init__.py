"""The host's side of a running anonymOS, shared by tools/anon, the scenarios and the benchmarks.

errors    what can go wrong, as exceptions with an exit status
frames    the framing spoken on the second serial port
machine   one QEMU machine as data, and its command line
process   a QEMU process that never outlives us, its console log and last words
guest     running commands over the second serial port
console   typing and reading on the first serial port
monitor   keys and screenshots through QEMU's monitor
disk      disk images: blank, sparse copies, the store's host tool
coverage  what the kernel counted of its own code
scenario  .scn files: parser;  play: running them
"""
