# SPDX-License-Identifier: MIT
# The table says of each command what its words and its options are. A kind of
# argument is a word: __jig_kind knows it. Nothing here starts or changes anything:
# jobs and services come from `jig jobs` and `jig check`.

# Behind which token of the line the command of jig begins, if it begins before the
# cursor: for "jig run -q make all" 3. Then $__jig_position words stand before the
# cursor that are not options, and $__jig_project are the options of `jig check`.
function __jig_walk
	set -l tokens (commandline -opc)
	set -l kinds (__jig_words $tokens[2])
	set -l valued (__jig_valued $tokens[2])
	set -l only_words no
	set -g __jig_position 0
	set -g __jig_project
	set -l i 3
	while test $i -le (count $tokens)
		set -l token $tokens[$i]
		if test $only_words = no -a "$token" = --
			set only_words yes
			if test "$kinds[-1]" = command
				echo $i
				return
			end
		else if test $only_words = no; and string match -q -- '-?*' $token
			set -l pair (string split -m 1 = -- $token)
			set -l name $pair[1]
			if not string match -q -- '--*' $name
				set name (string replace -r '.*(.)$' -- '-$1' $name)
			end
			if test (count $pair) -eq 1; and contains -- $name $valued
				set i (math $i + 1)
				test $i -le (count $tokens); or return
				set pair $name $tokens[$i]
			end
			__jig_remember $tokens[2] $pair
		else if test "$kinds" = command
			math $i - 1
			return
		else
			set -g __jig_position (math $__jig_position + 1)
		end
		set i (math $i + 1)
	end
	if test "$kinds" = command -a (count $tokens) -ge 2
		if test $only_words = yes; or not string match -q -- '-*' (commandline -ct)
			count $tokens
		end
	end
end

# Options that say which project `jig check` is to read: the command, name, value.
function __jig_remember
	set -l path (__jig_home $argv[3])
	switch "$argv[2]"
	case --file
		set -ga __jig_project --file $path
	case -f
		test $argv[1] = logs; or set -ga __jig_project --file $path
	case -d --directory
		set -ga __jig_project --directory $path
	end
end

function __jig_is_first
	test (count (commandline -opc)) -eq 1
end

# Whether the cursor stands at an option or a word of command $argv[1].
function __jig_is_in
	set -l tokens (commandline -opc)
	test "$tokens[2]" = $argv[1]; and not string length -q (__jig_walk)
end

function __jig_is_at_word
	set -l tokens (commandline -opc)
	test (count $tokens) -ge 2; and not string length -q (__jig_walk)
end

function __jig_is_at_command
	string length -q (__jig_walk)
end

# The command behind `jig run`, as fish completes it without jig.
function __jig_command
	set -l first (math (__jig_walk) + 1)
	set -l tokens (commandline -opc)
	complete -C (string join ' ' -- (string escape -- $tokens[$first..-1]) (commandline -ct))
end

# The word at the cursor, by its position: "format directory", "job+".
function __jig_word
	__jig_walk >/dev/null
	set -l tokens (commandline -opc)
	set -l position $__jig_position
	for kind in (__jig_words $tokens[2])
		test "$kind" = --; and return
		if string match -q '*+' -- $kind; or test $position -eq 0
			test -n "$kind"; and __jig_kind (string trim -r -c + -- $kind)
			return
		end
		set position (math $position - 1)
	end
end

# A path that begins with ~/ as it is typed.
function __jig_home
	string replace -r -- '^~/' "$HOME/" $argv
end

# The program that is typed.
function __jig_program
	set -l tokens (commandline -opc)
	set -l program (__jig_home $tokens[1])
	command $program $argv </dev/null 2>/dev/null
end

# Candidates of kind $argv[1]; the other words are candidates, too.
function __jig_kind
	set -l kind $argv[1]
	set -l value (string replace -r '^--[^=]*=' '' -- (commandline -ct))
	set -l before ''
	switch $kind
	case '*-list' files
		set before (string match -r '^.*,' -- $value)
		set kind (string replace -r -- '-list$' '' $kind)
	end
	__jig_candidates $kind "$value" | string replace -r '^' -- "$before"
	string match -rv '^$' -- $argv[2..-1]
