"""From the hops of a crystal and their barriers to what a current sees.

* `network`: sites, jumps between them, rates; detailed balance is checked;
* `walks`: diffusion of a vacancy and of a tracer on a network, by exact solution of the master
  equation;
* `answer`: the answer to "how fast", with its effective barrier.
"""
