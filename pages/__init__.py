"""The browser side: layout, widgets and charts. It calls `workbench` and holds no state of its own."""
