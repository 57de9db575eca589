/*
 * What came with the boot archive for the store: compiler, headers, manual pages, sources.
 */
#pragma once

/* Copies the extras into the open store unless it has this release of them, and gives their pages to the machine. Does
 * nothing without extras; what goes wrong is logged, and the store stays as it was or gets the copy at the next start. */
void extras_install(void);
