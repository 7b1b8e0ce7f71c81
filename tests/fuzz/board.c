// SPDX-License-Identifier: MIT
/* A board whose writer was killed, or is out of its mind: the bytes lie over
 * the state and the report, and over each text. What passes is told to people.
 */
#include "core/shared/board.h"
#include "fuzz.h"

#include <stddef.h>

static void tell(const struct jig_report *report)
{
	struct buffer text = { 0 };

	MUST(report_code(report) <= 255);
	MUST(report_json(report, &text) == 0);
	buffer_free(&text);
	MUST(report_text(report, "the command", &text) == 0);
	buffer_free(&text);
}

static void lay(void *to, size_t room, const uint8_t *data, size_t size)
{
	memcpy(to, data, size < room ? size : room);
}

static void read_texts(const struct board *board)
{
	struct list names = { 0 }, matches = { 0 };
	char text[FAULT_SIZE];
	int stage;

	MUST(board_names(board, &names) == 0);
	for (size_t i = 0; i < names.count; i++) {
		const struct name *name = list_at(&names, i, sizeof(*name));

		MUST(strlen(name->name) < sizeof(name->name));
		MUST(strlen(name->address) < sizeof(name->address));
	}
	MUST(board_matches(board, &matches) == 0);
	for (size_t i = 0; i < matches.count; i++)
		free(*(char **)list_at(&matches, i, sizeof(char *)));
	list_free(&names);
	list_free(&matches);
	if (board_read(&board->problem, text, sizeof(text)))
		MUST(strlen(text) < sizeof(text));
	if (board_failure(board, &stage, text, sizeof(text)) < 0)
		MUST(strlen(text) < sizeof(text));
}

static void take_all(struct board *board)
{
	int target;
	unsigned count;

	for (int i = 0; i < BOARD_TARGETS * BOARD_SIGNALS; i++) {
		int signo = board_take_signal(board, &target, &count);

		MUST(signo >= 0 && signo <= BOARD_SIGNALS);
		if (!signo)
			return;
		MUST(target >= 0 && target < BOARD_TARGETS);
		MUST(count >= 1 && count <= BOARD_QUEUE);
	}
	MUST(!board_has_signals(board));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t at = offsetof(struct board, first_stop);
	struct board *board;
	struct jig_report *report = calloc(1, sizeof(*report));

	MUST(report);
	MUST(board_new(&board) == 0);
	lay((char *)board + at, sizeof(*board) - at, data, size);
	lay(&board->problem, sizeof(board->problem), data, size);
	lay(board->why, sizeof(board->why), data, size);
	lay(board->names, sizeof(board->names), data, size);
	lay(board->matches, sizeof(board->matches), data, size);
	lay(board->pending, sizeof(board->pending), data, size);
	read_texts(board);
	take_all(board);
	MUST(board_stop_asked(board).signo <= BOARD_SIGNALS);
	MUST(board_stop_asked(board).reason <= JIG_REASON_UNHEALTHY);
	(void)board_pause_asked(board);
	(void)board_main_state(board);
	if (board_report(board, report) == 0)
		tell(report);
	board_close(board);
	free(report);
	return 0;
}
