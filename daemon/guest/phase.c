/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/guest/private.h"

#define TO(phase) (1u << VM_##phase)

/* Row: from; bits: where it may go. */
static const unsigned moves[VM_PHASES] = {
	[VM_STARTING] = TO(GIVEN_UP) | TO(LINKED) | TO(ENDED),
	[VM_GIVEN_UP] = TO(ENDED),
	[VM_LINKING] = TO(LINKED) | TO(KILLING) | TO(ENDED) | TO(LEFT),
	[VM_LINKED] = TO(LINKING) | TO(KILLING) | TO(ENDED) | TO(LEFT),
	[VM_KILLING] = TO(ENDED) | TO(LEFT),
	[VM_ENDED] = 0,
	[VM_LEFT] = 0,
};

bool vm_may_move(VmPhase from, VmPhase to)
{
	return moves[from] & (1u << to);
}

bool vm_move(Vm *vm, VmPhase to)
{
	if (!vm_may_move(vm->phase, to))
		return false;
	vm->phase = to;
	vm_wake(vm);
	return true;
}

bool vm_is_starting(const Vm *vm)
{
	return vm->phase == VM_STARTING || vm->phase == VM_GIVEN_UP;
}

bool vm_has_ended(const Vm *vm)
{
	return vm->phase == VM_ENDED || vm->phase == VM_LEFT;
}

bool vm_is_busy(const Vm *vm)
{
	return vm->phase == VM_LINKING || vm->phase == VM_KILLING;
}
