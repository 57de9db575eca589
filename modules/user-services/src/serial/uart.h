/*
 * A 16550 serial port: 115200 8N1, FIFOs on, and the two byte queues between it and the service's clients.
 * Registers are reached through callbacks, so the state machine runs on the host against a made-up port.
 */
#pragma once
#include "common/ring.h"

#include <stdbool.h>

#define UART_REGISTERS 8
#define UART_INPUT_BYTES 4096u
#define UART_OUTPUT_BYTES 8192u

struct uart_ports {
	uint8_t (*in)(void *context, uint32_t reg);
	void (*out)(void *context, uint32_t reg, uint8_t value);
	void (*out_many)(void *context, uint32_t reg, const uint8_t *bytes, uint32_t len);
	void *context;
};

struct uart {
	struct uart_ports ports;
	bool is_present;
	uint8_t interrupts; /* the interrupt enable register */
	struct ring input;  /* from the line */
	struct ring output; /* to the line */
	uint8_t input_bytes[UART_INPUT_BYTES];
	uint8_t output_bytes[UART_OUTPUT_BYTES];
};

/* Finds out whether a port is there and programs it. */
void uart_init(struct uart *u, struct uart_ports ports);
/*
 * Moves what can be moved now, both ways. Call it on each interrupt, after queueing output and after taking
 * input: a full input queue leaves further bytes in the port, whose other end then has to wait.
 */
void uart_service(struct uart *u);
