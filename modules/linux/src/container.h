/*
 * The container as a service (container.c).
 */
#pragma once
#include "job.h"

/* Before the first program runs. */
status_t container_begin(void);
/* Answers container.ipc on the endpoint "serve" for ever; returns only on failure. */
status_t container_serve(void);
/* The container's name. */
const char *container_name(void);
void container_set_name(const char *name);
