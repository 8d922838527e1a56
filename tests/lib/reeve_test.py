# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests share: cases, a private daemon, clients, guests.

A test script registers functions with @case and ends with run_cases(). Each case is run in turn; a
failed one does not keep the others from running. $REEVE_TEST_DAEMON=libvirtd runs a script against
a private libvirtd instead, which shows that it asks for the right thing."""
import collections
import contextlib
import functools
import os
import re
import select
import signal
import subprocess
import sys
import time
import traceback

SOURCE = os.environ.get('REEVE_SOURCE') or os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
BUILD = os.environ.get('REEVE_BUILD') or os.path.join(SOURCE, 'build')
# What memory may grow to is multiplied by the one; how long things may take by the other, which knows how busy
# the machine is, too: limits of time are there to end what hangs.
LARGE = 4 if os.environ.get('REEVE_SANITIZE') or os.environ.get('REEVE_VALGRIND') else 1
SLOW = LARGE * max(1, min(20, round(2 * os.getloadavg()[0] / os.cpu_count())))
STOCK = os.environ.get('REEVE_TEST_DAEMON') == 'libvirtd'

Result = collections.namedtuple('Result', 'status out err')
cases = []


class Failed(AssertionError):
    pass


def case(function):
    cases.append(function)
    return function


def case_of_ours(function):
    """A case of which libvirtd's test driver falls short, or that is about what only we have."""
    return function if STOCK else case(function)


def run_cases(*arguments):
    """Runs the registered cases with @arguments; returns the exit status."""
    failed = []
    only = sys.argv[1:]
    chosen = [function for function in cases if not only or function.__name__ in only]
    missing = [name for name in only if name not in [function.__name__ for function in chosen]]
    if missing or not chosen:
        print(f'no such case: {" ".join(missing)}' if missing else 'there is no case')
        return 1
    for function in chosen:
        began = time.monotonic()
        try:
            function(*arguments)
            print(f'ok - {function.__name__} ({time.monotonic() - began:.2f} s)')
        except Exception:  # whatever it is, it is this case's failure
            failed.append(function.__name__)
            print(f'not ok - {function.__name__}')
            traceback.print_exc(file=sys.stdout)
    print(f'{len(chosen)} cases' + (f', failed: {" ".join(failed)}' if failed else ''))
    return 1 if failed else 0


def skip(reason):
    print(reason)
    sys.exit(77)


def check(condition, message):
    if not condition:
        raise Failed(message)


def until(condition, what, seconds=60):
    """Waits for what tells nobody that it has happened: a file that goes, a line in a log. Returns what it became."""
    deadline = time.monotonic() + seconds * SLOW
    while True:
        found = condition()
        if found:
            return found
        check(time.monotonic() < deadline, f'waited {seconds} s: {what}')
        time.sleep(0.01)


def equal(got, wanted, what=''):
    if got != wanted:
        raise Failed(f'{what or "value"}: got {got!r}, want {wanted!r}')


def contains(text, pattern, what=''):
    if not re.search(pattern, text, re.M):
        raise Failed(f'{what or "text"}: no match for {pattern!r} in:\n{text}')


@contextlib.contextmanager
def raises(code, stock=None):
    """The block must fail with this virErrorNumber (@stock: what libvirtd says where it differs)."""
    import libvirt
    code = stock if STOCK and stock is not None else code
    try:
        yield
    except libvirt.libvirtError as error:
        equal(error.get_error_code(), code, f'error code of "{error}"')
    else:
        raise Failed(f'nothing failed, error {code} was due')


def command(*words, stdin=None, timeout=60, check_status=True, env=None):
    done = subprocess.run(words, input=stdin, capture_output=True, text=True, timeout=timeout * SLOW,
                          env={**os.environ, **(env or {})}, errors='replace')
    if check_status and done.returncode != 0:
        raise Failed(f'{" ".join(words)}: exit status {done.returncode}\n{done.stdout}{done.stderr}')
    return Result(done.returncode, done.stdout, done.stderr)


