/*
 * I/O ports: the right to a range of them.
 */
#pragma once
#include "kobject.h"

struct ioport {
	struct kobject obj;
	uint32_t first; /* [I] */
	uint32_t count; /* [I] */
};

struct ioport *ioport_create(struct domain *domain, uint32_t first, uint32_t count);
/* True when [port, port + width) lies in the range. */
bool ioport_covers(const struct ioport *ports, uint64_t port, uint64_t width);
