/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/qemu/caps/probe_kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>
#include <linux/kvm.h>

#include "base/fd.h"
#include "base/i18n.h"

/* How far the guest came; the last value is the exit status of the process that runs it. */
typedef enum KvmStage {
	KVM_STAGE_DEVICE, /* nothing ran */
	KVM_STAGE_SETUP,
	KVM_STAGE_CODE,      /* 64-bit code runs and its port output arrives */
	KVM_STAGE_SPEED,     /* at the speed of the processor, not of an emulator */
	KVM_STAGE_PRIVILEGE, /* it sees itself as the kernel that it is */
	KVM_STAGE_EXCEPTION, /* it takes an exception through its own table and returns */
	KVM_STAGE_FAULT,     /* likewise a page fault, with the address */
	KVM_STAGE_INTERRUPT, /* halts and is woken by an interrupt */
} KvmStage;

static const char *const stage_failures[] = {
	[KVM_STAGE_DEVICE] = N_("/dev/kvm cannot be used by this process"),
	[KVM_STAGE_SETUP] = N_("the kernel refuses to make a virtual machine"),
	[KVM_STAGE_CODE] = N_("64-bit code does not run in a guest"),
	[KVM_STAGE_SPEED] =
		N_("guest code is emulated instruction by instruction, far too slowly for "
		   "an operating system (does this host have hardware virtualisation?)"),
	[KVM_STAGE_PRIVILEGE] = N_("guest kernels do not run with their own privilege level"),
	[KVM_STAGE_EXCEPTION] = N_("guest kernels do not get their exceptions"),
	[KVM_STAGE_FAULT] = N_("guest kernels do not get their page faults"),
	[KVM_STAGE_INTERRUPT] = N_("guest kernels do not get their interrupts"),
};

#if defined(__x86_64__)
/* The guest writes the stage it has reached to this port. */
#define STAGE_PORT 0x80
#define STAGE_END (KVM_STAGE_INTERRUPT + 1)

#define GUEST_SIZE 0x10000
#define GUEST_PML4 0x1000
#define GUEST_PDPT 0x2000
#define GUEST_PD 0x3000
#define GUEST_GDT 0x4000
#define GUEST_IDT 0x5000
#define GUEST_TSS 0x6000
#define GUEST_STACK 0x7ff0
#define GUEST_CODE 0x9000
#define UNMAPPED 0x40000000 /* beyond the one large page that is mapped */
#define VECTOR_INVALID_OPCODE 6
#define VECTOR_PAGE_FAULT 14
#define VECTOR_INTERRUPT 0x30
#define SELECTOR_CODE 0x08
#define SELECTOR_DATA 0x10
#define SELECTOR_TSS 0x18

/* Some 10 ms of a processor; CPU_SECONDS of it leave room for the slowest. */
#define SPEED_LOOPS 20000000
#define CPU_SECONDS 1

#define STRING_(x) #x
#define STRING(x) STRING_(x)

/* One line of the guest's code; the guest tells that it has reached @stage. */
#define CODE(line) "\t" line "\n"
#define LABEL(name) name ":\n"
#define REACH(stage) CODE("movb $" #stage ", %al") CODE("outb %al, $" STRING(STAGE_PORT))

/* Handlers skip the faulting instruction; both are two bytes long. */
__asm__(CODE(".pushsection .rodata")
	LABEL("kvm_guest_start")
	REACH(2)
	CODE("movl $" STRING(SPEED_LOOPS) ", %ecx")
	LABEL("1")
	CODE("addq (%rsp), %rax")
	CODE("decl %ecx")
	CODE("jnz 1b")
	REACH(3)
	CODE("movw %cs, %ax")
	CODE("cmpw $" STRING(SELECTOR_CODE) ", %ax")
	CODE("jne 9f")
	REACH(4)
	CODE("xorl %ebx, %ebx")
	CODE("ud2")
	CODE("cmpl $1, %ebx")
	CODE("jne 9f")
	REACH(5)
	CODE("movl $" STRING(UNMAPPED) ", %ecx")
	CODE("movb (%rcx), %al")
	CODE("cmpq %rcx, %rdx")
	CODE("jne 9f")
	CODE("movq %cr3, %rax")
	CODE("movq %rax, %cr3")
	REACH(6)
	CODE("sti")
	LABEL("1")
	CODE("hlt")
	CODE("cmpl $2, %ebx")
	CODE("jne 1b")
	REACH(8)
	LABEL("9")
	REACH(0)
	CODE("jmp 9b")
	LABEL("kvm_guest_invalid_opcode")
	CODE("incl %ebx")
	CODE("addq $2, (%rsp)")
	CODE("iretq")
	LABEL("kvm_guest_page_fault")
	CODE("movq %cr2, %rdx")
	CODE("addq $8, %rsp")
	CODE("addq $2, (%rsp)")
	CODE("iretq")
	LABEL("kvm_guest_interrupt")
	CODE("movl $2, %ebx")
	CODE("iretq")
	LABEL("kvm_guest_end")
	CODE(".popsection"));