class Output:
    """Reads what a process or terminal says and waits for words in it."""

    def __init__(self, fd):
        self.fd, self.text, self.at = fd, '', 0

    def wait(self, pattern, seconds=30):
        """Returns the match of @pattern in what came after the last match."""
        deadline = time.monotonic() + seconds * SLOW
        while True:
            found = re.search(pattern, self.text[self.at:], re.M)
            if found:
                self.at += found.end()
                return found
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                raise Failed(f'waited {seconds} s for {pattern!r}, got:\n{self.text[-3000:]}')
            try:
                data = os.read(self.fd, 65536)
            except OSError:  # a terminal whose other side is gone
                data = b''
            if not data:
                raise Failed(f'ended before {pattern!r} came:\n{self.text[-3000:]}')
            self.text += data.decode(errors='replace')


class Watch:
    """Lifecycle events of all guests, in the order in which they come, read in this thread. Make one
    before any other connection of the process: libvirt wants its event loop to be there first."""

    def __init__(self, server, driver='qemu'):
        import libvirt
        self.libvirt, self.seen = libvirt, []
        if not Watch.registered:
            libvirt.virEventRegisterDefaultImpl()
            Watch.registered = True
        self.connection = server.connect(driver)
        self.connection.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, self.note, None)

    registered = False

    def note(self, connection, domain, event, detail, data):
        self.seen.append((domain.name(), event, detail))

    def wait(self, name, event, detail=None, seconds=60):
        """Returns the detail of the next such event of the guest."""
        expired = []
        timer = self.libvirt.virEventAddTimeout(int(seconds * SLOW * 1000), lambda *_: expired.append(1), None)
        try:
            while True:
                for at, (who, what, how) in enumerate(self.seen):
                    if who == name and what == event and detail in (None, how):
                        del self.seen[at]
                        return how
                if expired:
                    raise Failed(f'no event {event} of {name} within {seconds} s, but {self.seen}')
                self.libvirt.virEventRunDefaultImpl()
        finally:
            self.libvirt.virEventRemoveTimeout(timer)

    def close(self):
        self.connection.close()


class Daemon:
    """What reeved and libvirtd have in common for a test."""

    process = None
    socket = socket_ro = None
    driver = 'qemu'

    def uri(self, driver='qemu', read_only=False):
        path = {'qemu': '/system' if os.geteuid() == 0 else '/session', 'test': '/default'}[driver]
        return f'{driver}+unix://{path}?socket={self.socket_ro if read_only else self.socket}'

    def connect(self, driver='qemu', read_only=False):
        import libvirt
        libvirt.registerErrorHandler(lambda *_: None, None)
        opener = libvirt.openReadOnly if read_only else libvirt.open
        return opener(self.uri(driver, read_only))

    def virsh(self, *words, driver=None, read_only=False, **options):
        flags = ['-r'] if read_only else []
        return command('virsh', '-k0', *flags, '-c', self.uri(driver or self.driver, read_only), *words, **options)

    def reeve(self, *words, driver=None, **options):
        return command(os.path.join(BUILD, 'tools', 'reeve'), '-c', self.uri(driver or self.driver), *words,
                       **options)

    def kill(self):
        """As if the daemon crashed."""
        os.kill(self.pid, signal.SIGKILL)
        self.process.wait()

    @property
    def pid(self):
        return self.process.pid

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()


