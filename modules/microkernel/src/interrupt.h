/*
 * Interrupt: a hardware line or message bound to bits of an event. The control object (without a source) is the
 * authority to bind lines; init gets it at boot.
 */
#pragma once
#include <microkernel/abi.h>
#include "derivation.h"
#include "kobject.h"

struct event;
struct handle_entry;
struct msi_target;

#define INTERRUPT_NO_SOURCE 0xffffffffu

struct interrupt {
	struct kobject obj;
	struct derivation node; /* below the event handle it was bound through */
	struct event *event;    /* holds a reference */
	uint64_t bits;          /* [I] */
	uint32_t source;        /* the architecture's number */
	bool is_message;        /* [I] edge: never masked */
	bool is_control;        /* [I] may bind lines; an interrupt that lost its line may not */
};

struct interrupt *interrupt_create_control(struct domain *domain);
status_t interrupt_create_gsi(struct domain *domain, unsigned gsi, unsigned flags,
                              struct handle_entry *event, uint64_t bits, struct interrupt **out);
status_t interrupt_create_msi(struct domain *domain, struct handle_entry *event, uint64_t bits,
                              struct msi_target *target, struct interrupt **out);
status_t interrupt_ack(struct interrupt *interrupt);
void interrupt_undo(struct derivation *node);