extern const uint8_t kvm_guest_start[], kvm_guest_invalid_opcode[], kvm_guest_page_fault[],
	kvm_guest_interrupt[], kvm_guest_end[];

static void guest_gate(uint8_t *memory, unsigned vector, const uint8_t *handler)
{
	uint64_t address = GUEST_CODE + (uint64_t)(handler - kvm_guest_start);
	uint64_t *gate = (uint64_t *)(memory + GUEST_IDT + vector * 16);

	gate[0] = (address & 0xffff) | ((uint64_t)SELECTOR_CODE << 16) | ((uint64_t)0x8e00 << 32) |
		  ((address & 0xffff0000) << 32);
	gate[1] = address >> 32;
}

static void guest_fill(uint8_t *memory)
{
	uint64_t *gdt = (uint64_t *)(memory + GUEST_GDT);

	*(uint64_t *)(memory + GUEST_PML4) = GUEST_PDPT | 3;
	*(uint64_t *)(memory + GUEST_PDPT) = GUEST_PD | 3;
	*(uint64_t *)(memory + GUEST_PD) = 0x83; /* 2 MiB at 0, present, writable */
	gdt[1] = 0x00209b0000000000ULL;          /* 64-bit code */
	gdt[2] = 0x00cf93000000ffffULL;          /* data */
	gdt[3] = 0x00008b0000000067ULL | ((uint64_t)GUEST_TSS << 16);
	guest_gate(memory, VECTOR_INVALID_OPCODE, kvm_guest_invalid_opcode);
	guest_gate(memory, VECTOR_PAGE_FAULT, kvm_guest_page_fault);
	guest_gate(memory, VECTOR_INTERRUPT, kvm_guest_interrupt);
	memcpy(memory + GUEST_CODE, kvm_guest_start, (size_t)(kvm_guest_end - kvm_guest_start));
}

static bool guest_registers(int vcpu)
{
	struct kvm_segment code = { .limit = 0xffffffff,
				    .selector = SELECTOR_CODE,
				    .type = 11,
				    .present = 1,
				    .s = 1,
				    .l = 1,
				    .g = 1 };
	struct kvm_segment data = { .limit = 0xffffffff,
				    .selector = SELECTOR_DATA,
				    .type = 3,
				    .present = 1,
				    .s = 1,
				    .db = 1,
				    .g = 1 };
	struct kvm_segment tss = {
		.base = GUEST_TSS, .limit = 0x67, .selector = SELECTOR_TSS, .type = 11, .present = 1
	};
	struct kvm_regs regs = { .rip = GUEST_CODE, .rsp = GUEST_STACK, .rflags = 2 };
	struct kvm_sregs sregs;

	if (ioctl(vcpu, KVM_GET_SREGS, &sregs) < 0)
		return false;
	sregs.cs = code;
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
	sregs.tr = tss;
	sregs.gdt.base = GUEST_GDT;
	sregs.gdt.limit = 4 * 8 - 1;
	sregs.idt.base = GUEST_IDT;
	sregs.idt.limit = 256 * 16 - 1;
	sregs.cr3 = GUEST_PML4;
	sregs.cr4 = 0x20;       /* PAE */
	sregs.cr0 = 0x80000033; /* paging, protection, numeric errors */
	sregs.efer = 0x500;     /* long mode on and active */
	return ioctl(vcpu, KVM_SET_SREGS, &sregs) == 0 && ioctl(vcpu, KVM_SET_REGS, &regs) == 0;
}

/* Processors without a leaf for long mode may refuse it: the guest gets the host's. */
static void guest_cpuid(int kvm, int vcpu)
{
	size_t size = sizeof(struct kvm_cpuid2) + 256 * sizeof(struct kvm_cpuid_entry2);
	g_autofree struct kvm_cpuid2 *cpuid = g_malloc0(size);

	cpuid->nent = 256;
	if (ioctl(kvm, KVM_GET_SUPPORTED_CPUID, cpuid) == 0)
		(void)!ioctl(vcpu, KVM_SET_CPUID2, cpuid);
}

