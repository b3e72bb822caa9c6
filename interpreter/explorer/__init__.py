"""A run in the browser: one HTML page that holds a prompt, its trace, the weights, and a small engine for them.

Read `weights`, `payload` and `page`, in this order; then the modules in `assets`, `engine.js` first.
"""
