# SPDX-License-Identifier: LGPL-2.1-or-later
"""A copy of the source tree to put faults into, its builds, and the tests that run on them."""
import os
import re
import shutil
import subprocess
import sys
import time

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
COMPILED = ('unit', 'golden', 'fuzz')
PROGRAMS = ('daemon/reeved', 'worker/reeve-vm', 'worker/reeve-priv', 'tools/reeve')
KEPT = ('/usr', '/etc', '/boot', '/root', '/home', '/opt', '/srv')  # what a faulty program must not change


def words(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


class Tree:
    """Below @top: source/, and builds of it by name."""

    def __init__(self, top):
        self.top = os.path.realpath(top)
        self.source, self.flags = os.path.join(self.top, 'source'), {}
        os.makedirs(os.path.join(self.top, 'tmp'), exist_ok=True)

    def path(self, name):
        return os.path.join(self.source, name)

    def copy(self):
        """Brings source/ up to date with the files that git knows; those that are the same keep their times."""
        names = words('git', '-C', SOURCE, 'ls-files', '-z', '--cached', '--others', '--exclude-standard').split('\0')
        known = {name for name in names if name and os.path.isfile(os.path.join(SOURCE, name))}
        for name in known:
            ours, theirs = self.path(name), os.path.join(SOURCE, name)
            if not same(ours, theirs):
                os.makedirs(os.path.dirname(ours), exist_ok=True)
                shutil.copyfile(theirs, ours)
                shutil.copymode(theirs, ours)
        listing = os.path.join(self.top, 'files')
        before = set()
        if os.path.exists(listing):
            with open(listing, encoding='utf-8') as text:
                before = set(text.read().split('\n'))
        for name in before - known:
            if name and os.path.exists(self.path(name)):
                os.remove(self.path(name))
        with open(listing, 'w', encoding='utf-8') as text:
            text.write('\n'.join(sorted(known)))

    def build(self, name):
        return os.path.join(self.top, name)

    def configure(self, name, flags, *objects):
        """Makes a build tree in which make() compiles with these flags and links these objects into all programs. It is
        configured once for all."""
        configured = self.build('configured')
        if not os.path.exists(os.path.join(configured, 'Makefile')):
            shutil.rmtree(configured, ignore_errors=True)
            os.makedirs(configured)
            self.must('autoreconf', '--install', '--force', cwd=self.source)
            self.must('../source/configure', '--quiet', cwd=configured)
        if not os.path.exists(os.path.join(self.build(name), 'Makefile')):
            shutil.copytree(configured, self.build(name))
        with open(os.path.join(configured, 'Makefile'), encoding='utf-8') as text:
            libraries = re.search(r'^LIBS =(.*)$', text.read(), re.M).group(1).split()
        self.flags[name] = [f'CFLAGS={flags}', f'LIBS={" ".join([*libraries, *objects])}']
        # Headers that are made belong to no target by itself.
        tables = os.listdir(self.path('rpc/tables'))
        self.make(name, *sorted(f'rpc/tables/{table[:-2]}.h' for table in tables if table.endswith('.x')), must=True)

    def must(self, *command, **options):
        done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
        if done.returncode != 0:
            sys.exit(f'mutate: {" ".join(command)} failed:\n{done.stderr[-3000:]}')

    def make(self, name, *targets, must=False):
        """Returns whether it could be made."""
        command = ['make', '-s', '-C', self.build(name), f'-j{os.cpu_count()}', *self.flags[name], *targets]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if must and done.returncode != 0:
            sys.exit(f'mutate: {" ".join(targets)} failed:\n{done.stderr[-3000:]}')
        return done.returncode == 0

    def targets(self, test):
        """What must be made for a test."""
        folder = test.split('/')[0]
        return [f'tests/{test}'] if folder in COMPILED else list(PROGRAMS)

    def tests(self):
        """Names of all tests but the lints, which run no program. Those that are compiled need not be there yet."""
        out = words(sys.executable, self.path('tests/run'), '--build', self.build('none'), '--list')
        scripts = [name for name in out.split() if not name.startswith('lint/')]
        with open(self.path('tests/local.mk'), encoding='utf-8') as text:
            compiled = set(re.findall(r'\btests/((?:unit|golden|fuzz)/(?:test|replay)_\w+?)(?=\s|$|_SOURCES)', text.read()))
        return sorted(compiled) + scripts

    def run(self, build, test, limit):
        """Runs one test in namespaces of its own; returns (passed, failed or skipped, seconds, what it said)."""
        inner = [sys.executable, self.path('tests/run'), '--build', self.build(build), '-j1', '--limit', str(limit), test]
        began = time.monotonic()
        done = subprocess.run(self.enclosed(inner), capture_output=True, text=True, errors='replace', check=False,
                              env={**os.environ, 'TMPDIR': os.path.join(self.top, 'tmp')})
        counts = re.findall(r'^(\d+) passed, (\d+) failed, (\d+) skipped$', done.stdout, re.M)
        if not counts:
            return 'failed', time.monotonic() - began, done.stdout + done.stderr
        passed, failed, _ = (int(count) for count in counts[-1])
        return ('failed' if failed else 'passed' if passed else 'skipped'), time.monotonic() - began, done.stdout

    def enclosed(self, command):
        """The command, in pid and mount namespaces where it can change nothing of the host's files and outlive nothing."""
        script = 'top=$1; shift; mount --bind "$top" "$top" || exit 99\n' if os.geteuid() == 0 else 'shift\n'
        for path in KEPT if os.geteuid() == 0 else ():
            script += (f'if [ -d {path} ] && [ ! -L {path} ]; then mount --rbind {path} {path} && '
                       f'mount -o remount,bind,ro {path} || exit 99; fi\n')
        # The shell stays as the init of the namespace and buries whom it does not know.
        script += '"$@"\nexit $?\n'
        how = ['--mount', '--propagation', 'private'] if os.geteuid() == 0 else ['--user', '--map-current-user']
        return ['unshare', *how, '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', script, 'sh', self.top, *command]


def same(one, other):
    try:
        with open(one, 'rb') as left, open(other, 'rb') as right:
            return left.read() == right.read() and os.stat(one).st_mode == os.stat(other).st_mode
    except FileNotFoundError:
        return False
