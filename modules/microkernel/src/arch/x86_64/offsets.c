/*
 * Checks, at compile time only, that the numbers in layout.h are the offsets the compiler uses.
 */
#include <stddef.h>
#include <base/assert.h>
#include "kernel_lock.h"
#include "thread.h"
#include "arch/x86_64/kaslr.h"

#define CHECK_OFFSET(type, member, value) STATIC_ASSERT(offsetof(struct type, member) == (value))

CHECK_OFFSET(guest_registers, rax, REG_RAX);
CHECK_OFFSET(guest_registers, rbx, REG_RBX);
CHECK_OFFSET(guest_registers, rcx, REG_RCX);
CHECK_OFFSET(guest_registers, rdx, REG_RDX);
CHECK_OFFSET(guest_registers, rsi, REG_RSI);
CHECK_OFFSET(guest_registers, rdi, REG_RDI);
CHECK_OFFSET(guest_registers, rbp, REG_RBP);
CHECK_OFFSET(guest_registers, rsp, REG_RSP);
CHECK_OFFSET(guest_registers, r8, REG_R8);
CHECK_OFFSET(guest_registers, r9, REG_R9);
CHECK_OFFSET(guest_registers, r10, REG_R10);
CHECK_OFFSET(guest_registers, r11, REG_R11);
CHECK_OFFSET(guest_registers, r12, REG_R12);
CHECK_OFFSET(guest_registers, r13, REG_R13);
CHECK_OFFSET(guest_registers, r14, REG_R14);
CHECK_OFFSET(guest_registers, r15, REG_R15);
CHECK_OFFSET(guest_registers, rip, REG_RIP);
CHECK_OFFSET(guest_registers, rflags, REG_RFLAGS);
CHECK_OFFSET(guest_registers, fs_base, REG_FS_BASE);
CHECK_OFFSET(guest_registers, gs_base, REG_GS_BASE);
CHECK_OFFSET(guest_state, regs, 0);
CHECK_OFFSET(guest_state, trap, STATE_TRAP);
CHECK_OFFSET(thread, arch, 0);
CHECK_OFFSET(thread_arch, regs, 0);
CHECK_OFFSET(thread_arch, guest, THREAD_GUEST);
CHECK_OFFSET(thread_arch, mode, THREAD_MODE);
CHECK_OFFSET(thread_arch, kicked, THREAD_KICKED);
CHECK_OFFSET(thread_arch, state, THREAD_STATE);
CHECK_OFFSET(thread_arch, native_root, THREAD_NATIVE_ROOT);
CHECK_OFFSET(thread_arch, guest_root, THREAD_GUEST_ROOT);
CHECK_OFFSET(thread_arch, needs_iret, THREAD_NEEDS_IRET);
CHECK_OFFSET(thread_arch, word_call, THREAD_WORD_CALL);
CHECK_OFFSET(thread_arch, enters, THREAD_ENTERS);
CHECK_OFFSET(kaslr, image_slide, KASLR_IMAGE_SLIDE);
CHECK_OFFSET(kaslr, direct_slide, KASLR_DIRECT_SLIDE);
CHECK_OFFSET(kaslr, canary, KASLR_CANARY);
CHECK_OFFSET(cpu, self, 0);
CHECK_OFFSET(cpu, current, CPU_CURRENT);
CHECK_OFFSET(cpu, kernel_stack, CPU_KERNEL_STACK);
CHECK_OFFSET(cpu, scratch[0], CPU_SCRATCH);
CHECK_OFFSET(cpu, scratch[1], CPU_SCRATCH1);
CHECK_OFFSET(cpu, loaded_root, CPU_LOADED_ROOT);
CHECK_OFFSET(cpu, pending, CPU_PENDING);
CHECK_OFFSET(cpu, kernel_mode, CPU_KERNEL_MODE);
CHECK_OFFSET(cpu, root_writes, CPU_ROOT_WRITES);
STATIC_ASSERT(KERNEL_OUT == KERNEL_MODE_OUT && KERNEL_EXCLUSIVE == KERNEL_MODE_EXCLUSIVE);
STATIC_ASSERT(MODE_NATIVE == 0 && MODE_GUEST == 1);
STATIC_ASSERT(sizeof(struct guest_registers) == THREAD_GUEST);
STATIC_ASSERT(sizeof(struct guest_state) <= PAGE_SIZE);
