# SPDX-License-Identifier: MIT
# The table above says of each command what its words and its options are. A kind
# of argument is a word: _jig_candidates knows it. Nothing here starts or changes
# anything: jobs and services come from `jig jobs` and `jig check`.

_jig() {
	local program=${COMP_WORDS[0]} words= prefix= value= position=0 IFS=$' \t\n'
	local -a line=() places=() options=() project=()

	COMPREPLY=()
	[[ $program != '~/'* ]] || program=$HOME/${program#'~/'}
	_jig_split
	if ((${#line[@]} <= 2)); then
		_jig_offer "${line[1]}" "$(_jig_each $_jig_commands --help --version)"
		return
	fi
	_jig_table "${line[1]}"
	_jig_walk
}

# Words as jig gets them, up to the cursor, and the place of each in COMP_WORDS.
# bash has split some of them, at = and :.
_jig_split() {
	local rest=${COMP_LINE:0:COMP_POINT} before piece i

	for ((i = 0; i <= COMP_CWORD; i++)); do
		before=${rest%%[![:space:]]*}
		rest=${rest#"$before"}
		piece=${COMP_WORDS[i]}
		((i < COMP_CWORD)) || piece=$rest
		rest=${rest#"$piece"}
		if ((i == 0)) || [[ $before ]]; then
			line+=("$piece")
			places+=("$i")
		else
			line[-1]+=$piece
		fi
	done
}

# Find out what the last word is, from those before it.
_jig_walk() {
	local last=$((${#line[@]} - 1)) i=2 word kind only_words=

	for (( ; i < last; i++)); do
		word=${line[i]}
		if [[ ! $only_words && $word == -- ]]; then
			[[ $words != *command ]] || { _jig_command "${places[i + 1]}"; return; }
			only_words=1
		elif [[ ! $only_words && $word == -?* ]]; then
			_jig_option_takes "$word" || continue
			if ((i + 1 == last)); then
				value=${line[last]}
				_jig_candidates $kind
				return
			fi
			_jig_remember "$word" "${line[++i]}"
		elif [[ $words == command ]]; then
			_jig_command "${places[i]}"
			return
		else
			((++position))
		fi
	done
	_jig_last "${line[last]}"
}

# Whether the argument of option $1 is the next word; its kind.
_jig_option_takes() {
	local i

	if [[ $1 == --*=* ]]; then
		_jig_remember "${1%%=*}" "${1#*=}"
		return 1
	elif [[ $1 == --* ]]; then
		_jig_kind_of "$1"
		return
	fi
	for ((i = 1; i < ${#1}; i++)); do
		if _jig_kind_of "-${1:i:1}"; then
			((i + 1 == ${#1}))
			return
		fi
	done
	return 1
}

# Whether option $1 has an argument; its kind.
_jig_kind_of() {
	local row

	for row in "${options[@]}"; do
		kind=${row#*|}
		[[ " ${row%%|*} " != *" $1 "* ]] || { [[ $kind ]]; return; }
	done
	kind=
	return 1
}

# Options that say which project `jig check` is to read.
_jig_remember() {
	local path=${2//[\"\'\\]/}

	[[ $path != '~/'* ]] || path=$HOME/${path#'~/'}
	case $1 in
	--file) project+=(--file "$path") ;;
	-f) [[ ${line[1]} == logs ]] || project+=(--file "$path") ;;
	-d | --directory) project+=(--directory "$path") ;;
	esac
}

# The word at the cursor; it is not the argument of the option before it.
_jig_last() {
	local row kind all=

	if [[ ! $only_words && $1 == --*=* ]]; then
		value=${1#*=}
		prefix=${1%%=*}=
		_jig_option_takes "${1%%=*}" && _jig_candidates $kind
	elif [[ ! $only_words && $1 == -* ]]; then
		for row in "${options[@]}"; do
			all+=" ${row%%|*}"
		done
		[[ ${line[1]} != kill ]] || all+=" -${_jig_signals// / -}"
		_jig_offer "$1" "$(_jig_each $all)"
	elif [[ $words == command ]]; then
		_jig_command "${places[-1]}"
	else
		value=$1
		_jig_candidates "$(_jig_word $words)"
	fi
}

# The kind of the word at this position. "format directory": of the first and of
# the second word; "job+": of each word.
_jig_word() {
	local kind

	for kind in "$@"; do
		[[ $kind != -- ]] || return
		if [[ $kind == *+ ]] || ((position-- == 0)); then
			echo "${kind%+}"
			return
		fi
	done
}

# Complete $value, an argument of kind $1; the other words are candidates, too.
_jig_candidates() {
	local kind=$1

	[[ $kind ]] || return
	shift
	case $kind in
	file) compopt -o default; return ;;
	files) [[ $value == *,* ]] || { compopt -o default; return; } ;;
	directory) compopt -o dirnames; return ;;
	probe | waiting-probe) _jig_probe || return ;;
	esac
	case $kind in
	*-list | files) prefix+=${value%"${value##*,}"} value=${value##*,} ;;
	user) [[ $value != *:* ]] || kind=group prefix+=${value%%:*}: value=${value#*:} ;;
	esac
	_jig_offer "$value" "$(_jig_each "$@"; _jig_list)"
}

# Each on a line.
_jig_each() {
	printf '%s\n' "$@"
}

_jig_list() {
	case $kind in
	column-list) _jig_each $_jig_columns ;;
	command-name) compgen -c -- "$value" ;;
	files) _jig_files ;;
	format) _jig_each $_jig_formats ;;
	group) compgen -g ;;
	job) _jig_jobs ;;
	import) _jig_each compose ;;
	limit) _jig_each $_jig_limits ;;
	process | process-list) _jig_jobs; _jig_pids ;;
	pid | pid-list) _jig_pids ;;
	scale | scale-list) _jig_services = ;;
	service | service-list) _jig_services ;;
	session) _jig_sessions ;;
	shell) _jig_each bash zsh fish ;;
	signal) _jig_each $_jig_signals ;;
	target) _jig_jobs; _jig_services ;;
	subject) _jig_each $_jig_commands $_jig_topics ;;
	user | user-list) compgen -u ;;
	waiting-probe) _jig_each tcp: unix: http: file: exec: delay: ;;
	esac
}

