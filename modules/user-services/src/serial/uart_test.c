/*
 * Tests of serial/uart.c against a made-up 16550. The port counts what it was given and can be made
 * slow, full or absent.
 */
#include "serial/uart.h"

#include <base/test.h>

struct fake {
	bool is_absent;
	uint8_t regs[UART_REGISTERS];
	uint8_t line_in[8192];
	uint32_t in_len, in_at;
	uint8_t line_out[16384];
	uint32_t out_len;
	uint32_t room; /* bytes the port takes before it says "full" */
};

static struct fake port;
static struct uart uart;

static uint8_t fake_in(void *context, uint32_t reg)
{
	struct fake *f = context;

	if (f->is_absent)
		return 0xff;
	if (reg == 0)
		return f->in_at < f->in_len ? f->line_in[f->in_at++] : 0;
	if (reg == 2)
		return f->in_at < f->in_len ? 4 : 1;
	if (reg == 5)
		return (uint8_t)((f->in_at < f->in_len) | (f->room ? 0x60 : 0));
	return f->regs[reg];
}

static void fake_out(void *context, uint32_t reg, uint8_t value)
{
	((struct fake *)context)->regs[reg] = value;
}

static void fake_out_many(void *context, uint32_t reg, const uint8_t *bytes, uint32_t len)
{
	struct fake *f = context;

	(void)reg;
	memcpy(f->line_out + f->out_len, bytes, len);
	f->out_len += len;
	f->room = f->room > len ? f->room - len : 0;
}

static void start(void)
{
	uart_init(&uart, (struct uart_ports){fake_in, fake_out, fake_out_many, &port});
}

TEST(output_goes_out_and_interrupt_follows)
{
	char text[100];

	port = (struct fake){.room = 32};
	start();
	CHECK(uart.is_present);
	memset(text, 'a', sizeof(text));
	CHECK_EQ(ring_put(&uart.output, text, 100), 100);
	uart_service(&uart);
	CHECK_EQ(port.out_len, 32);
	CHECK_EQ(port.regs[1], 3);
	port.room = 10000;
	uart_service(&uart);
	CHECK_EQ(port.out_len, 100);
	CHECK_EQ(port.regs[1], 1);
}

TEST(full_input_stays_in_the_port)
{
	uint8_t out[4096];

	port = (struct fake){.room = 1, .in_len = 8192};
	for (int i = 0; i < 8192; i++)
		port.line_in[i] = (uint8_t)(i * 7);
	start();
	for (int i = 0; i < 8; i++)
		uart_service(&uart);
	CHECK_EQ(ring_used(&uart.input), UART_INPUT_BYTES);
	CHECK_EQ(port.in_at, UART_INPUT_BYTES);
	CHECK_EQ(port.regs[1], 0);
	for (uint32_t at = 0; at < 8192;) {
		uint32_t len = ring_take(&uart.input, out, 1000);

		CHECK(len != 0);
		CHECK_MEM_EQ(out, port.line_in + at, len);
		at += len;
		uart_service(&uart);
	}
	CHECK_EQ(port.regs[1], 1);
}

TEST(absent_port_swallows)
{
	port = (struct fake){.is_absent = true};
	start();
	CHECK(!uart.is_present);
	ring_put(&uart.output, "abc", 3);
	uart_service(&uart);
	CHECK_EQ(ring_used(&uart.output), 0);
	CHECK_EQ(port.out_len, 0);
}

TEST_MAIN();
