"""Starting the steps: what pages and the command line call.

Each launch checks what the step needs, freezes its data into a new run directory, and adds a pending run; the
supervisor starts it when the device is free.
"""