/* Runs the guest until it has nothing more to say; returns the stage that failed. */
static int guest_run(int vcpu, struct kvm_run *run)
{
	struct kvm_interrupt interrupt = { .irq = VECTOR_INTERRUPT };
	int failed = KVM_STAGE_CODE;

	for (;;) {
		if (ioctl(vcpu, KVM_RUN, 0) < 0)
			return failed;
		if (run->exit_reason == KVM_EXIT_HLT) {
			if (failed != KVM_STAGE_INTERRUPT ||
			    ioctl(vcpu, KVM_INTERRUPT, &interrupt) < 0)
				return failed;
			continue;
		}
		if (run->exit_reason != KVM_EXIT_IO || run->io.port != STAGE_PORT)
			return failed;
		uint8_t stage = *((uint8_t *)run + run->io.data_offset);

		if (stage == 0)
			return failed;
		if (stage == STAGE_END)
			return STAGE_END;
		failed = stage + 1;
	}
}

static int guest_try(int kvm)
{
	g_autofd int vm = ioctl(kvm, KVM_CREATE_VM, 0);
	g_autofd int vcpu = -1;
	uint8_t *memory =
		mmap(NULL, GUEST_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct kvm_userspace_memory_region region = { .memory_size = GUEST_SIZE,
						      .userspace_addr = (uintptr_t)memory };
	int run_size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	void *run;

	if (vm < 0 || memory == MAP_FAILED || run_size < 0)
		return KVM_STAGE_SETUP;
	(void)!ioctl(vm, KVM_SET_TSS_ADDR, 0xfffbd000UL);
	if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) < 0)
		return KVM_STAGE_SETUP;
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	if (vcpu < 0)
		return KVM_STAGE_SETUP;
	run = mmap(NULL, (size_t)run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	if (run == MAP_FAILED)
		return KVM_STAGE_SETUP;
	guest_cpuid(kvm, vcpu);
	guest_fill(memory);
	if (!guest_registers(vcpu))
		return KVM_STAGE_SETUP;
	return guest_run(vcpu, run);
}
#else
/* Elsewhere KVM is the processor's own, and making a machine is the test. */
#define STAGE_END (KVM_STAGE_INTERRUPT + 1)

static int guest_try(int kvm)
{
	g_autofd int vm = ioctl(kvm, KVM_CREATE_VM, 0);

	return vm < 0 ? KVM_STAGE_SETUP : STAGE_END;
}
#endif

/* The guest's process: its timer's signal ends it even within the guest. */
static int child_run(int kvm, pid_t parent)
{
	struct itimerval limit = { .it_value.tv_sec = CPU_SECONDS };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* it was faster */
		return KVM_STAGE_DEVICE;
	signal(SIGPROF, SIG_DFL);
	setitimer(ITIMER_PROF, &limit, NULL);
	return guest_try(kvm);
}

/* Waits for the end of the guest's process, which is killed when it takes too long. */
static int child_status(pid_t pid)
{
	g_autofd int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd ready = { .fd = pidfd, .events = POLLIN };
	bool late = pidfd < 0 || poll(&ready, 1, KVM_PROBE_SECONDS * 1000) <= 0;
	int status;

	if (late)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF)
		return KVM_STAGE_SPEED;
	return late || !WIFEXITED(status) ? -1 : WEXITSTATUS(status);
}

bool kvm_probe_usable(char **ret_reason)
{
	g_autofd int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	pid_t parent = getpid();
	int status;
	pid_t pid;

	if (kvm < 0) {
		*ret_reason =
			g_strdup_printf(_("/dev/kvm cannot be opened: %s"), g_strerror(errno));
		return false;
	}
	if (ioctl(kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION) {
		*ret_reason = g_strdup(_("/dev/kvm speaks another version of its interface"));
		return false;
	}
	pid = fork();
	if (pid == 0)
		_exit(child_run(kvm, parent));
	status = pid < 0 ? -1 : child_status(pid);
	if (status == STAGE_END)
		return true;
	if (status < 0 || status > STAGE_END)
		*ret_reason = g_strdup(_("a test guest hung"));
	else
		*ret_reason = g_strdup(_(stage_failures[status]));
	return false;
}
