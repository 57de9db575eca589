/*
 * What the sequences of terminals stand for. parameters are the bytes between the introducer and the final byte; 0 is
 * an unknown sequence.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

uint32_t key_of_ascii(uint8_t byte);
uint32_t key_of_csi(const char *parameters, uint8_t final);
uint32_t key_of_ss3(const char *parameters, uint8_t final);

/* A key as in "C-x M-Left"; the whole text must be one. 0: it is not. */
uint32_t key_of_name(const char *name);
void key_name(uint32_t key, char *out, size_t size);
