#pragma once

/* Looks for the options this directory understands on the command line. */
void machine_read_options(const char *cmdline);
