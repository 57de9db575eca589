/*
 * Colours of a command that is being typed.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct shell;

/* Sets each byte's style (enum editor_style); all are EDITOR_PLAIN before. */
void highlight_command(struct shell *sh, const char *text, size_t len, uint8_t *styles);
