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
#include "thread.h"

struct fixture {
	struct domain *domain;
	struct process *process;
};

struct fixture fixture_create(uint64_t pages);
void fixture_destroy(struct fixture *fixture); /* kills the domain */
/* Maps at exactly this address (0: refused), and what an access finds there (null: refused). */
uint64_t fixture_map(struct aspace *aspace, struct handle_entry *memory, uint64_t address,
                     uint64_t bytes, uint32_t flags);
uint8_t *fixture_touch(struct aspace *aspace, uint64_t address, unsigned access);
/* A thread as if it ran, with its message page mapped there: it can wait for things, and is never scheduled. To be
 * ended by thread_end, and its reference given back. */
struct thread *fixture_running(struct fixture *fixture, uint64_t message);
struct handle_entry *fixture_publish(struct fixture *fixture,
                                     struct kobject *object); /* takes the reference over */
