/*
 * System calls on interrupts and I/O ports, and the machine's counters.
 */
#include "cpu.h"
#include "domain.h"
#include "event.h"
#include "interrupt.h"
#include "ioport.h"
#include "kalloc.h"
#include "page.h"
#include "syscall.h"

#define PORTS_MAX 65536u
#define OUT_BYTES_MAX 4096u

static status_t find_control(struct thread *thread, uint64_t handle)
{
	struct handle_entry *entry;
	status_t status = find(thread, handle, OBJECT_INTERRUPT, RIGHT_MANAGE, &entry);

	if (status == OK && !OBJECT_OF(entry, interrupt)->is_control)
		status = E_TYPE;
	return status;
}

status_t syscall_interrupt_create(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct interrupt *interrupt;
	struct handle_entry *event;
	status_t status = find_control(thread, args[0]);

	if (status == OK &&
	    (args[1] > UINT32_MAX || args[2] & ~(uint64_t)(INTERRUPT_LEVEL | INTERRUPT_ACTIVE_LOW)))
		status = E_INVAL;
	if (status == OK)
		status = find(thread, args[3], OBJECT_EVENT, RIGHT_WRITE, &event);
	if (status == OK)
		status = interrupt_create_gsi(thread->process->obj.domain, (unsigned)args[1],
		                              (unsigned)args[2], event, args[4], &interrupt);
	return status == OK ? give(thread, &interrupt->obj, result) : status;
}

status_t syscall_interrupt_create_msi(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct interrupt *interrupt;
	struct handle_entry *event;
	struct msi_target target;
	status_t status = find_control(thread, args[0]);

	if (status == OK)
		status = find(thread, args[1], OBJECT_EVENT, RIGHT_WRITE, &event);
	if (status == OK)
		status = interrupt_create_msi(thread->process->obj.domain, event, args[2], &target,
		                              &interrupt);
	if (status != OK)
		return status;
	status = copy_to_user(args[3], &target, sizeof(target));
	if (status == OK)
		return give(thread, &interrupt->obj, result);
	kobject_unref(&interrupt->obj);
	return status;
}

status_t syscall_interrupt_ack(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct handle_entry *entry;
	status_t status = find(thread, args[0], OBJECT_INTERRUPT, RIGHT_WRITE, &entry);

	(void)result;
	return status == OK ? interrupt_ack(OBJECT_OF(entry, interrupt)) : status;
}

/* Ports, when the handle allows rights on [port, port + width). */
static status_t check_ports(struct thread *thread, const uint64_t *args, uint32_t rights,
                            uint64_t width)
{
	struct handle_entry *entry;
	status_t status = find(thread, args[0], OBJECT_IOPORT, rights, &entry);

	if (status != OK)
		return status;
	if (width != 1 && width != 2 && width != 4)
		return E_INVAL;
	return ioport_covers(OBJECT_OF(entry, ioport), args[1], width) ? OK : E_RANGE;
}

status_t syscall_ioport_slice(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct handle_entry *entry;
	struct ioport *ports;
	status_t status = find(thread, args[0], OBJECT_IOPORT, RIGHT_READ, &entry);

	if (status != OK)
		return status;
	if (args[2] == 0 || args[1] >= PORTS_MAX ||
	    !ioport_covers(OBJECT_OF(entry, ioport), args[1], args[2]))
		return E_RANGE;
	ports = ioport_create(thread->process->obj.domain, (uint32_t)args[1], (uint32_t)args[2]);
	return give_part(thread, ports ? &ports->obj : NULL, entry->node.rights, result);
}

status_t syscall_ioport_in(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	status_t status = check_ports(thread, args, RIGHT_READ, args[2]);

	if (status == OK)
		*result = arch_port_in((uint16_t)args[1], (unsigned)args[2]);
	return status;
}

status_t syscall_ioport_out(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	status_t status = check_ports(thread, args, RIGHT_WRITE, args[2]);

	(void)result;
	if (status == OK)
		arch_port_out((uint16_t)args[1], (unsigned)args[2], (uint32_t)args[3]);
	return status;
}

/* All bytes are here before the first goes out: the call may be made again while they come. */
status_t syscall_ioport_out_buffer(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	static uint8_t bytes[OUT_BYTES_MAX]; /* interrupts are off: one user at a time */
	status_t status = check_ports(thread, args, RIGHT_WRITE, 1);

	(void)result;
	if (status == OK && args[3] > OUT_BYTES_MAX)
		status = E_RANGE;
	if (status == OK)
		status = copy_from_user(bytes, args[2], args[3]);
	if (status == OK)
		arch_port_out_bytes((uint16_t)args[1], bytes, (unsigned)args[3]);
	return status;
}

static void add_counters(struct system_info *info)
{
	for (unsigned i = 0; i < cpu_count; i++) {
		info->idle_ns += clock_ticks_to_ns(cpus[i].idle_ticks);
		info->context_switches += cpus[i].switch_count;
		info->root_writes += cpus[i].root_writes;
		info->faults += cpus[i].fault_count;
		info->system_calls += cpus[i].syscall_count;
		info->lock_spins += cpus[i].lock_spins;
	}
}

status_t syscall_system_info(struct thread *thread, const uint64_t *args, uint64_t *result)
{
	struct system_info info = {
		.pages_total = page_total(),
		.pages_free = page_free_count(),
		.objects = kobject_count(),
		.handles = domain_root()->handles,
		.now_ns = clock_now_ns(),
		.kernel_pages = page_kernel_count() + kalloc_pages(),
		.cpus = cpu_count,
	};

	clock_describe(&info);
	(void)thread, (void)result;
	add_counters(&info);
	return copy_to_user(args[0], &info, sizeof(info));
}
