#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""./dev mutate: the faults that it finds in a small file, each of which compiles; the map of lines and tests, of
processes that are killed and change their user; and the choice that a seed makes again."""
import json
import os
import subprocess
import sys

from reeve_test import SOURCE, case, check, command, contains, equal, run_cases

sys.path.insert(0, os.path.join(SOURCE, 'tests', 'mutate'))
import reach  # noqa: E402
from ctokens import Source  # noqa: E402
from faults import Maker, enum_neighbours  # noqa: E402

TEXT = r'''#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>
#define LESS(a, b) ((a) < (b))
enum { FLAG_ONE = 1, FLAG_TWO = 2, FLAG_FOUR = 4 };
static const int table[] = { 1, 2 };

void note(const char *text, int number);
bool commit(int number);
int log_debug(const char *format, ...);

/* if (a < b) in a comment */
bool
act(int number, const char *text)
{
	int flags = FLAG_ONE | FLAG_TWO;
	size_t room = 5 * 1024;

	if (number < 7 && text)
		return false;
	if (!commit(number)) {
		return false;
	}
	note("a < b; c == d", flags);
	note(text, (int)room - 1);
	log_debug("%d", number == 1);
	return table[0] == number;
}

int empty(void)
{
	return LESS(1, 2);
}
'''


def found(text=TEXT):
    source = Source(text)
    return source, list(Maker(source, enum_neighbours([text])).all())


def changes(kind):
    return {(fault.line, fault.before, fault.text) for fault in found()[1] if fault.kind == kind}


@case
def functions():
    source = Source(TEXT)
    equal([(one.name, one.first_line, one.last_line) for one in source.functions], [('act', 14, 28), ('empty', 30, 33)])


@case
def kinds():
    equal(changes('comparison'), {(19, '<', '<='), (19, '<', '>='), (27, '==', '!=')})
    equal(changes('logic'), {(19, '&&', '||')})
    equal(changes('condition'), {(19, 'number < 7 && text', '!(number < 7 && text)'), (21, '!', ''),
                                 (21, '!commit(number)', '!(!commit(number))')})
    equal(changes('flag'), {(16, '| FLAG_TWO', '')})
    equal(changes('neighbour'), {(16, 'FLAG_ONE', 'FLAG_TWO'), (16, 'FLAG_TWO', 'FLAG_FOUR')})
    equal(changes('unit'), {(17, '1024', '1000')})
    equal(changes('constant'), {(17, '5', '6'), (17, '1024', '1025'), (19, '7', '8'), (20, 'false', 'true'), (22, 'false', 'true'),
                                (25, '1', '2'), (27, '0', '1'), (32, '1', '2'), (32, '2', '3')})
    equal(changes('arithmetic'), {(25, '-', '+')})
    equal(changes('call removed'), {(24, 'note("a < b; c == d", flags);', ';'), (25, 'note(text, (int)room - 1);', ';')})
    equal(changes('return ignored'), {(20, 'return false;', ';'), (22, 'return false;', ';')})
    equal(changes('order'), {(24, 'note("a < b; c == d", flags);\n\tnote(text, (int)room - 1);',
                              'note(text, (int)room - 1);\n\tnote("a < b; c == d", flags);')})


@case
def all_compile():
    source, faults = found()
    check(len(faults) > 20, f'{len(faults)} faults')
    for fault in faults:
        text = source.text[:fault.start] + fault.text + source.text[fault.end:]
        command('gcc', '-fsyntax-only', '-x', 'c', '-', stdin=text)


@case
def of_the_product():
    """What it chooses for a seed it chooses again, and from the named files only."""
    run = [sys.executable, os.path.join(SOURCE, 'tests', 'mutate', 'run'), '--list', '--count', '8']
    if command('git', '-C', SOURCE, 'rev-parse', check_status=False).status != 0:
        print('no checkout')
        return
    one = command(*run, '--seed', '5', os.path.join(SOURCE, 'base')).out
    equal(command(*run, '--seed', '5', os.path.join(SOURCE, 'base')).out, one)
    check(command(*run, '--seed', '6', os.path.join(SOURCE, 'base')).out != one, 'another seed, another choice')
    equal([line.split('/')[0] for line in one.splitlines()[1:]], ['base'] * 8)
    equal(command(*run, '--since', 'HEAD', os.path.join(SOURCE, 'base', 'error.c')).out.split()[0].isdigit(), True)
    contains(command(*run, 'nowhere.c', check_status=False).err, 'nowhere.c is no C file of the product')


PROGRAM = r'''
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int killed(int n)
{
	if (n > 5)
		return 2;
	return 1;
}

static void in_child(int n)
{
	if (fork() == 0) {
		if (geteuid() == 0 && setuid(65534) != 0)
			_exit(3);
		if (n > 100)
			_exit(4);
		raise(killed(n) == 2 ? SIGKILL : SIGTERM);
	}
	wait(NULL);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		in_child(atoi(argv[1]));
	return 0;
}
'''


class World:
    """What a Reach asks of a tree, with one program."""

    def __init__(self):
        self.top = os.path.realpath('m')
        self.source = os.path.join(self.top, 'source')
        os.makedirs(self.source)
        os.makedirs(os.path.join(self.top, 'traced', 'tests', 'unit'))
        with open(os.path.join(self.source, 'p.c'), 'w', encoding='ascii') as out:
            out.write(PROGRAM)
        self.program = os.path.join(self.top, 'traced', 'tests', 'unit', 'test_p')
        command('gcc', '-c', f'-DTRACE_DIR="{self.top}/reached"', os.path.join(SOURCE, 'tests', 'mutate', 'trace.c'), '-o', 'trace.o')
        command('gcc', '-g', '-O0', '-fsanitize-coverage=trace-pc', os.path.join(self.source, 'p.c'), 'trace.o',
                '-o', self.program)

    def build(self, name):
        return os.path.join(self.top, name)

    def targets(self, test):
        """Its one program is there from the beginning."""
        return ()

    def make(self, name, *targets, must=False):
        return True

    def run(self, build, test, limit):
        subprocess.run([self.program, *test.split('/')[1:]], check=True, timeout=limit)
        return 'passed', 1.0, ''


@case
def map_of_lines():
    def line_of(words):
        return PROGRAM[:PROGRAM.index(words)].count('\n') + 1
    world = World()
    seen = reach.Reach(world)
    for test in ('calls', 'calls/1', 'calls/9', 'calls/200'):
        seen.add(test)
    seen.older['p.c'] = []  # the file is as it was
    functions = {one.name: one for one in Source(PROGRAM).functions}
    equal(seen.tests('p.c', functions['main'], line_of('argc > 1')), ['calls', 'calls/1', 'calls/9', 'calls/200'])
    equal(seen.tests('p.c', functions['in_child'], line_of('fork() == 0')), ['calls/1', 'calls/9', 'calls/200'])
    equal(seen.tests('p.c', functions['in_child'], line_of('_exit(4)')), ['calls/200'], 'ended by _exit()')
    equal(seen.tests('p.c', functions['killed'], line_of('n > 5')), ['calls/1', 'calls/9'], 'killed, under another user')
    equal(seen.tests('p.c', functions['killed'], line_of('return 2')), ['calls/9'])
    seen.save()
    with open(seen.path, encoding='utf-8') as text:
        equal(sorted(json.load(text)['tests']), ['calls', 'calls/1', 'calls/200', 'calls/9'])


if __name__ == '__main__':
    sys.exit(run_cases())
