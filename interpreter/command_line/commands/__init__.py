"""The commands of `punchtape`, a file each; `interpreter.command_line` puts them together."""