end

function __jig_candidates
	switch $argv[1]
	case column
		string join \n -- $__jig_columns
	case command-name
		__fish_complete_command
	case directory
		__fish_complete_directories (string replace -r '^--[^=]*=' '' -- (commandline -ct))
	case file
		__jig_paths $argv[2]
	case files
		__jig_paths (string replace -r '^.*,' '' -- $argv[2])
	case format
		string join \n -- $__jig_formats
	case job
		__jig_jobs
	case import
		string join \n compose
	case limit
		string join \n -- $__jig_limits
	case pid
		__fish_complete_pids
	case probe waiting-probe
		test $argv[1] = waiting-probe
		and string join \n tcp: unix: http: file: exec: delay:
		set -l kind (string match -r '^(?:file|unix):' -- $argv[2])
		and __jig_paths (string replace -- $kind '' $argv[2]) | string replace -r '^' -- $kind
	case process
		__jig_jobs
		__fish_complete_pids
	case scale
		string replace -r '$' = -- (__jig_services)
	case service
		__jig_services
	case session
		__jig_sessions
	case shell
		string join \n bash zsh fish
	case signal
		string join \n -- $__jig_signals
	case subject
		string join \n -- $__jig_commands $__jig_topics
	case target
		__jig_jobs
		__jig_services
	case user
		if string match -q '*:*' -- $argv[2]
			set -l user (string replace -r ':.*' : -- $argv[2])
			__fish_complete_groups | string replace -r '^' -- $user
		else
			__fish_complete_users
		end
	end
end

# Files that begin with $argv[1], directories with a slash at the end.
function __jig_paths
	set -l typed (string unescape -- $argv[1])
	set -l found $typed*
	for path in $found
		test -d $path; and echo $path/; or echo $path
	end
end

# %NUMBER and %NAME, with the command; also NAME if that is typed.
function __jig_jobs
	set -l typed (commandline -ct)
	set -l number
	set -l name
	for line in (__jig_program jobs --json | string match -r '^ {4}"(?:number|name|command)": .*')
		set -l pair (string match -r '^ {4}"(.*?)": "?(.*?)"?,?$' -- $line)
		switch $pair[2]
		case number
			set number $pair[3]
			set name
		case name
			set name $pair[3]
		case command
			printf '%%%s\t%s\n' $number $pair[3]
			test -n "$name"; or continue
			printf '%%%s\t%s\n' $name $pair[3]
			string match -qr '^[^%]' -- $typed; and printf '%s\t%s\n' $name $pair[3]
		end
	end
end

function __jig_sessions
	set -l name
	for line in (__jig_program jobs --json | string match -r '^ {4}"(?:number|name|session)": .*')
		set -l pair (string match -r '^ {4}"(.*?)": "?(.*?)"?,?$' -- $line)
		switch $pair[2]
		case number
			set name
		case name
			set name $pair[3]
		case session
			test $pair[3] = true -a -n "$name"; and echo $name
		end
	end
end

# The beginning of each line: "web   x 1   PORT …".
function __jig_services
	__jig_walk >/dev/null
	__jig_program check $__jig_project | string replace -rf '^(.*?)\s+x \d+\s+PORT .*' '$1'
end

complete -c jig -e
complete -c jig -f
complete -c jig -n __jig_is_first -l version -d 'show the version'
complete -c jig -n __jig_is_first -l help -s h -d 'show help'
complete -c jig -n __jig_is_at_command -x -a '(__jig_command)'
complete -c jig -n __jig_is_at_word -x -a '(__jig_word)'
complete -c jig -n '__jig_is_in kill; and string match -qr "^-[^-]*\$" -- (commandline -ct)' \
	-x -a '-$__jig_signals'
