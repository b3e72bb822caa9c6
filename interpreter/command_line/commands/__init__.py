"""The commands of `punchtape`, a file each; `interpreter.command_line.group` puts them together."""
