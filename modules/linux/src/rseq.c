/*
 * rseq: restartable sequences. A thread registers an area in which it finds the number of its CPU and says which
 * critical section it is in. If it is preempted, moved to another CPU or given a signal there, it goes on at the
 * section's abort address. Preemption is the kernel's business: it is told of it by TRAP_PREEMPTED, which only
 * threads that have registered ask for.
 *
 * All of the area is the program's to write, so everything is checked each time.
 */
#include "rseq.h"
#include <stddef.h>
#include <base/assert.h>
#include <base/bits.h>
#include "cpu.h"
#include "exit.h"
#include "guest.h"
#include "signal_queue.h"
#include "syscall.h"

#define RSEQ_FLAG_UNREGISTER 1u
#define RSEQ_CPU_UNINITIALIZED (~0u)
#define AREA_BYTES_MINIMUM 32u

struct rseq_area {
	uint32_t cpu_id_start, cpu_id;
	uint64_t section; /* struct rseq_section, or 0 */
	uint32_t flags;
	uint32_t node_id, mm_cid;
};
STATIC_ASSERT(offsetof(struct rseq_area, mm_cid) + sizeof(uint32_t) == RSEQ_FEATURE_BYTES);

struct rseq_section {
	uint32_t version, flags;
	uint64_t start, length, abort;
};
STATIC_ASSERT(sizeof(struct rseq_section) == 32);

static uint64_t field(const struct task *task, size_t offset)
{
	return task->rseq.area + offset;
}

/* The number within the process that mm_cid is, told from those of all threads that run at the same time, is the CPU's. */
static int64_t write_cpu(struct task *task, uint32_t start, uint32_t cpu)
{
	uint32_t cpus[2] = {start, cpu}, others[2] = {0, start};

	if (copy_to_guest(task, field(task, offsetof(struct rseq_area, cpu_id_start)), cpus,
	                  sizeof(cpus)) != 0)
		return -EFAULT;
	return copy_to_guest(task, field(task, offsetof(struct rseq_area, node_id)), others,
	                     sizeof(others));
}

/* --- sections --- */

/* An abort address counts only with the thread's own signature before it, so that it cannot be made up. */
static int64_t check_section(struct task *task, const struct rseq_section *section)
{
	uint64_t end;
	uint32_t signature;

	if (section->version != 0 || section->abort >= GUEST_END ||
	    !add_checked(section->start, section->length, &end) || end >= GUEST_END ||
	    section->abort - section->start < section->length)
		return -EINVAL;
	if (get_guest_u32(task, section->abort - sizeof(signature), &signature) != 0)
		return -EFAULT;
	return signature == task->rseq.signature ? 0 : -EINVAL;
}

/* Flags once asked for sections that go on; Linux has given that up, and refuses them. */
static int64_t check_flags(struct task *task, const struct rseq_section *section)
{
	uint32_t flags;

	if (get_guest_u32(task, field(task, offsetof(struct rseq_area, flags)), &flags) != 0)
		return -EFAULT;
	return section->flags || flags ? -EINVAL : 0;
}

static int64_t leave_section(struct task *task)
{
	struct guest_registers *regs = &task->state->regs;
	struct rseq_section section;
	uint64_t u_section;

	if (get_guest_u64(task, field(task, offsetof(struct rseq_area, section)), &u_section) != 0)
		return -EFAULT;
	if (u_section == 0)
		return 0;
	if (copy_from_guest(task, &section, u_section, sizeof(section)) != 0)
		return -EFAULT;
	int64_t error = check_section(task, &section);
	bool is_inside = regs->rip - section.start < section.length;

	if (!error && is_inside)
		error = check_flags(task, &section);
	if (!error)
		error = put_guest_u64(task, field(task, offsetof(struct rseq_area, section)), 0);
	if (!error && is_inside)
		regs->rip = section.abort;
	return error;
}

static void end_badly(struct task *task, int signal)
{
	struct linux_siginfo info = {.si_signo = SIGSEGV, .si_code = SI_KERNEL};

	if (signal == SIGSEGV)
		exit_group(task, SIGSEGV); /* its handler would only come here again */
	else
		signal_force(task, &info);
}

void rseq_interrupt(struct task *task, int signal)
{
	if (task->rseq.area == 0)
		return;
	uint32_t cpu = cpu_number();

	if (leave_section(task) != 0 || write_cpu(task, cpu, cpu) != 0)
		end_badly(task, signal);
}

/* --- registration --- */

static void set_area(struct task *task, struct rseq_registration registration)
{
	task->rseq = registration;
	task->state->options = registration.area ? ENTER_TELLS_PREEMPTION : 0;
}

void rseq_begin(struct task *task)
{
	set_area(task, task->rseq);
	rseq_interrupt(task, 0);
}

void rseq_forget(struct task *task)
{
	set_area(task, (struct rseq_registration){0});
}

static int64_t compare(const struct task *task, const struct rseq_registration *other)
{
	if (task->rseq.area != other->area || task->rseq.bytes != other->bytes)
		return -EINVAL;
	return task->rseq.signature != other->signature ? -EPERM : 0;
}

static int64_t unregister(struct task *task, const struct rseq_registration *registration)
{
	int64_t error = task->rseq.area ? compare(task, registration) : -EINVAL;

	if (!error)
		error = write_cpu(task, 0, RSEQ_CPU_UNINITIALIZED);
	if (!error)
		rseq_forget(task);
	return error;
}

static int64_t register_area(struct task *task, const struct rseq_registration *registration)
{
	uint32_t cpu = cpu_number();

	if (registration->bytes < AREA_BYTES_MINIMUM ||
	    !is_aligned(registration->area, RSEQ_ALIGNMENT))
		return -EINVAL;
	if (registration->area == 0 || !guest_range_ok(registration->area, registration->bytes))
		return -EFAULT;
	set_area(task, *registration);
	if (put_guest_u64(task, field(task, offsetof(struct rseq_area, section)), 0) == 0 &&
	    write_cpu(task, cpu, cpu) == 0)
		return 0;
	rseq_forget(task);
	return -EFAULT;
}

SYSCALL4(rseq, uint64_t, u_area, uint32_t, bytes, uint32_t, flags, uint32_t, signature)
{
	struct rseq_registration registration = {u_area, bytes, signature};

	if (flags == RSEQ_FLAG_UNREGISTER)
		return unregister(task, &registration);
	if (flags != 0)
		return -EINVAL;
	if (task->rseq.area == 0)
		return register_area(task, &registration);
	int64_t error = compare(task, &registration);

	return error ? error : -EBUSY;
}
