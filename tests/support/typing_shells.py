# SPDX-License-Identifier: MIT
"""Interactive shells that complete what a test types, each on a terminal.

    with SHELLS["zsh"](env, cwd) as shell:
        assert shell.complete("jig run --cage=pid") == "jig run --cage=pidns "

Nothing of the user's is read. The completion script is what `jig completion`
prints. Ctrl-G shows the line as the shell has it, Ctrl-T clears it: no keys with a
meaning for a terminal in its usual modes, in which it is while a key does its work.
"""

from __future__ import annotations

from pty_session import Terminal

SHOW, CLEAR, TAB = "\x07", "\x14", "\t"


class Typing(Terminal):
    """A shell that waits for keys. PREPARE: its commands before the first line.

    load: the command that loads the completions.
    """

    COMMAND: tuple[str, ...] = ()
    PREPARE = ""
    LOAD = ""

    def __init__(self, env: dict[str, str], cwd, load: str = ""):
        env = env | {"TERM": "xterm", "PS1": "", "PS2": "", "HISTFILE": ""}
        super().__init__(list(self.COMMAND), env=env, cwd=cwd)
        self.send(f"{self.PREPARE}\n{load or self.LOAD}\necho pre''pared\n")
        self.expect("prepared")

    def complete(self, typed: str, keys: str = TAB) -> str:
        """The line after these keys."""
        self.send(CLEAR + typed + keys + SHOW)
        return self.expect(r"(?s)<<(.*?)>>")[1]

    def do(self, line: str) -> None:
        self.send(f"{CLEAR}{line}; echo do''ne\n")
        self.expect("done")


class Bash(Typing):
    COMMAND = ("bash", "--norc", "--noprofile", "-i")
    PREPARE = """bind 'set bell-style none'
bind 'set completion-query-items 0'
bind 'set page-completions off'
bind '"\\C-t": kill-whole-line'
bind -x '"\\C-g": printf "<<%s>>" "$READLINE_LINE"'"""
    LOAD = ". <(jig completion bash)"


class BashCompletion(Bash):
    """With the package bash-completion."""

    PACKAGE = "/usr/share/bash-completion/bash_completion"
    PREPARE = f". {PACKAGE}\n{Bash.PREPARE}"


class Zsh(Typing):
    COMMAND = ("zsh", "-f", "-i")
    PREPARE = """unsetopt beep automenu; bindkey -e
autoload -Uz compinit; compinit -u -D
show() { print -rn -- "<<$BUFFER>>" }
zle -N show; bindkey '^G' show '^T' kill-whole-line"""
    LOAD = ". <(jig completion zsh)"


class Fish(Typing):
    COMMAND = ("fish", "-i")
    PREPARE = """function fish_prompt; end
set fish_autosuggestion_enabled 0
bind \\ct 'commandline -r ""'
bind \\cg 'printf "<<%s>>" (commandline)'"""
    LOAD = "jig completion fish | source"


SHELLS = {
    "bash": Bash,
    "bash-completion": BashCompletion,
    "zsh": Zsh,
    "fish": Fish,
}

