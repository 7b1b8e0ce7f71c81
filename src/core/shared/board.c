// SPDX-License-Identifier: MIT
/*
 * Three words hold several values, so that they change at once:
 *
 *   first_stop  0; or 1 << 31 | 1 << 30 (it is counted in `hurries`) |
 *               signal << 8 | enum jig_reason
 *   pause       turn << 32 | resumes << 1 | suspended
 *   main_state  turn << 40 | resumes << 8 | signal, 0 while it runs
 */
#include "core/shared/board.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/sys.h"
#include "base/text.h"
#include "core/shared/wake.h"

_Static_assert(FAULT_SIZE % sizeof(uint64_t) == 0, "texts are whole words");

/* ---------------------------------------------------------------- downwards */

static const uint64_t stop_signals =
	SYS_SIGNAL(SIGSTOP) | SYS_SIGNAL(SIGTSTP) | SYS_TERMINAL_REFUSES;

/* The pending signals that @signo deletes when it is sent: see signal(7) and
 * POSIX. */
static uint64_t opposite(int signo)
{
	if (signo == SIGCONT)
		return stop_signals;
	return SYS_SIGNAL(signo) & stop_signals ? SYS_SIGNAL(SIGCONT) : 0;
}

static int count_up(_Atomic uint32_t *count)
{
	uint32_t old = atomic_load(count);

	do {
		if (old >= BOARD_QUEUE)
			return -EAGAIN;
	} while (!atomic_compare_exchange_weak(count, &old, old + 1));
	return 0;
}

int board_add_signal(struct board *board, int target, int signo)
{
	if (target < 0 || target >= BOARD_TARGETS || signo < 1 ||
	    signo > BOARD_SIGNALS)
		return -EINVAL;
	struct board_pending *pending = &board->pending[target];
	uint64_t back = opposite(signo), old;

	if (signo >= BOARD_COUNTED && count_up(&pending->counts[signo]) < 0)
		return -EAGAIN;
	if (back)
		atomic_store(&pending->turn,
			     atomic_fetch_add(&board->signal_turn, 1) + 1);
	old = atomic_load(&pending->set);
	while (!atomic_compare_exchange_weak(&pending->set, &old,
					     (old & ~back) | SYS_SIGNAL(signo)))
		;
	return 0;
}

bool board_has_signals(const struct board *board)
{
	for (int i = 0; i < BOARD_TARGETS; i++)
		if (atomic_load(&board->pending[i].set))
			return true;
	return false;
}

/* The target whose last SIGCONT or stop is the oldest; -1: nothing waits. */
static int next_target(struct board *board)
{
	int found = -1;
	uint32_t oldest = 0;

	for (int i = 0; i < BOARD_TARGETS; i++) {
		uint32_t turn = atomic_load(&board->pending[i].turn);

		if (!atomic_load(&board->pending[i].set) ||
		    (found >= 0 && (int32_t)(turn - oldest) >= 0))
			continue;
		found = i;
		oldest = turn;
	}
	return found;
}

int board_take_signal(struct board *board, int *ret_target, unsigned *ret_count)
{
	int target;

	while ((target = next_target(board)) >= 0) {
		struct board_pending *pending = &board->pending[target];
		uint64_t set = atomic_load(&pending->set);
		int signo = set ? __builtin_ctzll(set) + 1 : 0;
		unsigned count = 1;

		if (!signo)
			continue;
		/* Taken back meanwhile: another one is next. */
		if (!(atomic_fetch_and(&pending->set, ~SYS_SIGNAL(signo)) &
		      SYS_SIGNAL(signo)))
			continue;
		if (signo >= BOARD_COUNTED)
			count = atomic_exchange(&pending->counts[signo], 0);
		if (count == 0)
			continue; /* Taken with the one before. */
		*ret_target = target;
		*ret_count = count > BOARD_QUEUE ? BOARD_QUEUE : count;
		return signo;
	}
	return 0;
}

void board_put_back(struct board *board, int target, int signo, unsigned count)
{
	struct board_pending *pending = &board->pending[target];

	if (signo >= BOARD_COUNTED)
		atomic_fetch_add(&pending->counts[signo], count);
	atomic_fetch_or(&pending->set, SYS_SIGNAL(signo));
}

#define STOP_WANTED (1U << 31)
#define STOP_HURRIES (1U << 30)

static void note_first_stop(struct board *board, uint32_t flags,
			    enum jig_reason reason, int signo)
{
	if (!atomic_load(&board->first_stop))
		atomic_store(&board->first_stop,
			     flags | (uint32_t)signo << 8 | (uint32_t)reason);
}

void board_ask_stop(struct board *board, enum jig_reason reason, int signo)
{
	note_first_stop(board, STOP_WANTED, reason, signo);
}

void board_ask_hurry(struct board *board, int signo)
{
	note_first_stop(board, STOP_WANTED | STOP_HURRIES, JIG_REASON_STOP,
			signo);
	atomic_fetch_add(&board->hurries, 1);
}

struct board_stop board_stop_asked(const struct board *board)
{
	/* The count is read first: it is never ahead of what it belongs to. */
	uint32_t count = atomic_load(&board->hurries);
	uint32_t first = atomic_load(&board->first_stop);
	uint32_t reason = first & 0xff, signo = first >> 8 & 0xff;

	return (struct board_stop){
		.wanted = first != 0,
		.reason = words_name(&report_reason_words, reason)
				  ? (enum jig_reason)reason
				  : JIG_REASON_STOP,
		.signo = signo <= BOARD_SIGNALS ? (int)signo : 0,
		.hurries = first & STOP_HURRIES,
		.count = count,
	};
}

