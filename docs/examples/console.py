#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""console.py COMMAND...: runs a console command on a terminal of its own, waits for the guest's shell,
types two commands and leaves with Ctrl-]. Shows all that the guest says."""
import os
import pty
import select
import sys
import time

STEPS = (('guest# ', 'uname -a\r'), ('guest# ', 'ls -l /dev/vda\r'), ('guest# ', '\x1d'))
PATIENCE = 180


def whole(text):
    """How much of the text can be shown: a question to the terminal at its end may be incomplete."""
    at = text.rfind('\x1b', max(0, len(text) - 3))
    return len(text) if at < 0 else at


def main():
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(sys.argv[1], sys.argv[1:])
    seen, pending, deadline = '', '', time.monotonic() + PATIENCE
    steps = list(STEPS)
    while True:
        if not select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0]:
            print(f'\nno shell within {PATIENCE} s', file=sys.stderr)
            os.kill(pid, 15)
            break
        try:
            data = os.read(terminal, 65536)
        except OSError:  # the command has ended
            data = b''
        if not data:
            break
        pending += data.decode(errors='replace')
        length = whole(pending)
        text, pending = pending[:length].replace('\x1b[6n', ''), pending[length:]
        sys.stdout.write(text.replace('\r', ''))
        sys.stdout.flush()
        seen += text
        if steps and steps[0][0] in seen:
            os.write(terminal, steps.pop(0)[1].encode())
            seen = ''
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return 1 if steps else status


if __name__ == '__main__':
    sys.exit(main())
