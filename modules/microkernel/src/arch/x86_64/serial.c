/*
 * Serial console on COM1 (16550, 115200 8N1), polled. It works before anything else does, keeps quiet when
 * there is no such port, and never waits long: a port that stops taking bytes costs a bounded time once.
 * A driver that claims the console takes the port over; then only panics write here.
 */
#include "arch/arch.h"
#include "arch/x86_64/serial.h"
#include "arch/x86_64/instructions.h"

#define COM1 0x3f8
#define UART_DATA (COM1 + 0)
#define UART_INTERRUPTS (COM1 + 1)
#define UART_FIFO (COM1 + 2)
#define UART_LINE (COM1 + 3)
#define UART_MODEM (COM1 + 4)
#define UART_STATUS (COM1 + 5)
#define UART_SCRATCH (COM1 + 7)
#define STATUS_CAN_SEND 0x20
#define WAIT_READS_MAX 100000 /* about 100 ms on hardware; a byte takes 87 us */

static struct {
	bool is_there;
	bool is_claimed;
} console;

static bool uart_answers(void)
{
	outb(UART_SCRATCH, 0x5a);
	if (inb(UART_SCRATCH) != 0x5a)
		return false;
	outb(UART_SCRATCH, 0xa5);
	return inb(UART_SCRATCH) == 0xa5;
}

void serial_init(void)
{
	if (!uart_answers())
		return;
	outb(UART_INTERRUPTS, 0);
	outb(UART_LINE, 0x80); /* the next two set the divisor: 115200 / 1 */
	outb(UART_DATA, 1);
	outb(UART_INTERRUPTS, 0);
	outb(UART_LINE, 0x03);  /* 8 bits, no parity, 1 stop bit */
	outb(UART_FIFO, 0x07);  /* on and empty */
	outb(UART_MODEM, 0x0b); /* DTR, RTS, interrupt line enabled for a later driver */
	console.is_there = true;
}

static void send(char c)
{
	for (unsigned reads = 0; !(inb(UART_STATUS) & STATUS_CAN_SEND); reads++) {
		if (reads == WAIT_READS_MAX) {
			console.is_there = false;
			return;
		}
		arch_relax();
	}
	outb(UART_DATA, (uint8_t)c);
}

void arch_console_write(const char *text, uint64_t len)
{
	for (uint64_t i = 0; i < len; i++) {
		if (!console.is_there || console.is_claimed)
			return;
		if (text[i] == '\n')
			send('\r');
		send(text[i]);
	}
}

void arch_console_claim(bool claimed)
{
	console.is_claimed = claimed;
}
