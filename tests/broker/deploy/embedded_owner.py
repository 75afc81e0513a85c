"""A program that starts a broker from a thread and is then killed by the test.

Arguments: data folder or `-` for a temporary one. Prints the broker's folder and process ids as JSON.
"""

import json
import sys
import threading
import time

from cbrn_deploy.kafka import EmbeddedKafka

started = threading.Event()


def own(data):
    kafka = EmbeddedKafka(None if data == "-" else data).start()
    sys.stdout.write(json.dumps({"folder": str(kafka.folder), "pids": list(kafka.pids.values())}) + "\n")
    sys.stdout.flush()
    started.set()


# The thread ends when the broker is up: a death signal that Linux binds to the starting thread would come right then.
starter = threading.Thread(target=own, args=(sys.argv[1],))
starter.start()
starter.join()
if not started.is_set():
    sys.exit(1)  # what went wrong stands on standard error; who waits for a line gets none
time.sleep(600)