void board_ask_pause(struct board *board, bool suspended)
{
	uint64_t old = atomic_load(&board->pause);
	uint64_t turn = (old >> 32) + 1, resumes = old >> 1 & 0x7fffffff;

	if (!suspended)
		resumes = (resumes + 1) & 0x7fffffff;
	atomic_store(&board->pause,
		     turn << 32 | resumes << 1 | (uint64_t)suspended);
}

struct board_pause board_pause_asked(const struct board *board)
{
	uint64_t word = atomic_load(&board->pause);

	return (struct board_pause){
		.turn = (uint32_t)(word >> 32),
		.resumes = (uint32_t)(word >> 1 & 0x7fffffff),
		.suspended = word & 1,
	};
}

/* ------------------------------------------------------------------ upwards */

void board_fail(struct board *board, int error, int stage, const char *text)
{
	if (atomic_load(&board->start) == BOARD_FAILED)
		return;
	board->error = error;
	board->stage = stage;
	text_copy(board->why, sizeof(board->why), text);
	atomic_store(&board->start, BOARD_FAILED);
}

void board_refuse(int socket, struct board *board, int error, const char *text)
{
	if (board)
		board_fail(board, error, BOARD_NO_STAGE, text);
	(void)wake(socket); /* Or it has gone. */
}

int board_failure(const struct board *board, int *ret_stage, char *ret,
		  size_t size)
{
	if (atomic_load(&board->start) != BOARD_FAILED)
		return 0;
	int error = board->error;
	char why[FAULT_SIZE];

	memcpy(why, board->why, sizeof(why));
	why[sizeof(why) - 1] = '\0';
	text_copy(ret, size, why);
	if (ret_stage)
		*ret_stage = board->stage;
	return error < 0 && error > -4096 ? error : -EPROTO;
}

void board_tell_state(struct board *board, int signo, uint32_t resumes)
{
	uint64_t turn = (atomic_load(&board->main_state) >> 40) + 1;

	atomic_store(&board->main_state,
		     turn << 40 | (uint64_t)resumes << 8 | (uint8_t)signo);
}

struct board_state board_main_state(const struct board *board)
{
	uint64_t word = atomic_load(&board->main_state);

	return (struct board_state){
		.turn = (uint32_t)(word >> 40),
		.signo = (int)(word & 0x7f),
		.resumes = (uint32_t)(word >> 8),
	};
}

void board_write(struct board_text *text, const char *from)
{
	uint32_t turn = atomic_load(&text->turn);
	uint64_t words[FAULT_SIZE / sizeof(uint64_t)] = { 0 };

	text_copy((char *)words, sizeof(words), from);
	atomic_store(&text->turn, turn | 1);
	for (size_t i = 0; i < FAULT_SIZE / sizeof(uint64_t); i++)
		atomic_store_explicit(&text->words[i], words[i],
				      memory_order_release);
	atomic_store(&text->turn, (turn | 1) + 1);
}

bool board_read(const struct board_text *text, char *ret, size_t size)
{
	uint32_t turn = atomic_load(&text->turn);
	uint64_t words[FAULT_SIZE / sizeof(uint64_t)];

	for (size_t i = 0; i < FAULT_SIZE / sizeof(uint64_t); i++)
		words[i] = atomic_load_explicit(&text->words[i],
						memory_order_acquire);
	if (turn % 2 || atomic_load(&text->turn) != turn)
		return false;
	((char *)words)[FAULT_SIZE - 1] = '\0';
	text_copy(ret, size, (char *)words);
	return true;
}

void board_add_name(struct board *board, const struct name *name)
{
	uint32_t count = atomic_load(&board->name_count);

	if (count >= BOARD_NAMES)
		return;
	board->names[count] = *name;
	atomic_store(&board->name_count, count + 1);
}

int board_names(const struct board *board, struct list *ret)
{
	uint32_t count = atomic_load(&board->name_count);
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < count && i < BOARD_NAMES; i++) {
		struct name name = board->names[i];

		name.name[sizeof(name.name) - 1] = '\0';
		name.address[sizeof(name.address) - 1] = '\0';
		r = list_append(ret, &name, sizeof(name));
	}
	return r;
}

void board_add_match(struct board *board, const char *text)
{
	uint32_t used = atomic_load(&board->match_bytes);
	size_t length = strnlen(text, FAULT_SIZE - 1);

	if (used >= BOARD_MATCHES || length + 1 > BOARD_MATCHES - used)
		return;
	text_copy(board->matches + used, length + 1, text);
	used += (uint32_t)strlen(board->matches + used) + 1;
	atomic_store(&board->match_bytes, used);
}

int board_matches(const struct board *board, struct list *ret)
{
	uint32_t used = atomic_load(&board->match_bytes), at = 0;
	int r = 0;

	if (used > BOARD_MATCHES)
		used = BOARD_MATCHES;
	while (r == 0 && at < used) {
		char *copy = strndup(board->matches + at, used - at);

		if (!copy)
			return -ENOMEM;
		at += (uint32_t)strlen(copy) + 1;
		r = list_append(ret, &copy, sizeof(copy));
		if (r < 0)
			free(copy);
	}
	return r;
}

int board_report(const struct board *board, struct jig_report *ret)
{
	/* The counts are checked in the copy: they may change meanwhile. */
	memcpy(ret, &board->report, offsetof(struct jig_report, leftovers));
	if (ret->leftover_count > REPORT_LEFTOVERS)
		return -EBADMSG;
	memcpy(ret->leftovers, board->report.leftovers,
	       ret->leftover_count * sizeof(ret->leftovers[0]));
	if (ret->ancestor_count > REPORT_ANCESTORS)
		return -EBADMSG;
	memcpy(ret->ancestors, board->report.ancestors,
	       ret->ancestor_count * sizeof(ret->ancestors[0]));
	return report_check(ret, report_size(ret));
}
