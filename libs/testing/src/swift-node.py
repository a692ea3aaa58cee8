"""
One node of OpenStack Swift: makes the rings of the folder that it is given, starts a server for each configuration in it, and ends them
when its standard input ends, as it does when whoever started it is gone.

    swift-node.py <folder> <port of account> <of container> <of object>
"""
import os
import subprocess
import sys

from swift.common.ring import RingBuilder

folder = sys.argv[1]
storage = dict(zip(('account', 'container', 'object'), map(int, sys.argv[2:5])))

for name, port in storage.items():
    builder = RingBuilder(part_power=2, replicas=1, min_part_hours=1)
    builder.add_dev({
        'region': 1, 'zone': 1, 'ip': '127.0.0.1', 'port': port, 'device': 'd', 'weight': 1,
        'replication_ip': '127.0.0.1', 'replication_port': port, 'meta': '',
    })
    builder.rebalance()
    builder.get_ring().save(os.path.join(folder, name + '.ring.gz'))

servers = [
    subprocess.Popen(['swift-%s-server' % name, os.path.join(folder, name + '.conf'), '-v'], stdin=subprocess.DEVNULL)
    for name in (*storage, 'proxy')
]
try:
    sys.stdin.read()
finally:
    for server in servers:
        server.kill()
    for server in servers:
        server.wait()
