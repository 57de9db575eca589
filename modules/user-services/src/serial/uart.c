/*
 * The 16550's registers and their order of programming (National Semiconductor PC16550D data sheet, 8.0).
 * Each interrupt is on only while we would act on it, the transmit one while there is something to send, the
 * receive one while there is room: a line that stays raised would hide the next edge. A port that is not
 * there swallows output at once.
 */
#include "serial/uart.h"

#include <base/bits.h>

#define REG_DATA 0
#define REG_INTERRUPTS 1
#define REG_FIFO 2
#define REG_LINE_CONTROL 3
#define REG_MODEM_CONTROL 4
#define REG_LINE_STATUS 5
#define REG_MODEM_STATUS 6
#define REG_SCRATCH 7

#define ENABLE_RECEIVE 1u
#define ENABLE_TRANSMIT 2u
#define FIFO_ON_CLEAR 0xc7u /* on, both cleared, interrupt at 14 bytes or after a pause */
#define LINE_8N1 3u
#define LINE_DIVISOR 0x80u
#define MODEM_READY 0x0bu /* DTR, RTS and OUT2, which gates the interrupt line */
#define STATUS_DATA 1u
#define STATUS_CAN_SEND 0x20u
#define FIFO_BYTES 16u
#define NOTHING_PENDING 1u
#define PASSES 8
#define DIVISOR_115200 1u
#define RECEIVE_BOUND \
	256 /* bytes taken in one go: a line that never pauses must not keep us here */

static uint8_t in(struct uart *u, uint32_t reg)
{
	return u->ports.in(u->ports.context, reg);
}

static void out(struct uart *u, uint32_t reg, uint8_t value)
{
	u->ports.out(u->ports.context, reg, value);
}

static bool is_there(struct uart *u)
{
	out(u, REG_SCRATCH, 0x5a);
	if (in(u, REG_SCRATCH) != 0x5a)
		return false;
	out(u, REG_SCRATCH, 0xa5);
	return in(u, REG_SCRATCH) == 0xa5;
}

static void set_interrupts(struct uart *u)
{
	uint8_t wanted = (uint8_t)((ring_free(&u->input) ? ENABLE_RECEIVE : 0) |
	                           (ring_used(&u->output) ? ENABLE_TRANSMIT : 0));

	if (wanted != u->interrupts)
		out(u, REG_INTERRUPTS, wanted);
	u->interrupts = wanted;
}

void uart_init(struct uart *u, struct uart_ports ports)
{
	*u = (struct uart){.ports = ports};
	u->input = (struct ring){.bytes = u->input_bytes, .size = UART_INPUT_BYTES};
	u->output = (struct ring){.bytes = u->output_bytes, .size = UART_OUTPUT_BYTES};
	u->is_present = is_there(u);
	if (!u->is_present)
		return;
	out(u, REG_INTERRUPTS, 0);
	out(u, REG_LINE_CONTROL, LINE_DIVISOR);
	out(u, REG_DATA, DIVISOR_115200);
	out(u, REG_INTERRUPTS, 0);
	out(u, REG_LINE_CONTROL, LINE_8N1);
	out(u, REG_FIFO, FIFO_ON_CLEAR);
	out(u, REG_MODEM_CONTROL, MODEM_READY);
	set_interrupts(u);
}

static void receive(struct uart *u)
{
	for (int i = 0; i < RECEIVE_BOUND; i++) {
		uint8_t byte;

		if (ring_free(&u->input) == 0 || !(in(u, REG_LINE_STATUS) & STATUS_DATA))
			break;
		byte = in(u, REG_DATA);
		ring_put(&u->input, &byte, 1);
	}
}

static void transmit(struct uart *u)
{
	uint8_t bytes[FIFO_BYTES];
	uint32_t len;

	/* An emulated port is empty again at once: keep filling while it says so, boundedly. */
	for (uint32_t i = 0; i < UART_OUTPUT_BYTES / FIFO_BYTES; i++) {
		if (ring_used(&u->output) == 0 || !(in(u, REG_LINE_STATUS) & STATUS_CAN_SEND))
			break;
		len = ring_take(&u->output, bytes, FIFO_BYTES);
		u->ports.out_many(u->ports.context, REG_DATA, bytes, len);
	}
}

void uart_service(struct uart *u)
{
	if (!u->is_present) {
		u->output.head = u->output.tail;
		return;
	}
	/*
	 * The line must have gone quiet before we leave, or its next edge never comes. Reading the two registers
	 * acknowledges what raised it; the causes themselves are looked at.
	 */
	for (int i = 0; i < PASSES; i++) {
		bool is_quiet = in(u, REG_FIFO) & NOTHING_PENDING;

		(void)in(u, REG_MODEM_STATUS);
		receive(u);
		transmit(u);
		set_interrupts(u);
		if (is_quiet)
			break;
	}
}
