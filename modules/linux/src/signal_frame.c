/*
 * Signal frames: what a handler gets and what rt_sigreturn restores. The registers and the FPU state come
 * from and go to the guest's stack, so everything read back is checked: by the kernel (rip, rflags, the
 * FPU's reserved bits) or here (sizes).
 */
#include "signal_frame.h"
#include <base/string.h>
#include "fpu.h"
#include "guest.h"
#include "signal_queue.h"
#include "syscall.h"

#define RED_ZONE 128
#define FLAG_TRAP 0x100ull
#define FLAG_DIRECTION 0x400ull
#define FLAG_RESUME 0x10000ull
#define GUEST_CS 0x33
#define GUEST_SS 0x2b

static uint64_t stack_for(struct task *task, const struct linux_sigaction *action)
{
	uint64_t sp = task->state->regs.rsp - RED_ZONE;
	const struct linux_stack *alternate = &task->alternate_stack;

	if (!(action->flags & SA_ONSTACK) || alternate->size == 0)
		return sp;
	if (signal_stack_holds(alternate, task->state->regs.rsp))
		return sp;
	return alternate->sp + alternate->size;
}

/* The rest of *context is zero. */
static void fill_context(struct linux_sigcontext *context, const struct task *task, sigset_t64 mask)
{
	const struct guest_registers *regs = &task->state->regs;

	context->r8 = regs->r8;
	context->r9 = regs->r9;
	context->r10 = regs->r10;
	context->r11 = regs->r11;
	context->r12 = regs->r12;
	context->r13 = regs->r13;
	context->r14 = regs->r14;
	context->r15 = regs->r15;
	context->rdi = regs->rdi;
	context->rsi = regs->rsi;
	context->rbp = regs->rbp;
	context->rbx = regs->rbx;
	context->rdx = regs->rdx;
	context->rax = regs->rax;
	context->rcx = regs->rcx;
	context->rsp = regs->rsp;
	context->rip = regs->rip;
	context->eflags = regs->rflags;
	context->cs = GUEST_CS;
	context->ss = GUEST_SS;
	context->error = task->trap_error;
	context->trap_number = task->trap_number;
	context->cr2 = task->fault_address;
	context->old_mask = mask;
}

/* The FPU state with its length beside it, in what the CPU leaves alone, and magic2 behind it. */
static int64_t push_fpu(struct task *task, uint64_t u_fpu)
{
	struct {
		struct fpu_software software;
		uint64_t header[FPU_HEADER_BYTES / sizeof(uint64_t)];
	} beside = {{0}, {0}};
	uint64_t bytes = fpu_bytes();
	bool is_extended = bytes > FPU_LEGACY_BYTES;

	if (is_extended)
		beside.software = (struct fpu_software){
			.magic1 = FPU_MAGIC1,
			.extended_size = (uint32_t)bytes + sizeof(uint32_t),
			.features = fpu_features(),
			.state_size = (uint32_t)bytes,
		};
	if (copy_to_guest(task, u_fpu + FPU_SOFTWARE_OFFSET, &beside,
	                  is_extended ? sizeof(beside) : sizeof(beside.software)) != 0 ||
	    fpu_save_guest(task, u_fpu) != 0)
		return -EFAULT;
	return is_extended ? put_guest_u32(task, u_fpu + bytes, FPU_MAGIC2) : 0;
}

static void enter_handler(struct task *task, const struct linux_siginfo *info,
                          const struct linux_sigaction *action, uint64_t frame)
{
	struct guest_registers *regs = &task->state->regs;

	regs->rdi = (uint64_t)info->si_signo;
	regs->rsi = frame + offsetof(struct signal_frame, info);
	regs->rdx = frame + offsetof(struct signal_frame, uc);
	regs->rax = 0;
	regs->rsp = frame;
	regs->rip = action->handler;
	regs->rflags &= ~(FLAG_TRAP | FLAG_DIRECTION | FLAG_RESUME);
	/* A function's arguments but not these two: as behind a system call, the kernel enters the fast way. */
	regs->rcx = regs->rip;
	regs->r11 = regs->rflags;
}

