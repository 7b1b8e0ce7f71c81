// SPDX-License-Identifier: MIT
/*
 * How host, guard and supervisor come by one board: shared memory, passed on as
 * the first packet of a socket.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/sys.h"
#include "core/shared/board.h"
#include "core/shared/wake.h"

#define BOARD_MAGIC 0x6a69672d626f6172ULL

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2,
	       "another process cannot hold our locks");

/* NULL with errno. */
static struct board *map_board(int protection, int flags, int fd)
{
	void *memory =
		mmap(NULL, sizeof(struct board), protection, flags, fd, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static void set_up(struct board *board)
{
	board->magic = BOARD_MAGIC;
	board->version = BOARD_VERSION;
	board->size = sizeof(*board);
}

int board_new(struct board **ret)
{
	struct board *board = map_board(PROT_READ | PROT_WRITE,
					MAP_SHARED | MAP_ANONYMOUS, -1);

	if (!board)
		return -errno;
	*ret = board; /* No host attaches to it: its head stays untouched. */
	return 0;
}

/* Beyond RLIMIT_FSIZE the kernel sends SIGXFSZ, which would end the host. */
static int set_size(int fd)
{
	static const struct timespec at_once = { 0 };
	uint64_t before = sys_signal_mask(SYS_ALL_SIGNALS);
	int r = ftruncate(fd, sizeof(struct board)) < 0 ? -errno : 0;
	sigset_t set;

	if (r == -EFBIG) {
		(void)sigemptyset(&set);
		(void)sigaddset(&set, SIGXFSZ);
		(void)sigtimedwait(&set, NULL, &at_once); /* Or none came. */
	}
	(void)sys_signal_mask(before);
	return r;
}

int board_create(struct board **ret, int *ret_fd)
{
	CLEANUP_CLOSE int fd =
		memfd_create("jig-board", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r = fd < 0 ? -errno : set_size(fd);

	if (r < 0)
		return r;
	struct board *board = map_board(PROT_READ, MAP_SHARED, fd);

	if (!board)
		return -errno;
	if (mprotect(board, BOARD_PART, PROT_READ | PROT_WRITE) < 0) {
		r = -errno;
		board_close(board);
		return r;
	}
	set_up(board);
	*ret = board;
	*ret_fd = take_fd(&fd);
	return 0;
}

int board_open_line(struct board **ret, int pair[2], struct fault *fault)
{
	CLEANUP_CLOSE int fd = -1;
	struct board *board = NULL;
	int r = board_create(&board, &fd);

	if (r < 0)
		return fault_set(fault, r, "cannot make shared memory: %s%s",
				 strerror(-r),
				 r == -EFBIG ? " (RLIMIT_FSIZE)" : "");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		r = -errno;
		board_close(board);
		return fault_set(fault, r, "cannot make a socket pair: %s",
				 strerror(-r));
	}
	r = wake_pass(pair[0], WAKE_BOARD, fd);
	for (int i = 0; r == 0 && i < 2; i++)
		r = fd_leave_stdio(&pair[i]);
	if (r < 0) {
		cleanup_close(&pair[0]);
		cleanup_close(&pair[1]);
		board_close(board);
		return fault_set(fault, r, "cannot pass shared memory on: %s",
				 strerror(-r));
	}
	*ret = board;
	return 0;
}

int board_attach(int fd, struct board **ret)
{
	struct stat st;

	/* A file that shrinks would end us by SIGBUS. */
	(void)fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size != sizeof(struct board))
		return -ENOPKG;
	struct board *board = map_board(PROT_READ | PROT_WRITE, MAP_SHARED, fd);

	if (!board)
		return -errno;
	if (board->magic != BOARD_MAGIC || board->version != BOARD_VERSION ||
	    board->size != sizeof(*board)) {
		board_close(board);
		return -ENOPKG;
	}
	atomic_store(&board->attached, 1);
	*ret = board;
	return 0;
}

int board_take_over(int socket, struct board **ret)
{
	CLEANUP_CLOSE int fd = -1;
	int r = wake_receive(socket, &fd);

	if (r == -ENOTSOCK)
		return r;
	return r == WAKE_BOARD && fd >= 0 ? board_attach(fd, ret) : -ENOPKG;
}

void board_close(struct board *board)
{
	if (board)
		(void)munmap(board, sizeof(*board));
}