class Reeved(Daemon):
    """A private reeved below @directory. Guests are stopped with it unless keep_guests is set."""

    def __init__(self, directory='d', **settings):
        self.directory = os.path.realpath(directory)
        # Tests that wait for one thing do not answer on their other connections meanwhile.
        self.settings = {'keepalive_interval': -1, **settings}
        self.socket = os.path.join(self.directory, 'sock')
        self.socket_ro = os.path.join(self.directory, 'sock-ro')
        self.log_path = self.directory + '.err'

    def start(self, **more):
        check(os.path.exists(os.path.join(BUILD, 'daemon', 'reeved')), f'no reeved in {BUILD}')
        self.allow()
        words = [os.path.join(SOURCE, 'dev'), 'run', self.directory]
        words += [f'{key}={value}' for key, value in {**self.settings, **more}.items()]
        with open(self.log_path, 'ab') as log:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                            stderr=log, env={**os.environ, 'REEVE_BUILD': BUILD})
        try:
            Output(self.process.stdout.fileno()).wait(r'^ready$', 60)
        except Failed as failure:
            self.process.kill()
            self.process.wait()
            raise Failed(f'reeved did not start: {failure}\n{self.log()}') from None
        return self

    directories = ()  # below which images may lie

    def allow(self):
        """Writes priv.conf unless it is there: images lie in self.directories, by preset the test's. For start()."""
        path = os.path.join(self.directory, 'priv.conf')
        if os.geteuid() != 0 or os.path.exists(path):
            return
        os.makedirs(self.directory, mode=0o755, exist_ok=True)
        with open(path, 'x', encoding='utf-8') as out:
            os.chmod(path, 0o600)
            for line in (*(f'image_dir = {place}' for place in self.directories or [os.getcwd()]), 'read_dir = /boot', 'read_dir = /usr/share',
                         f'read_dir = {os.path.realpath(BUILD)}/guest'):
                out.write(f'{line}\n')

    def log(self):
        with open(self.log_path, encoding='utf-8', errors='replace') as log:
            return log.read()

    def stop(self, guests=True):
        """Ends the daemon; its guests too unless told otherwise."""
        if self.process is None:
            return
        if guests and self.process.poll() is None:
            self.stop_guests()
        if self.process.poll() is None:
            self.process.terminate()
        try:
            status = self.process.wait(30 * SLOW)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failed('reeved did not end within 30 s of SIGTERM\n' + self.log()[-4000:]) from None
        finally:
            self.process.stdout.close()
            self.process = None
        check(status == 0, f'reeved ended with status {status}:\n{self.log()[-6000:]}')

    def stop_guests(self):
        for driver in ('qemu', 'test'):
            self.stop_guests_of(driver)

    def stop_guests_of(self, driver):
        import libvirt
        try:
            connection = self.connect(driver)
            domains = connection.listAllDomains(libvirt.VIR_CONNECT_LIST_DOMAINS_ACTIVE)
        except libvirt.libvirtError as error:
            print(f'cannot list guests to stop them: {error}')
            return
        for domain in domains:
            try:
                domain.destroy()
            except libvirt.libvirtError as error:
                print(f'cannot stop {domain.name()}: {error}')
        connection.close()


