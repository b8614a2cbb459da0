"""How long a user waits for a sign of life: from the start of `merc run` to its first row of progress.

The one figure of the bench that is wall time by its nature; on a busy machine it says little.
"""
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import time

ROW = re.compile(rb"\d %")
WINDOW = struct.pack("HHHH", 24, 120, 0, 0)


def seconds_to_first_row(argv, root):
    """Runs merc on a terminal of its own until the row appears, and kills it; None if it ends without one."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, WINDOW)
    started = time.monotonic()
    program = subprocess.Popen(argv, cwd=root, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    seen = b""
    try:
        while not ROW.search(seen):
            seen += os.read(ours, 4096)
        return time.monotonic() - started
    except OSError:  # Linux's end of file on a terminal that nobody holds any more
        return None
    finally:
        os.close(ours)
        if program.poll() is None:
            os.killpg(program.pid, signal.SIGKILL)  # its own session: the workers with it
        program.wait()
