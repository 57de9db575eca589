/*
 * Where the kernel goes in its half of the address space.
 */
#pragma once
#include <stdint.h>

/* boot.S acts on it; its offsets are in layout.h. */
struct kaslr {
	uint64_t image_slide;  /* of the image, from where it is linked */
	uint64_t direct_slide; /* of the direct map, from DIRECT_LINK_BASE */
	uint64_t canary;       /* of stack frames */
};

/* Runs where the image is linked, before anything else; nothing it leaves in variables counts. */
void kaslr_choose(uint32_t protocol, uint32_t info, struct kaslr *out);