int64_t signal_frame_push(struct task *task, const struct linux_siginfo *info,
                          const struct linux_sigaction *action, sigset_t64 old_mask)
{
	struct frame_place place = signal_frame_place(stack_for(task, action), fpu_bytes());
	struct signal_frame frame;

	if (!(action->flags & SA_RESTORER))
		return -EFAULT;
	memset(&frame, 0, sizeof(frame));
	frame.return_address = action->restorer;
	frame.uc.flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
	if (fpu_bytes() > FPU_LEGACY_BYTES)
		frame.uc.flags |= UC_FP_XSTATE;
	frame.uc.stack = task->alternate_stack;
	frame.uc.stack.flags = task->alternate_stack.size == 0 ? SS_DISABLE : 0;
	if (signal_stack_holds(&task->alternate_stack, task->state->regs.rsp))
		frame.uc.stack.flags = SS_ONSTACK;
	fill_context(&frame.uc.context, task, old_mask);
	frame.uc.context.fpstate = place.fpu;
	frame.uc.mask = old_mask;
	frame.info = *info;
	int64_t error = push_fpu(task, place.fpu);

	if (!error)
		error = copy_to_guest(task, place.frame, &frame, sizeof(frame));
	if (!error)
		enter_handler(task, info, action, place.frame);
	return error;
}

static int64_t pop_fpu(struct task *task, uint64_t u_fpu)
{
	struct fpu_software software;
	uint64_t bytes = FPU_LEGACY_BYTES;
	uint32_t magic2 = 0;

	if (u_fpu == 0) {
		fpu_reset();
		return 0;
	}
	if (copy_from_guest(task, &software, u_fpu + FPU_SOFTWARE_OFFSET, sizeof(software)) != 0)
		return -EFAULT;
	if (software.magic1 == FPU_MAGIC1 && software.state_size == fpu_bytes() &&
	    get_guest_u32(task, u_fpu + software.state_size, &magic2) == 0 && magic2 == FPU_MAGIC2)
		bytes = software.state_size;
	return fpu_load_guest(task, u_fpu, bytes);
}

/* All but the bases of FS and GS, which are no part of a frame. */
static void restore_registers(struct guest_registers *regs, const struct linux_sigcontext *context)
{
	regs->rax = context->rax;
	regs->rbx = context->rbx;
	regs->rcx = context->rcx;
	regs->rdx = context->rdx;
	regs->rsi = context->rsi;
	regs->rdi = context->rdi;
	regs->rbp = context->rbp;
	regs->rsp = context->rsp;
	regs->r8 = context->r8;
	regs->r9 = context->r9;
	regs->r10 = context->r10;
	regs->r11 = context->r11;
	regs->r12 = context->r12;
	regs->r13 = context->r13;
	regs->r14 = context->r14;
	regs->r15 = context->r15;
	regs->rip = context->rip;
	regs->rflags = context->eflags;
}

int64_t signal_frame_pop(struct task *task)
{
	struct signal_frame frame;
	uint64_t u_frame = task->state->regs.rsp - sizeof(frame.return_address);

	if (copy_from_guest(task, &frame, u_frame, sizeof(frame)) != 0 ||
	    pop_fpu(task, frame.uc.context.fpstate) != 0)
		return -EFAULT;
	restore_registers(&task->state->regs, &frame.uc.context);
	signal_set_blocked(task, frame.uc.mask);
	/* The alternate stack may have been changed by the handler's frame, as on Linux; bad values are ignored. */
	if (!(frame.uc.stack.flags & SS_DISABLE) && frame.uc.stack.size != 0) {
		task->alternate_stack.sp = frame.uc.stack.sp;
		task->alternate_stack.size = frame.uc.stack.size;
	}
	return 0;
}
