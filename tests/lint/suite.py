#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The runner of the suite, on a small suite of its own: what it counts, and what it calls an error."""
import os
import shutil
import sys

from reeve_test import SOURCE, case, command, contains, equal, run_cases

TESTS = {
    'calls/passes': 'true',
    'calls/passes_too': 'true',
    'calls/skips': 'echo there is no moon tonight; exit 77',
    'calls/fails': 'echo a reason; exit 3',
    # Its directory is another one at the second try; the name of the first is above both.
    'calls/flaky': 'test -e "$REEVE_SOURCE/tried" && exit 0; touch "$REEVE_SOURCE/tried"; exit 1',
    'crash/leaves': 'sleep 1000 & exit 0',
    'calls/sleeps': 'sleep 1000',
    'crash/hangs': '# timeout: 1\nsleep 1000',
}


def suite(*names):
    """A suite with some of these tests; returns a function that runs it."""
    shutil.rmtree('s', ignore_errors=True)
    for name in names:
        path = f's/tests/{name}.sh'
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as script:
            script.write('#!/bin/sh\n' + TESTS[name] + '\n')
        os.chmod(path, 0o755)
    shutil.copy(os.path.join(SOURCE, 'tests', 'run'), 's/tests/run')
    return lambda *words: command('s/tests/run', '--build', 's/build', *words, check_status=False)


def last(done, count=1):
    return done.out.splitlines()[-count:]


@case
def all_well():
    done = suite('calls/passes', 'calls/skips')()
    equal((done.status, last(done)), (0, ['1 passed, 0 failed, 1 skipped']))
    contains(done.out, '^skip calls/skips: there is no moon tonight$')


@case
def one_fails():
    done = suite('calls/passes', 'calls/fails')()
    equal((done.status, last(done, 2)), (1, ['failed: calls/fails', '1 passed, 1 failed, 0 skipped']))
    contains(done.out, '^ +[|] a reason$')


@case
def second_try():
    """It passes, and is told apart."""
    done = suite('calls/passes', 'calls/flaky')()
    equal((done.status, last(done, 2)), (0, ['passed at the second try: 1 (calls/flaky)', '2 passed, 0 failed, 0 skipped']))


@case
def alone_there_is_one_try():
    done = suite('calls/passes', 'calls/flaky')('-j1')
    equal((done.status, last(done)), (1, ['1 passed, 1 failed, 0 skipped']))


@case
def what_is_left_running():
    done = suite('crash/leaves', 'crash/hangs')('-j1')
    equal((done.status, last(done)), (1, ['0 passed, 2 failed, 0 skipped']))
    contains(done.out, 'left running: sleep 1000')
    contains(suite('calls/sleeps')('--limit', '1').out, 'calls/sleeps .*: ran out of time')
    contains(done.out, 'crash/hangs .*: ran out of time')


@case
def names():
    run = suite('calls/passes', 'calls/passes_too', 'calls/fails')
    equal(run('--list').out.split(), ['calls/fails', 'calls/passes', 'calls/passes_too'])
    equal(run('--list', 'passes').out.split(), ['calls/passes', 'calls/passes_too'])
    equal(run('--list', 'calls/passes').out.split(), ['calls/passes'], 'a whole name')
    equal(last(run('calls/passes')), ['1 passed, 0 failed, 0 skipped'])
    equal(last(run('calls/passes', 'golden/')), ['1 passed, 0 failed, 0 skipped'], 'a folder whose cases others run')
    for words in (['nothing'], ['passes', 'nothing'], ['--list', 'nothing']):
        done = run(*words)
        equal((done.status, done.out), (2, ''), f'{words}')
        contains(done.err, "no test has 'nothing' in its name")


@case
def names_of_cases():
    """Of a script: one that it does not have is a failure, too."""
    with open('script.py', 'w', encoding='utf-8') as script:
        script.write('import sys\nfrom reeve_test import case, run_cases\n'
                     '@case\ndef here():\n    pass\nsys.exit(run_cases())\n')
    for words, status in (([], 0), (['here'], 0), (['there'], 1), (['here', 'there'], 1)):
        equal(command(sys.executable, 'script.py', *words, check_status=False).status, status, f'{words}')


if __name__ == '__main__':
    sys.exit(run_cases())
