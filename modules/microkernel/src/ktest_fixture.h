/*
 * What tests of kernel objects start from: a domain, a process in it, handles.
 */
#pragma once
#include "domain.h"
#include "event.h"
#include "handle.h"
#include "ktest.h"
#include "memory.h"
#include "process.h"

struct fixture {
	struct domain *domain;
	struct process *process;
};

struct fixture fixture_create(uint64_t pages);
void fixture_destroy(struct fixture *fixture); /* kills the domain */
struct handle_entry *fixture_publish(struct fixture *fixture, struct kobject *object); /* takes the reference over */