_jig_pids() {
	(cd /proc && _jig_each [0-9]*)
}

# %NUMBER and %NAME; also NAME if something is typed that does not begin with %.
_jig_jobs() {
	local text bare=

	[[ $value == %* || ! $value ]] || bare=1
	command "$program" jobs --json </dev/null 2>/dev/null | while IFS= read -r text; do
		case $text in
		'    "number": '*) text=${text##* }; echo "%${text%,}" ;;
		'    "name": "'*)
			text=${text#*: \"}; text=${text%%\"*}
			_jig_each "%$text" ${bare:+"$text"} ;;
		esac
	done
}

_jig_sessions() {
	local text name=

	command "$program" jobs --json </dev/null 2>/dev/null | while IFS= read -r text; do
		case $text in
		'    "number": '*) name= ;;
		'    "name": "'*) name=${text#*: \"}; name=${name%%\"*} ;;
		'    "session": true'*) echo "$name" ;;
		esac
	done
}

# The beginning of each line, "web   x 1   PORT …"; $1 stands after it.
_jig_services() {
	local text

	command "$program" check "${project[@]}" </dev/null 2>/dev/null | while IFS= read -r text; do
		text=${text%% x [0-9]*PORT *}
		echo "${text%"${text##*[![:space:]]}"}$1"
	done
}

_jig_files() {
	local path

	compgen -f -- "$value" | while IFS= read -r path; do
		[[ ! -d $path ]] || path+=/
		echo "$path"
	done
}

# A path stands behind file: and unix:. Returns 1 if it completes one.
_jig_probe() {
	[[ $value == file:* || $value == unix:* ]] || return 0
	compopt -o default
	return 1
}

# Candidates for the word $1 from the lines of $2.
_jig_offer() {
	local candidate
	local -a all=()

	# Not by compgen -W: it would expand a service that is called $(date).
	mapfile -t all <<<"$2"
	for candidate in "${all[@]}"; do
		[[ $candidate && $candidate == "$1"* ]] || continue
		printf -v candidate %q "$candidate"
		COMPREPLY+=("$prefix$candidate")
		[[ $candidate != *[=:/] ]] || compopt -o nospace
	done
	_jig_cut "$prefix$1"
}

# bash replaces only what stands behind the last = or : of the word $1.
_jig_cut() {
	local kept=$1 break

	for break in = :; do
		[[ $COMP_WORDBREAKS == *$break* ]] || kept=${kept//$break/_}
	done
	kept=${kept%"${kept##*[=:]}"}
	COMPREPLY=("${COMPREPLY[@]#"${1:0:${#kept}}"}")
}

# The command behind `jig run`, from its place in COMP_WORDS on: as without jig.
_jig_command() {
	if declare -F _comp_command_offset >/dev/null; then
		_comp_command_offset "$1"
	elif declare -F _command_offset >/dev/null; then
		_command_offset "$1"
	else
		_jig_command_alone "$1"
	fi
}

# The same where bash-completion is not loaded.
_jig_command_alone() {
	local rest=$COMP_LINE i name current specification function

	for ((i = 0; i < $1; i++)); do
		rest=${rest#*"${COMP_WORDS[i]}"}
	done
	rest=${rest#"${rest%%[![:space:]]*}"}
	((COMP_POINT -= ${#COMP_LINE} - ${#rest}))
	COMP_LINE=$rest
	COMP_WORDS=("${COMP_WORDS[@]:$1}")
	((COMP_CWORD -= $1))
	name=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]}
	if ((COMP_CWORD == 0)); then
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -c -d -- "$current")
		return
	fi
	specification=$(complete -p -- "$name" 2>/dev/null ||
		complete -p -- "${name##*/}" 2>/dev/null)
	if [[ $specification == *' -F '* ]]; then
		_jig_compopt $specification
		function=${specification#* -F }
		"${function%% *}" "$name" "$current" "${COMP_WORDS[COMP_CWORD - 1]}"
	elif [[ $specification ]]; then
		specification=${specification#complete}
		specification=${specification%"${name##*/}"}
		eval "mapfile -t COMPREPLY < <(compgen $specification -- \"\$current\")"
	else
		compopt -o default
	fi
}

# The options of a specification, as `complete -p` prints it.
_jig_compopt() {
	while (($#)); do
		[[ $1 != -o ]] || compopt -o "$2"
		shift
	done
}

complete -F _jig jig
