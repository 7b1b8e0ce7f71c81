# SPDX-License-Identifier: MIT
# The table above says of each command what its words and its options are. A kind
# of argument is a word: _jig_kind knows it. Nothing here starts or changes
# anything: jobs and services come from `jig jobs` and `jig check`.

_jig() {
	local program=${(Q)words[1]} context state line behind i
	local -a options kinds project
	local -A opt_args

	program=${program/#\~\//$HOME/}
	if (( CURRENT == 2 )); then
		if [[ $PREFIX == -* ]]; then
			compadd -- --help --version
		else
			_describe command _jig_commands
		fi
		return
	fi
	_jig_table $words[2]
	_jig_project
	shift words
	(( CURRENT-- ))
	if [[ $kinds[-1] == command ]] && _jig_find_dashes; then
		shift $behind words
		(( CURRENT -= behind ))
		_normal
		return
	fi
	if [[ $kinds == command ]]; then
		options+=('(-):command: _command_names -e' '*::arguments: _normal')
	fi
	kinds=(${kinds%%command})
	kinds=(${kinds:#--})
	for i in $kinds; do
		if [[ $i == *+ ]]; then
			options+=("*: : _jig_kind ${i%+}")
		else
			options+=(": : _jig_kind $i")
		fi
	done
	if [[ $words[1] == kill && $PREFIX == -[^-]# ]]; then
		compadd -- -$^_jig_signals
	fi
	_arguments -s -S $options
}

# Whether "--" ends the options of jig before the cursor; $behind: its place.
_jig_find_dashes() {
	local option

	for (( behind = 2; behind < CURRENT; behind++ )); do
		case $words[behind] in
		--) return 0 ;;
		--*=*) ;;
		-?*)
			for option in $options; do
				[[ $option != "*$words[behind]"[=+]'['* ]] || (( behind++ ))
			done ;;
		*) [[ $kinds != command ]] || return 1 ;;
		esac
	done
	return 1
}

# Options that say which project `jig check` is to read.
_jig_project() {
	local i name value

	for (( i = 3; i < CURRENT; i++ )); do
		name=${words[i]%%=*} value=${(Q)words[i]#*=}
		[[ $words[i] == --*=* ]] || value=${(Q)words[i + 1]}
		value=${value/#\~\//$HOME/}
		case $name in
		--file) project+=(--file $value) ;;
		-f) [[ $words[2] == logs ]] || project+=(--file $value) ;;
		-d | --directory) project+=(--directory $value) ;;
		--) return ;;
		esac
	done
}

# Complete a word of kind $1; the other words are candidates, too.
_jig_kind() {
	local kind=$1

	shift
	case $kind in
	*-list) compset -P '*,'; kind=${kind%-list} ;;
	files) compset -P '*,'; kind=file ;;
	esac
	case $kind in
	column) _jig_offer $_jig_columns ;;
	command-name) _command_names -e ;;
	directory) _files -/ ;;
	file) _files ;;
	format) _jig_offer $_jig_formats ;;
	job) _jig_jobs ;;
	import) _jig_offer compose ;;
	limit) _jig_offer $_jig_limits ;;
	pid) _jig_offer $@ /proc/<->(N:t) ;;
	probe) _jig_probe $@ ;;
	process) _jig_jobs; _jig_offer $@ /proc/<->(N:t) ;;
	scale) _jig_offer ${^${(f)"$(_jig_services)"}}= ;;
	service) _jig_offer ${(f)"$(_jig_services)"} ;;
	session) _jig_offer $(_jig_sessions) ;;
	shell) _jig_offer bash zsh fish ;;
	subject)
		_describe command _jig_commands
		_jig_offer $_jig_topics
		;;
	signal) _jig_offer $_jig_signals ;;
	target) _jig_jobs; _jig_offer ${(f)"$(_jig_services)"} ;;
	user) _jig_user ;;
	waiting-probe) _jig_probe tcp: unix: http: file: exec: delay: ;;
	*) _jig_offer $@ ;;
	esac
}

# No blank follows after tcp: and web=.
_jig_offer() {
	compadd -S '' -- ${(M)@:#*[:=]}
	compadd -- ${@:#*[:=]}
}

_jig_probe() {
	if compset -P '(file|unix):'; then
		_files
	else
		_jig_offer $@
	fi
}

_jig_user() {
	if compset -P '*:'; then
		_groups
	else
		_users
	fi
}

# The lines of `jig jobs --json` with a key, without it: _jig_lines number.
_jig_lines() {
	local text match mbegin mend

	command $program jobs --json </dev/null 2>/dev/null |
		while IFS= read -r text; do
			[[ $text == (#b)'    "'(${~1})'": '(*) ]] && print -r -- $match[1] ${match[2]%,}
		done
}

# %NUMBER and %NAME, with the command; also NAME if that is typed.
_jig_jobs() {
	setopt localoptions extendedglob
	local text key number name
	local -a found

	_jig_lines 'number|name|command' | while read -r key text; do
		case $key in
		number) number=$text name= ;;
		name) name=${(Q)text} ;;
		command)
			found+=("%$number:${text//:/\\:}")
			[[ ! $name ]] || found+=("%$name:${text//:/\\:}")
			[[ ! $name || ! $PREFIX || $PREFIX == %* ]] ||
				found+=("$name:${text//:/\\:}") ;;
		esac
	done
	_describe -V job found
}

_jig_sessions() {
	setopt localoptions extendedglob
	local text key name

	_jig_lines 'number|name|session' | while read -r key text; do
		case $key in
		number) name= ;;
		name) name=${(Q)text} ;;
		session) [[ $text != true ]] || print -r -- $name ;;
		esac
	done
}

# The beginning of each line: "web   x 1   PORT …".
_jig_services() {
	setopt localoptions extendedglob
	local text

	command $program check $project </dev/null 2>/dev/null |
		while IFS= read -r text; do
			print -r -- ${${text%% x [0-9]*PORT *}%%[[:space:]]#}
		done
}

# As a file of $fpath it is the function's body; else it registers itself.
if [[ $funcstack[1] == _jig ]]; then
	_jig "$@"
else
	compdef _jig jig
fi
