"""A server with four workers that share its listener, as gunicorn has them."""
import os
import socket
import time

listener = socket.create_server(("127.0.0.1", 8001))
for _ in range(4):
    if os.fork() == 0:
        while True:
            listener.accept()[0].close()
while True:
    time.sleep(3600)