class Libvirtd(Daemon):
    """A private libvirtd: its directories are replaced by empty ones in a mount namespace."""

    def __init__(self, directory='libvirtd', **settings):
        if os.geteuid() != 0:
            skip('a private libvirtd needs root')
        self.directory = os.path.realpath(directory)
        self.settings = settings
        self.words = []  # lines of libvirtd.conf
        self.socket = os.path.join(self.directory, 'libvirt-sock')
        self.socket_ro = os.path.join(self.directory, 'libvirt-sock-ro')

    def start(self):
        os.makedirs(self.directory, exist_ok=True)
        self.process = subprocess.Popen([os.path.join(SOURCE, 'tests', 'lib', 'run-libvirtd'), self.directory, *self.words],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        Output(self.process.stdout.fileno()).wait(r'^ready$', 60)
        return self

    def stop(self, guests=True):
        if self.process is None:
            return
        Reeved.stop_guests_of(self, 'qemu')
        self.process.terminate()
        self.process.wait(60)
        self.process.stdout.close()
        self.process = None


def daemon(directory='d', **settings):
    """The daemon that the tests are to ask: ours, or libvirtd when $REEVE_TEST_DAEMON says so."""
    return (Libvirtd if STOCK else Reeved)(directory, **settings)


@functools.cache
def kernel(agent=False):
    """Path of the distribution's kernel for guests, and of an initramfs made for it."""
    done = command(os.path.join(SOURCE, 'tests', 'lib', 'guest-files'), BUILD, *(['agent'] if agent else []),
                   check_status=False, timeout=120)
    if done.status != 0:
        skip(done.err.strip().splitlines()[-1] if done.err.strip() else 'no kernel for guests')
    return done.out.splitlines()


def disk_image(path, size='64M', backing=None, form='qcow2'):
    words = ['qemu-img', 'create', '-q', '-f', form]
    if backing:
        words += ['-b', backing[0], '-F', backing[1]]
    command(*words, path, size)
    return os.path.realpath(path)


def guest_xml(name, memory=96, vcpus=1, words='', devices='', boot=True, kind='qemu', os_extra=''):
    """A small guest: kernel and initramfs (@boot 'agent': with the guest agent), a serial console,
    whatever @devices adds."""
    start = ''
    if boot:
        image, initrd = kernel(boot == 'agent')
        start = (f'<kernel>{image}</kernel><initrd>{initrd}</initrd>'
                 f'<cmdline>console=ttyS0 quiet panic=-1 no_timer_check {words}</cmdline>')
    return f'''<domain type='{kind}'>
  <name>{name}</name>
  <memory unit='MiB'>{memory}</memory>
  <vcpu>{vcpus}</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type>{start}{os_extra}</os>
  <features><acpi/></features>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <serial type='pty'/>
    <console type='pty'/>
    <memballoon model='none'/>
    {devices}
  </devices>
</domain>'''


def processes(comm):
    """pid -> command line of all processes of that name in this test."""
    found = {}
    for entry in os.listdir('/proc'):
        if not entry.isdigit():
            continue
        try:
            with open(f'/proc/{entry}/comm', encoding='ascii') as text:
                if not text.read().startswith(comm[:15]):
                    continue
            with open(f'/proc/{entry}/cmdline', 'rb') as line:
                found[int(entry)] = line.read().replace(b'\0', b' ').decode(errors='replace')
        except OSError:
            continue
    return {pid: line for pid, line in found.items() if line and of_this_test(pid)}


def of_this_test(pid):
    """The network namespace tells, where the runner made one."""
    try:
        return os.readlink(f'/proc/{pid}/ns/net') == os.readlink('/proc/self/ns/net')
    except OSError:
        return False


class Console:
    """`virsh console` (or another command) on a terminal of its own."""

    def __init__(self, *words):
        import pty
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvp(words[0], words)
        self.output = Output(self.fd)

    def wait(self, pattern, seconds=60):
        return self.output.wait(pattern, seconds)

    def type(self, text):
        os.write(self.fd, text.encode())

    def talk(self, word):
        """Has the guest's shell say @word. QEMU looks once a second whether somebody has its pty open, and
        drops what is written meanwhile: so a line may have to be typed again."""
        for attempt in range(4 * SLOW):
            self.type(f'\recho {word[:2]}""{word[2:]}\r')
            try:
                self.wait(word, 5 / SLOW)  # how often it is typed, however busy the machine is
                break
            except Failed as failure:
                if attempt == 4 * SLOW - 1 or 'ended before' in str(failure):
                    raise

    def close(self):
        """Ctrl-] leaves virsh console; returns the exit status."""
        with contextlib.suppress(OSError):
            self.type('\x1d')
        with contextlib.suppress(Failed):
            self.output.wait(r'\Z(?!)', 10)
        status = os.waitpid(self.pid, 0)[1]
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)


class Shell:
    """The shell on a guest's console."""

    def __init__(self, server, name):
        self.console = Console('virsh', '-c', server.uri(), 'console', name, '--force')
        self.number = 0

    def wait(self, pattern):
        return self.console.wait(pattern, 120)

    def run(self, words):
        """Exit status of a command in the guest, and what it printed."""
        self.number += 1
        if self.number == 1:
            self.console.talk('ready')
        self.console.type(f'{words}; echo "end"{self.number} $?\r')
        found = self.wait(rf'(?s)(.*?)^end{self.number} (\d+)')
        return int(found.group(2)), found.group(1)

    def ping(self, address):
        status, text = self.run(f'ping -c 2 -W 10 {address}')
        check(status == 0, f'no answer from {address}: {text}')

    def until(self, condition):
        """Waits in the guest until the command @condition succeeds."""
        self.run(f'until {condition}; do sleep 0.1 || sleep 1; done')

    def close(self):
        self.console.close()
