/*
 * What the tests of objects and of the tree service share: two trees as servers, one lying below the other's
 * names like a store, and a described object, the calculator.
 */
#pragma once
#include "fake_kernel.h"
#include "tree_serve.h"
#include <object-tree/object_serve.h>

extern struct tree_service trees[2];
extern handle_t root, store, calc; /* endpoints of the trees and of the calculator */
extern const struct namespace_ops tree_ops;
extern const struct object_type calculator;
status_t serve_calculator(void *context, struct ipc_message *message, void *page);
extern uint32_t calls;   /* methods of the calculator that ran */
extern uint32_t granted; /* what its callers may */
extern handle_t kept;    /* by its method swap */

extern unsigned
	asks_until_restart; /* so many requests from now the root's tree is a new instance; 0: never */

void start(void);
void end(void); /* all that was allocated or opened must be gone */
/* The system's shape: a store below everything, services over it. */
void furnish(void);
status_t bind(handle_t at, const char *path, handle_t object, uint32_t flags);
/* Results as JSON or as names ("dev/ calc "), failures by their name. */
const char *call_from(handle_t at, const char *path, const char *method, const char *json);
const char *call(const char *path, const char *method, const char *json);
const char *list(handle_t at, const char *path);
